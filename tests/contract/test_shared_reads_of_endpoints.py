"""Many looks at one workspace at once, over https: the requests they make, and what they write."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.world import DeploymentSpec, EndpointSpec, Fault, make_split
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.adapters.azure_ml.request_limits import RequestLimits, Told
from rollout.adapters.azure_ml.shared_reads import ListItem
from rollout.core.records.observation import Absent, EndpointSeen, ProvisioningState
from rollout.errors import EndpointBusyError, StaleRowError
from tests.support.contract.local_azure import LocalAzure
from tests.support.contract.ports import Ports

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
SECONDS = 30.0
"""So long that no question of a test loses its patience."""

LOOKS = 12
STAMP = "20260131T100000Z-0001/3"


class Witness(RequestLimits):
    """Notes each request by method and last part of its path; holds the first back, if told."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str]] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    @contextmanager
    def counted(self, method: str, url: str) -> Iterator[Told]:
        first = not self.requests
        self.requests.append((method, url.partition("?")[0].rpartition("/")[2]))
        if first:
            assert self.goes_on.wait(SECONDS)
        with super().counted(method, url) as told:
            yield told


class Looks:
    """Twelve endpoints of the local Azure, and the adapter whose requests are noted."""

    def __init__(self, local: LocalAzure, credential: ManagedIdentityCredential) -> None:
        self.world, self.faults = local.parts.world, local.parts.arm.faults
        self.witness = Witness()
        self.arm = Arm(credential, base_url=local.url, limits=self.witness)
        self.endpoints = ArmEndpoints(self.arm)
        self.names = [f"e-{uuid4().hex[:12]}" for _ in range(LOOKS)]
        for name in self.names:
            self.world.endpoints.put(name, EndpointSpec(location="westeurope", tags={"is": name}))

    def id(self, name: str) -> str:
        return self.world.workspace.endpoint(name).lower()

    def all_at_once(self, *, shared: bool) -> list[EndpointSeen]:
        """Look at each, the last eleven while the first one's request is under way."""
        self.witness.requests.clear()
        self.witness.goes_on.clear()

        def look(name: str) -> EndpointSeen:
            found = self.endpoints.endpoint(self.id(name), timeout=SECONDS, shared=shared)
            assert isinstance(found, EndpointSeen)
            return found

        with ThreadPoolExecutor(LOOKS) as pool:
            first = pool.submit(look, self.names[0])
            self._until(lambda: bool(self.witness.requests))
            others = [pool.submit(look, name) for name in self.names[1:]]
            if shared:
                self._until(lambda: len(self._line()._waiting) == LOOKS - 1)
            self.witness.goes_on.set()
            return [each.result(SECONDS) for each in (first, *others)]

    def pages_of(self, size: int) -> None:
        self.world.dials = replace(self.world.dials, endpoints_page=size)

    def _line(self) -> Any:
        return self.endpoints._shared._line(parse_endpoint_id(self.id(self.names[0])).workspace)

    @staticmethod
    def _until(true: Callable[[], bool]) -> None:
        ends = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < ends
            time.sleep(0.001)


@pytest.fixture
def looks(
    local_azure: LocalAzure,
    credential: ManagedIdentityCredential,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Looks]:
    for name in ("PATIENCE_SECONDS", "LIST_SECONDS"):
        monkeypatch.setattr(f"rollout.adapters.azure_ml.shared_reads.{name}", SECONDS)
    found = Looks(local_azure, credential)
    # A token before anything is counted or held.
    found.arm.get(found.id(found.names[0]), timeout=SECONDS)
    before = found.world.dials
    yield found
    found.world.dials = before
    found.faults.clear()
    found.arm.close()


def test_twelve_looks_at_once_make_two_requests_instead_of_twelve(looks: Looks) -> None:
    alone = looks.all_at_once(shared=False)
    assert len(looks.witness.requests) == LOOKS
    together = looks.all_at_once(shared=True)
    assert looks.witness.requests == [("GET", looks.names[0]), ("GET", "onlineEndpoints")]
    assert together == alone
    assert [each.body["tags"]["is"] for each in together] == looks.names
    assert [isinstance(each.body, ListItem) for each in together] == [False] + 11 * [True]


def test_pages_are_all_read(looks: Looks) -> None:
    looks.pages_of(-(-len(looks.world.endpoints.list()) // 3))
    together = looks.all_at_once(shared=True)
    assert looks.witness.requests == [("GET", looks.names[0]), *3 * [("GET", "onlineEndpoints")]]
    assert [each.body["tags"]["is"] for each in together] == looks.names


def test_a_list_of_too_many_pages_is_broken_off_and_not_tried_again(looks: Looks) -> None:
    looks.pages_of(1)
    for lists in (LOOKS - 2, 0):
        if lists:
            looks.all_at_once(shared=True)
        else:
            looks.witness.requests.clear()
            for name in looks.names:
                looks.endpoints.endpoint(looks.id(name), timeout=SECONDS, shared=True)
        assert looks.witness.requests.count(("GET", "onlineEndpoints")) == lists
        assert len(looks.witness.requests) == LOOKS + lists


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_a_list_that_is_refused_leaves_everybody_to_ask_alone(looks: Looks, status: int) -> None:
    looks.faults.add("endpoints.list", Fault(status))
    together = looks.all_at_once(shared=True)
    assert [each.body["tags"]["is"] for each in together] == looks.names
    assert len(looks.witness.requests) == LOOKS + 1


@pytest.mark.parametrize("shared", [False, True])
def test_a_question_that_may_be_shared_has_the_same_answers(blue: Ports, *, shared: bool) -> None:
    found = blue.endpoints.endpoint(blue.endpoint, timeout=SECONDS, shared=shared)
    assert found == blue.seen()
    gone = f"{blue.endpoint}-x"
    assert blue.endpoints.endpoint(gone, timeout=SECONDS, shared=shared) == Absent()


@pytest.fixture
def listed(looks: Looks) -> EndpointSeen:
    """The first endpoint with two deployments, as a list would show it that leaves a lot out."""
    name = looks.names[0]
    for deployment in ("blue", "green"):
        spec = DeploymentSpec(
            location="westeurope",
            instance_type="Standard_DS3_v2",
            instance_count=1,
            body={"endpointComputeType": "Managed"},
        )
        looks.world.deployments.put(name, deployment, spec)
    _put(looks, blue=100)
    found = looks.endpoints.endpoint(looks.id(name), timeout=SECONDS)
    assert isinstance(found, EndpointSeen)
    body = {key: value for key, value in found.body.items() if key != "identity"}
    body["properties"] = {**body["properties"], "description": None}
    looks.witness.requests.clear()
    return replace(found, body=ListItem(body))


def _put(looks: Looks, tags: Mapping[str, str] | None = None, mirror: int = 0, **live: int) -> None:
    spec = EndpointSpec(
        location="westeurope",
        tags=tags or {"team": "risk"},
        identity={"type": "SystemAssigned"},
        description="fraud scores",
        split=make_split(live, {"green": mirror} if mirror else {}),
    )
    looks.world.endpoints.put(looks.names[0], spec)


def _shift(looks: Looks, seen: EndpointSeen, last_check: Callable[[], None] | None = None) -> None:
    looks.endpoints.set_traffic(
        looks.id(looks.names[0]),
        seen,
        {"blue": 90, "green": 10},
        {},
        stamp=STAMP,
        timeout=SECONDS,
        last_check=last_check,
    )


def test_what_a_list_showed_is_read_once_more_before_it_is_put(
    looks: Looks, listed: EndpointSeen
) -> None:
    name, order = looks.names[0], []
    _shift(looks, listed, last_check=lambda: order.extend(looks.witness.requests))
    assert order == [("GET", name), ("PUT", name)], "the check is the last thing"
    after = looks.world.endpoints.get(name).spec
    assert after.split == make_split({"blue": 90, "green": 10}, {})
    assert (after.description, after.identity) == ("fraud scores", {"type": "SystemAssigned"})
    assert after.tags == {"team": "risk", "rollout-write": STAMP}


def test_a_last_check_that_fails_keeps_it_back_after_the_second_read(
    looks: Looks, listed: EndpointSeen
) -> None:
    def moved() -> None:
        raise StaleRowError("another writer was first")

    with pytest.raises(StaleRowError):
        _shift(looks, listed, last_check=moved)
    assert looks.world.endpoints.get(looks.names[0]).spec.split == make_split({"blue": 100}, {})


@pytest.mark.parametrize("changed", ["split", "mirror", "tags", "state", "gone"])
def test_what_changed_since_the_list_is_not_put_but_looked_at_again(
    looks: Looks, listed: EndpointSeen, changed: str
) -> None:
    match changed:
        case "split":
            _put(looks, blue=95, green=5)
        case "mirror":
            _put(looks, mirror=5, blue=100)
        case "tags":
            _put(looks, {"team": "fraud"}, blue=100)
        case "state":
            listed = replace(listed, state=ProvisioningState.UPDATING)
        case _:
            looks.world.endpoints.delete(looks.names[0])
    with pytest.raises(EndpointBusyError, match="no longer"):
        _shift(looks, listed)
    assert "PUT" not in {method for method, _ in looks.witness.requests}
    looks.witness.requests.clear()
    assert not looks._line().has_lists(), "the next look is no list's"

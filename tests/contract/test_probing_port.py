"""`Probing`: the double, and real requests to a local data plane."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.stack.instant_models import ModelAnswer
from localazure.world import Fault, World
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.probing import DirectProbing
from rollout.core.records.own_requests import Probed
from rollout.core.records.probes import ProbeAnswer
from rollout.errors import AccessDeniedError, ArmUnavailableError
from rollout.ports import ProbeInput, ProbeInputs, ProbeOrder, Probing
from tests.doubles.world_probing import WorldProbing
from tests.support.contract.local_azure import LocalAzure
from tests.support.contract.ports import Ports, ports_on, wire_to
from tests.support.role import GRANTED

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
WELL, FAILING, SLOW = "7", "8", "9"
PAIRS = 6
TIMEOUT = timedelta(seconds=1)


@dataclass(frozen=True)
class Bench:
    """An endpoint whose deployments answer: `green-7` well, `green-8` with 424, `green-9` late."""

    ports: Ports
    probing: Probing
    count: Callable[[bool], None]
    """Says whether the metrics count what the port sends."""

    shown: Callable[[str], float]
    """How many requests to a deployment the metrics show."""

    def probe(self, candidate: str, *, concurrency: int = 1, first: int = 0) -> Probed:
        chosen = (ProbeInput(b'{"data": [[1, 2]]}', "application/json"),) * PAIRS
        order = ProbeOrder(
            candidate=candidate,
            stable="blue-6",
            first=first,
            inputs=ProbeInputs(3, chosen),
            at=AT,
            concurrency=concurrency,
            timeout=TIMEOUT,
            within=timedelta(seconds=60),
        )
        return self.probing.probe(self.ports.endpoint, self.ports.seen(), order)


def of_double() -> Bench:
    wire = wire_to(World())
    ports = ports_on(wire)
    answers = {f"green-{FAILING}": ProbeAnswer(424, 5.0), f"green-{SLOW}": ProbeAnswer(0, 1000.0)}
    probing = WorldProbing(wire, lambda name, _number: answers.get(name, ProbeAnswer(200, 5.0)))

    def count(counted: bool) -> None:  # noqa: FBT001 - the bench's own
        probing.addressed.counted = counted

    def shown(name: str) -> float:
        minute = wire.world.now().replace(second=0, microsecond=0)
        moments = (minute - timedelta(minutes=1), minute)
        return sum(sum(probing.addressed.of(ports.name, name, at).values()) for at in moments)

    return Bench(ports, probing, count, shown)


@pytest.fixture(params=["double", "socket"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "double":
        found = of_double()
        given(found.ports)
        yield found
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    credential: ManagedIdentityCredential = request.getfixturevalue("credential")
    monkeypatch = pytest.MonkeyPatch()
    # The double takes the ports of a world; here the world is the one behind the sockets.
    wire = wire_to(local.parts.world)
    ports = ports_on(wire, faults=local.parts.arm.faults, access=local.parts.arm.access)
    local.runtime.answers[FAILING] = ModelAnswer(status=500, body={"error": "boom"})
    local.runtime.answers[SLOW] = ModelAnswer(seconds=3.0)
    probing = DirectProbing(arm, credential)
    recorder = local.parts.recorder

    def count(counted: bool) -> None:  # noqa: FBT001 - the bench's own
        monkeypatch.setattr(recorder, "addressed_counted", counted)

    def shown(name: str) -> float:
        now = recorder.clock()
        return sum(
            1
            for each in recorder.requests(now - timedelta(hours=1), now + timedelta(minutes=1))
            if (each.endpoint, each.outcome.deployment) == (ports.name, name)
        )

    given(ports)
    yield Bench(ports, probing, count, shown)
    monkeypatch.undo()
    local.runtime.answers.clear()
    local.parts.arm.faults.clear()
    local.parts.arm.access.allow_only("rollout-app", GRANTED)
    probing.close()


def given(ports: Ports) -> None:
    ports.given_endpoint()
    ports.given_deployment("blue-6", "6")
    for version in (WELL, FAILING, SLOW):
        ports.given_deployment(f"green-{version}", version)
    ports.given_split(blue_6=100)


def test_both_sides_answer_each_input_whatever_their_weights(bench: Bench) -> None:
    found = bench.probe("green-7", first=4)

    assert [each.number for each in found.seen.pairs] == list(range(4, 4 + PAIRS))
    assert {(each.candidate.status, each.stable.status) for each in found.seen.pairs} == {
        (200, 200)
    }
    assert all(min(each.candidate.took, each.stable.took) > 0 for each in found.seen.pairs)
    assert (found.seen.at, found.seen.inputs, found.seen.sent) == (AT, 3, PAIRS)
    assert found.seen.stopped == ""


def test_a_candidate_that_crashes_fails_its_side_of_each_pair(bench: Bench) -> None:
    found = bench.probe("green-8")

    assert [each.candidate.failed for each in found.seen.pairs] == [True] * PAIRS
    assert not any(each.stable.failed for each in found.seen.pairs)


def test_no_answer_in_time_is_a_failure_of_its_side(bench: Bench) -> None:
    pair = bench.probe("green-9").seen.pairs[0]

    assert (pair.candidate.status, pair.stable.status) == (0, 200)


def test_a_deployment_the_router_does_not_know_says_nothing(bench: Bench) -> None:
    found = bench.probe("green-1")

    assert (found.seen.sent, found.seen.pairs, found.seen.stopped) == (PAIRS, (), "")


@pytest.mark.parametrize("counted", [True, False])
def test_own_requests_are_what_the_metrics_show_where_they_count_them(
    bench: Bench,
    counted: bool,  # noqa: FBT001 - a table's column
) -> None:
    bench.count(counted)
    found = bench.probe("green-8")

    own = sum(sum(each.candidate.values()) for each in found.own)
    assert own == PAIRS
    assert bench.shown("green-8") == (own if counted else 0)


def test_keys_that_may_not_be_listed_are_said_to_be_a_missing_right(bench: Bench) -> None:
    bench.ports.allow("*/read")

    with pytest.raises(AccessDeniedError, match="listKeys"):
        bench.probe("green-7")


def test_keys_that_cannot_be_listed_now_keep_a_pass_from_probing(bench: Bench) -> None:
    name = "endpoints.listKeys" if isinstance(bench.probing, DirectProbing) else "probing.probe"
    bench.ports.faults.add(name, Fault(503))

    with pytest.raises(ArmUnavailableError):
        bench.probe("green-7")


def test_what_a_deployment_cannot_take_at_once_stops_the_pass(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    """An instance takes two requests at a time; the third is a 429."""
    wire = wire_to(local_azure.parts.world)
    ports = ports_on(wire)
    given(ports)
    local_azure.runtime.answers[WELL] = ModelAnswer(seconds=0.5)
    probing = DirectProbing(arm, credential)
    try:
        found = Bench(ports, probing, lambda _counted: None, lambda _name: 0.0).probe(
            "green-7", concurrency=PAIRS
        )
    finally:
        local_azure.runtime.answers.clear()
        probing.close()

    assert found.seen.stopped.startswith("429 from the ")
    assert len(found.seen.pairs) < found.seen.sent

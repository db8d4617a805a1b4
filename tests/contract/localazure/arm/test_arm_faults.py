"""Fault rules: as values without a socket, and carried out by the application over one."""

import json
import ssl
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import HttpResponseError

from localazure.identity import ARM_AUDIENCE
from localazure.tls import TlsFiles, client_context
from localazure.world import Effect, Fault
from tests.contract.localazure.arm.conftest import Wire, endpoint_body
from tests.contract.localazure.conftest import LocalArm

ENDPOINT = "onlineEndpoints/fraud"
TIMEOUT_SECONDS = 30


def test_a_fault_without_effect_answers_and_changes_nothing(wire: Wire) -> None:
    wire.arm.faults.add("endpoints.put", Fault(status=429, retry_after=7))
    answer = wire.send("PUT", ENDPOINT, endpoint_body())
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["code"] == "InjectedFault"
    assert wire.world.endpoints.list() == []
    assert wire.send("PUT", ENDPOINT, endpoint_body()).status == 201


def test_a_fault_with_effect_reports_failure_although_the_call_succeeded(wire: Wire) -> None:
    wire.arm.faults.add("endpoints.put", Fault(status=500, effect=Effect.BEFORE))
    assert wire.send("PUT", ENDPOINT, endpoint_body()).status == 500
    assert wire.world.endpoints.get("fraud").state == "Succeeded"


def test_a_late_fault_is_carried_out_only_when_the_hang_is_over(wire: Wire) -> None:
    wire.arm.faults.add("endpoints.put", Fault(effect=Effect.AFTER, hang_seconds=30))
    answer = wire.send("PUT", ENDPOINT, endpoint_body())
    assert answer.hang_seconds == 30
    assert wire.world.endpoints.list() == []
    assert answer.late is not None
    assert answer.late().status == 201
    assert wire.world.endpoints.get("fraud").state == "Succeeded"


def test_a_hang_may_come_before_a_true_answer(wire: Wire) -> None:
    wire.endpoint()
    wire.arm.faults.add("endpoints.get", Fault(effect=Effect.BEFORE, hang_seconds=30))
    answer = wire.send("GET", ENDPOINT)
    assert (answer.status, answer.hang_seconds) == (200, 30)


def test_a_call_that_access_refuses_is_not_counted(wire: Wire) -> None:
    wire.arm.faults.add("endpoints.get", Fault(status=503))
    assert wire.send("GET", ENDPOINT, token=None).status == 401
    assert wire.send("GET", ENDPOINT).status == 503


class Https:
    """A client of the running control plane without an SDK: one request each, no retries."""

    def __init__(self, local_arm: LocalArm, context: ssl.SSLContext) -> None:
        self._local_arm = local_arm
        self._context = context

    def begin(self, method: str, path: str, body: Any = None) -> HTTPSConnection:
        """Send a request and leave its answer unread."""
        local = urlsplit(self._local_arm.url)
        token, _ = self._local_arm.identity.mint(ARM_AUDIENCE, "https-client")
        connection = HTTPSConnection(local.netloc, context=self._context, timeout=TIMEOUT_SECONDS)
        connection.request(
            method,
            f"{self._local_arm.world.workspace.path}/{path}?api-version=1".replace("/?", "?"),
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}"},
        )
        return connection

    def send(self, method: str, path: str, body: Any = None) -> int:
        """Send a request and return the status of its answer."""
        with closing(self.begin(method, path, body)) as connection:
            return connection.getresponse().status


@pytest.fixture
def https(local_arm: LocalArm, tls: TlsFiles) -> Https:
    return Https(local_arm, client_context(tls))


def test_a_dropped_connection_is_seen_by_the_client_although_the_call_was_carried_out(
    https: Https, local_arm: LocalArm, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("dropped")
    local_arm.arm.faults.add("endpoints.put", Fault(drops_connection=True, effect=Effect.BEFORE))
    with pytest.raises(ConnectionError):
        https.send("PUT", f"onlineEndpoints/{name}", endpoint_body())
    assert https.send("GET", f"onlineEndpoints/{name}") == 200


def test_a_late_write_takes_effect_after_its_client_has_gone_and_delays_no_other_call(
    https: Https, local_arm: LocalArm, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("late")
    local_arm.arm.faults.add("endpoints.put", Fault(effect=Effect.AFTER, hang_seconds=1))
    https.begin("PUT", f"onlineEndpoints/{name}", endpoint_body()).close()
    assert https.send("GET", f"onlineEndpoints/{name}") == 404
    # Begins after the write and hangs longer, so the write has taken effect when this ends.
    local_arm.arm.faults.add("workspaces.get", Fault(effect=Effect.BEFORE, hang_seconds=1.1))
    assert https.send("GET", "") == 200
    assert https.send("GET", f"onlineEndpoints/{name}") == 200


@pytest.mark.filterwarnings("ignore:::azure")
def test_the_sdk_takes_an_injected_answer_for_azures(ml_client: Any, local_arm: LocalArm) -> None:
    local_arm.arm.faults.add("workspaces.get", Fault(status=503, code="ServerBusy", message="Busy"))
    with pytest.raises(HttpResponseError, match="ServerBusy") as failure:
        ml_client.workspaces.get(local_arm.world.workspace.name)
    assert failure.value.status_code == 503

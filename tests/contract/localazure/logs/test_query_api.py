"""The query API over https: tokens, workspaces, errors and what real requests leave in it."""

import json
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from localazure.identity import ARM_AUDIENCE, LOGS_AUDIENCE
from localazure.logs.query_api import ACTION, WORKSPACE
from localazure.tls import TlsFiles
from localazure.world import Fault
from tests.doubles.wire import APP
from tests.support.contract.local_azure import LocalAzure
from tests.support.role import GRANTED

PATH = f"/v1/workspaces/{WORKSPACE}/query"
COUNT = "AmlOnlineEndpointTrafficLog | summarize total = count()"
SECONDS = 5


class Client:
    def __init__(self, local: LocalAzure, tls: TlsFiles) -> None:
        self._local = local
        self._tls = ssl.create_default_context(cafile=tls.authority)

    def send(
        self, body: Any, *, audience: str = LOGS_AUDIENCE, path: str = PATH, token: str = ""
    ) -> tuple[int, Any]:
        minted, _ = self._local.parts.identity.mint(audience, APP)
        return self.post(body, path, {"Authorization": f"Bearer {token or minted}"})

    def post(self, body: Any, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        address = urlsplit(self._local.logs_url).netloc
        connection = HTTPSConnection(address, context=self._tls, timeout=SECONDS)
        try:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture
def client(local_azure: LocalAzure, local_tls: TlsFiles) -> Iterator[Client]:
    yield Client(local_azure, local_tls)
    local_azure.parts.arm.faults.clear()
    local_azure.parts.arm.access.allow_only(APP, GRANTED)


def test_an_answer_is_a_primary_result_with_typed_columns(client: Client) -> None:
    status, body = client.send({"query": COUNT})
    assert status == 200
    (table,) = body["tables"]
    assert table["name"] == "PrimaryResult"
    assert table["columns"] == [{"name": "total", "type": "long"}]
    assert len(table["rows"]) == 1


def test_a_token_for_another_audience_is_refused(client: Client) -> None:
    status, body = client.send({"query": COUNT}, audience=ARM_AUDIENCE)
    assert (status, body["error"]["code"]) == (403, "InvalidAuthenticationToken")
    assert ARM_AUDIENCE in body["error"]["message"]


def test_a_made_up_token_is_refused(client: Client) -> None:
    status, body = client.send({"query": COUNT}, token="a.b.c")
    assert (status, body["error"]["code"]) == (403, "InvalidAuthenticationToken")


def test_no_token_is_refused(client: Client) -> None:
    status, body = client.post({"query": COUNT}, PATH, {})
    assert (status, body["error"]["code"]) == (401, "AuthenticationFailed")


def test_a_principal_without_the_readers_action_is_refused(
    client: Client, local_azure: LocalAzure
) -> None:
    local_azure.parts.arm.access.allow_only(APP, ["Microsoft.Insights/*"])
    status, body = client.send({"query": COUNT})
    assert (status, body["error"]["code"]) == (403, "InsufficientAccessError")
    local_azure.parts.arm.access.allow_only(APP, [ACTION])
    assert client.send({"query": COUNT})[0] == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (PATH.replace(WORKSPACE, WORKSPACE[::-1]), "WorkspaceNotFoundError"),
        ("/v1/workspaces", "PathNotFoundError"),
    ],
)
def test_an_unknown_path_or_workspace_is_404(client: Client, path: str, code: str) -> None:
    status, body = client.send({"query": COUNT}, path=path)
    assert (status, body["error"]["code"]) == (404, code)


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ({"query": "Heartbeat | where true"}, "SemanticError"),
        ({"query": "T | render"}, "SyntaxError"),
        ({"query": COUNT, "timespan": "yesterday"}, None),
        ({"query": COUNT, "timespan": "2026-01-01T10:00:00/2026-01-01T11:00:00"}, None),
        ({"text": COUNT}, None),
        ([], None),
    ],
)
def test_a_bad_request_is_a_bad_argument(client: Client, body: Any, inner: str | None) -> None:
    status, found = client.send(body)
    assert (status, found["error"]["code"]) == (400, "BadArgumentError")
    assert found["error"].get("innererror", {}).get("code") == inner


def test_a_fault_rule_refuses_a_query(client: Client, local_azure: LocalAzure) -> None:
    local_azure.parts.arm.faults.add("logs.query", Fault(429, code="Throttled"))
    status, body = client.send({"query": COUNT})
    assert (status, body["error"]["code"]) == (429, "Throttled")
    assert client.send({"query": COUNT})[0] == 200

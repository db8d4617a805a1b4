"""The whole local Azure as one process, driven over its sockets without any SDK."""

import asyncio
import base64
import json
import os
import socket
import ssl
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from azure.storage.queue import QueueClient

from localazure.functions_host.event_grid_webhook import webhook_url
from localazure.functions_host.keys import EVENT_GRID_SYSTEM_KEY, Keys
from localazure.functions_host.process import SECRETS_FILE, functions_host_process
from localazure.ready_process import NotReadyError, ReadyProcess
from localazure.stack.process import stack_process
from tests.support.contract.sample_host import SAMPLE_APP, SampleHost, eventually

ENDPOINT = "fraud-endpoint"
API_VERSION = {"api-version": "2023-04-01-preview"}
DATASTORE_PATH = "azureml://datastores/workspaceblobstore/paths/models/fraud"


class LocalAzure:
    def __init__(self, process: ReadyProcess) -> None:
        self.process = process
        self.ready = process.ready
        self.tls = ssl.create_default_context(cafile=self.ready["authority"])

    def send(self, method: str, url: str, **options: Any) -> tuple[int, Any]:
        async def exchange() -> tuple[int, Any]:
            async with (
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.tls)) as session,
                session.request(method, url, **options) as response,
            ):
                text = await response.text()
                return response.status, json.loads(text) if text else None

        return asyncio.run(exchange())

    def token(self, resource: str, principal: str = "developer") -> str:
        status, answer = self.send(
            "GET",
            self.ready["tokenEndpoint"],
            params={"api-version": "2019-08-01", "resource": resource},
            headers={"X-IDENTITY-HEADER": self.ready["identities"][principal]},
        )
        assert status == 200
        return str(answer["access_token"])

    def arm(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        return self.send(
            method,
            f"{self.ready['armUrl']}{path}",
            params={**API_VERSION, **(query or {})},
            headers={"Authorization": f"Bearer {self.token('https://management.azure.com')}"},
            json=body,
        )

    def workspace(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        return self.arm(method, f"{self.ready['workspaceId']}{path}", body)

    def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.send(method, f"{self.ready['controlUrl']}/{path}", json=body)

    def register(self, name: str, version: str) -> None:
        body = {"properties": {"modelUri": DATASTORE_PATH, "tags": {"team": "risk"}}}
        status, _ = self.workspace("PUT", f"/models/{name}/versions/{version}", body)
        assert status == 201


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    work = tmp_path_factory.mktemp("azure")
    arguments = ["--runtime", "instant", "--seed", "7", "--retry-scale", "0.001"]
    with stack_process(work, [*arguments, "--env-file", str(work / "azure.env")]) as process:
        yield LocalAzure(process)


@pytest.fixture(scope="module")
def serving(azure: LocalAzure) -> str:
    """Create an endpoint with all traffic on one deployment of model version 1; return its key."""
    azure.register("fraud", "1")
    workspace_id = azure.ready["workspaceId"]
    image = {"properties": {"image": "mcr.example/base:1"}}
    assert azure.workspace("PUT", "/environments/base/versions/1", image)[0] == 201
    path = f"/onlineEndpoints/{ENDPOINT}"
    endpoint: dict[str, Any] = {"location": "westeurope", "properties": {"authMode": "Key"}}
    assert azure.workspace("PUT", path, endpoint)[0] == 201
    deployment = {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": 1},
        "properties": {
            "endpointComputeType": "Managed",
            "model": f"{workspace_id}/models/fraud/versions/1",
            "environmentId": f"{workspace_id}/environments/base/versions/1",
        },
    }
    assert azure.workspace("PUT", f"{path}/deployments/blue", deployment)[0] == 201
    endpoint["properties"]["traffic"] = {"blue": 100}
    assert azure.workspace("PUT", path, endpoint)[0] == 200
    status, keys = azure.workspace("POST", f"{path}/listKeys")
    assert status == 200
    return str(keys["primaryKey"])


def score(azure: LocalAzure, key: str) -> tuple[int, Any]:
    status, shown = azure.workspace("GET", f"/onlineEndpoints/{ENDPOINT}")
    assert status == 200
    return azure.send(
        "POST",
        shown["properties"]["scoringUri"],
        headers={"Authorization": f"Bearer {key}"},
        json={"data": [[0.0] * 10]},
    )


def test_a_token_of_the_identity_endpoint_opens_the_workspace(azure: LocalAzure) -> None:
    status, workspace = azure.workspace("GET")
    assert (status, workspace["id"]) == (200, azure.ready["workspaceId"])


def test_every_address_is_loopback(azure: LocalAzure) -> None:
    urls = [value for name, value in azure.ready.items() if name.endswith("Url")]
    assert len(urls) == 8
    assert all(url.split("//")[1].startswith("127.0.0.1:") for url in urls)


def test_the_environment_of_a_client_is_written_to_a_file(azure: LocalAzure) -> None:
    lines = (Path(azure.ready["authority"]).parent.parent / "azure.env").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines}
    assert names == set(azure.ready["environments"]["developer"])
    assert {"AZUREML_DEV_URL_MFE", "IDENTITY_ENDPOINT", "REQUESTS_CA_BUNDLE"} <= names


def test_the_scoring_uri_answers_and_the_request_is_measured(
    azure: LocalAzure, serving: str
) -> None:
    assert score(azure, serving) == (200, {"predictions": []})

    def measured() -> Any:
        status, metrics = azure.arm(
            "GET",
            f"{azure.ready['workspaceId']}/onlineEndpoints/{ENDPOINT}"
            "/providers/Microsoft.Insights/metrics",
            query={
                "metricnames": "RequestsPerMinute",
                "timespan": _last_minutes(azure),
                "$filter": "deployment eq '*' and statusCode eq '*'",
                "top": "50",
            },
        )
        assert status == 200
        return [each for each in metrics["value"][0]["timeseries"] if labels(each) == answered]

    def labels(series: Any) -> dict[str, str]:
        return {item["name"]["value"]: item["value"] for item in series["metadatavalues"]}

    # Other tests of this stack get answers with other codes, in any order.
    answered = {"deployment": "blue", "statuscode": "200"}
    (series,) = eventually(measured)
    assert sum(point["average"] for point in series["data"]) >= 1


def test_a_real_request_has_percentiles_and_a_row_in_the_traffic_log(
    azure: LocalAzure, serving: str
) -> None:
    assert score(azure, serving)[0] == 200
    names = [f"RequestLatency_P{percent}" for percent in (50, 90, 95, 99)]

    def measured() -> Any:
        status, metrics = azure.arm(
            "GET",
            f"{azure.ready['workspaceId']}/onlineEndpoints/{ENDPOINT}"
            "/providers/Microsoft.Insights/metrics",
            query={
                "metricnames": ",".join(names),
                "timespan": _last_minutes(azure),
                "$filter": "deployment eq 'blue'",
            },
        )
        assert status == 200
        return [metric["timeseries"] for metric in metrics["value"] if metric["timeseries"]]

    found = eventually(measured)
    assert len(found) == len(names)
    points = [
        [point["average"] for point in series["data"] if "average" in point] for (series,) in found
    ]
    assert all(0 < p50 <= p99 for p50, p99 in zip(points[0], points[3], strict=True))
    status, logged = azure.send(
        "POST",
        f"{azure.ready['logsUrl']}/v1/workspaces/{azure.ready['logsWorkspace']}/query",
        headers={"Authorization": f"Bearer {azure.token('https://api.loganalytics.io')}"},
        json={
            "query": "AmlOnlineEndpointTrafficLog | summarize count(), countif(ResponseCode == 200)"
            " by EndpointName, DeploymentName",
            "timespan": _last_minutes(azure),
        },
    )
    assert status == 200
    (row,) = logged["tables"][0]["rows"]
    assert row[:2] == [ENDPOINT, "blue"]
    assert row[2] >= row[3] >= 1


def test_an_instant_model_answers_as_configured(azure: LocalAzure, serving: str) -> None:
    assert azure.control("PUT", "models/1", {"status": 500, "share": 1})[0] == 204
    try:
        assert score(azure, serving)[0] == 424
    finally:
        azure.control("PUT", "models/1", {"body": {"predictions": []}})
    assert azure.control("PUT", "models/1", {"colour": "blue"})[0] == 400


def test_rules_and_action_groups_are_arm_resources(azure: LocalAzure) -> None:
    holder = azure.ready["workspaceId"].partition("/providers/")[0] + "-alerts"
    group = f"{holder}/providers/Microsoft.Insights/actionGroups/oncall"
    body = {"location": "Global", "properties": {"groupShortName": "oncall", "enabled": True}}
    assert azure.arm("PUT", group, body)[0] == 201
    assert azure.arm("GET", group)[1]["name"] == "oncall"
    assert azure.arm("DELETE", group)[0] == 200
    assert azure.arm("GET", group)[0] == 404
    rule = f"{holder}/providers/Microsoft.Insights/metricAlerts/failures"
    assert azure.arm("PUT", rule, {"properties": {}})[0] == 400
    assert azure.control("GET", "alerts") == (200, [])


def test_dials_are_turned_all_or_none(azure: LocalAzure) -> None:
    status, dials = azure.control("PUT", "dials", {"stale_read": 0.5, "ingestion_delay": 0})
    assert (status, dials["stale_read"]) == (200, 0.5)
    halfway: dict[str, object] = {"stale_read": 1, "duplicates": 0.5}
    for dial in ("addressed_counted", "mirrored_counted"):
        for counted in (False, True):
            turned = azure.control("PUT", "dials", {dial: counted})[1]
            assert turned[dial] is counted
    unsound: dict[str, object] = {"addressed_counted": 1}
    for wrong in ({"speed": 1}, halfway, unsound, {"stale_read": -1}, {"stale_read": "1"}):
        assert azure.control("PUT", "dials", wrong)[0] == 400
    assert azure.control("GET", "dials")[1]["stale_read"] == 0.5
    azure.control("PUT", "dials", {"stale_read": 0})


def test_requests_that_nobody_sent_are_counted_by_minute(azure: LocalAzure) -> None:
    body = {"endpoint": "elsewhere", "deployment": "blue", "perMinute": 20}
    now = datetime.fromisoformat(azure.control("GET", "clock")[1]["now"])
    span = {"from": (now - timedelta(minutes=2)).isoformat(), "until": now.isoformat()}
    assert azure.control("POST", "requests", {**body, **span}) == (200, {"counted": 40})
    assert azure.control("POST", "requests", body)[0] == 400
    ahead = {"from": now.isoformat(), "until": (now + timedelta(minutes=3)).isoformat()}
    assert azure.control("POST", "requests", {**body, **ahead})[0] == 400
    azure.control("PUT", "dials", {"monitor_ahead": 300})
    assert azure.control("POST", "requests", {**body, **ahead}) == (200, {"counted": 60})
    azure.control("PUT", "dials", {"monitor_ahead": 0})


def test_a_planned_fault_happens_once(azure: LocalAzure) -> None:
    fault = {"call": "workspaces.get", "fault": {"status": 429, "retry_after": 1}}
    assert azure.control("POST", "faults", fault)[0] == 204
    assert [azure.workspace("GET")[0] for _ in range(2)] == [429, 200]
    assert azure.control("POST", "faults", {"call": "x", "fault": {"colour": 1}})[0] == 400
    assert azure.control("POST", "faults", {"fault": {"status": 429}})[0] == 400
    assert azure.control("DELETE", "faults")[0] == 204


def test_a_restricted_principal_may_do_only_the_listed_actions(azure: LocalAzure) -> None:
    actions = {"actions": ["Microsoft.MachineLearningServices/workspaces/models/*"]}
    assert azure.control("PUT", "access/developer", actions)[0] == 204
    try:
        assert azure.workspace("GET")[0] == 403
    finally:
        azure.control("DELETE", "access/developer")
    assert azure.workspace("GET")[0] == 200


def test_the_witness_shows_who_wrote_what(azure: LocalAzure, serving: str) -> None:
    writes = azure.control("GET", "writes")[1]
    put = next(write for write in writes if write["operation"] == "endpoints.put")
    assert (put["principal"], put["resource"]) == ("developer", ENDPOINT)
    traffic = [write["after"]["traffic"] for write in writes if write["resource"] == ENDPOINT]
    assert {"blue": 100} in traffic
    last = writes[-1]["sequence"]
    assert [w["sequence"] for w in azure.control("GET", f"writes?since={last}")[1]] == [last]


def test_the_custom_topic_keeps_what_was_published(azure: LocalAzure) -> None:
    event = {"id": "1", "source": "/x", "type": "t", "specversion": "1.0"}
    status, _ = azure.send(
        "POST",
        azure.ready["topicUrl"],
        data=json.dumps([event]),
        headers={
            "aeg-sas-key": azure.ready["topicKey"],
            "Content-Type": "application/cloudevents-batch+json",
        },
    )
    assert status == 200
    assert azure.control("GET", "topics/lifecycle/events")[1]["events"] == [event]


def sample_settings(azure: LocalAzure, notes: Path) -> dict[str, str]:
    return {
        **azure.ready["environments"]["function-app"],
        "SAMPLE_NOTES": str(notes),
        "SAMPLE_SCHEDULE": "0 0 0 1 1 *",
        "SAMPLE_QUEUE": "identity-work",
        "SAMPLE_STORAGE__queueServiceUri": azure.ready["queueUrl"],
        "SAMPLE_SLOW_SECONDS": "0",
    }


def test_a_registered_model_reaches_the_function_app_and_its_queue_works_by_identity(
    azure: LocalAzure, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.jsonl"
    settings = sample_settings(azure, notes)
    with functions_host_process(SAMPLE_APP, settings, tmp_path / "state") as process:
        host = SampleHost(process, notes)
        url = process.ready["eventGridUrl"].format(name="arrived")
        assert azure.control("PUT", "subscriptions/app", {"url": url})[0] == 204
        azure.register("fraud", "2")
        (event,) = eventually(lambda: host.notes("eventGrid"))
        assert (event["data"]["ModelName"], event["data"]["ModelVersion"]) == ("fraud", 2)
        azure.control("POST", "events/hold")
        for version in ("3", "4"):
            azure.register("fraud", version)
        assert azure.control("POST", "events", {"model": "fraud", "version": "9"})[0] == 202
        assert azure.control("POST", "events/release")[0] == 204
        seen = [note["data"]["ModelVersion"] for note in host.notes("eventGrid")]
        assert seen == [2, 9, 4, 3]
        assert len(azure.control("GET", "events")[1]["delivered"]) == 4
        _put_message(azure, "identity-work", "by identity")
        assert eventually(lambda: host.notes("queue"))[0]["body"] == "by identity"
        azure.control("DELETE", "subscriptions/app")


def test_a_webhook_named_at_the_start_may_come_up_later(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state, notes = tmp_path / "state", tmp_path / "notes.jsonl"
    key = Keys.load_or_generate(state / SECRETS_FILE).system[EVENT_GRID_SYSTEM_KEY]
    url = webhook_url(f"http://127.0.0.1:{port}", "arrived", key)
    arguments = ["--runtime", "instant", "--subscribe", url]
    with stack_process(tmp_path / "azure", arguments) as running:
        azure = LocalAzure(running)
        settings = sample_settings(azure, notes)
        with functions_host_process(SAMPLE_APP, settings, state, port=port) as process:
            host = SampleHost(process, notes)

            def published_and_arrived() -> bool:
                azure.control("POST", "events", {"model": "fraud", "version": "1"})
                return bool(host.notes("eventGrid"))

            eventually(published_and_arrived)


def test_a_planned_failure_ends_the_next_operation_of_its_kind(
    azure: LocalAzure, serving: str
) -> None:
    failure = {"kind": "deployments.delete", "code": "OutOfQuota", "message": "No cores left."}
    assert azure.control("POST", "failures", failure)[0] == 204
    assert azure.control("POST", "failures", {**failure, "kind": "unknown"})[0] == 400
    assert azure.control("POST", "failures", {"kind": "deployments.create"})[0] == 400


def test_a_webhook_that_fails_the_handshake_is_not_subscribed(azure: LocalAzure) -> None:
    status, answer = azure.control("PUT", "subscriptions/dead", {"url": "http://127.0.0.1:9/x"})
    assert status == 400
    assert "does not answer" in answer["error"]


@pytest.mark.parametrize(
    ("schema", "key"), [("EventGridSchema", "topic"), ("CloudEventSchemaV1_0", "source")]
)
def test_a_queue_gets_each_event_as_a_base64_message(
    azure: LocalAzure, schema: str, key: str
) -> None:
    name = f"events-{key}"
    with _queue(azure, name) as queue:
        queue.create_queue()
        subscription = {"queue": name, "schema": schema}
        assert azure.control("PUT", "subscriptions/queue", subscription)[0] == 204
        assert azure.control("POST", "events", {"model": "fraud", "version": "5"})[0] == 202
        (message,) = eventually(lambda: list(queue.receive_messages()))
    azure.control("DELETE", "subscriptions/queue")
    event = json.loads(base64.b64decode(message.content, validate=True))
    assert event[key] == azure.ready["workspaceId"]
    assert event["data"]["ModelVersion"] == 5


@pytest.mark.parametrize(
    ("subscription", "words"),
    [
        ({"queue": "absent"}, "create it first"),
        ({"queue": "a", "url": "http://127.0.0.1:9/x"}, "either"),
        ({}, "either"),
    ],
)
def test_a_subscription_needs_one_existing_destination(
    azure: LocalAzure, subscription: dict[str, str], words: str
) -> None:
    status, answer = azure.control("PUT", "subscriptions/nowhere", subscription)
    assert status == 400
    assert words in answer["error"]


def test_nothing_is_left_running_after_the_end(tmp_path: Path) -> None:
    for end in (ReadyProcess.stop, ReadyProcess.kill):
        process = stack_process(tmp_path, ["--runtime", "instant"])
        process.start()
        pid = process.pid
        assert pid is not None
        family = [pid, *_children(pid)]
        assert len(family) > 1
        end(process)
        eventually(partial(_have_ended, family))


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:80", "127.0.0.1.example"])
def test_the_control_surface_refuses_the_name_of_another_machine(
    azure: LocalAzure, host: str
) -> None:
    url = f"{azure.ready['controlUrl']}/info"

    status, answer = azure.send("GET", url, headers={"Host": host})

    assert (status, set(answer)) == (403, {"error"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:80"])
def test_the_control_surface_takes_the_names_of_this_machine(azure: LocalAzure, host: str) -> None:
    url = f"{azure.ready['controlUrl']}/health"

    assert azure.send("GET", url, headers={"Host": host})[0] == 200


@pytest.mark.parametrize("server", ["armUrl", "scoringUrl", "logsUrl", "topicUrl", "controlUrl"])
def test_no_server_fails_over_a_header_or_body_that_cannot_be_read(
    azure: LocalAzure, server: str
) -> None:
    address = urlsplit(azure.ready[server])
    head = b"POST /dials HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\r\n\r\n"
    where = (str(address.hostname), address.port or 0)
    with socket.create_connection(where, timeout=30) as plain:
        secure = address.scheme == "https"
        with azure.tls.wrap_socket(plain, server_hostname=where[0]) if secure else plain as wire:
            wire.sendall(head)
            assert wire.makefile("rb").readline().startswith(b"HTTP/1.1 400")


def test_deep_json_for_the_control_surface_is_answered_400(azure: LocalAzure) -> None:
    url = f"{azure.ready['controlUrl']}/dials"

    assert azure.send("PUT", url, data=b"[" * 200_000)[0] == 400


def test_files_with_keys_are_readable_by_their_user_only(azure: LocalAzure) -> None:
    work = Path(azure.ready["authority"]).parent.parent

    for name in ("localazure.log", "azure.env"):
        assert stat.S_IMODE((work / name).stat().st_mode) == 0o600


def test_a_missing_azurite_is_reported_in_one_sentence(tmp_path: Path) -> None:
    environment = {**os.environ, "AZURITE": str(tmp_path / "absent.js")}
    with pytest.raises(NotReadyError, match="make setup"):
        stack_process(tmp_path, environment=environment).start()


def _last_minutes(azure: LocalAzure) -> str:
    now = datetime.fromisoformat(azure.control("GET", "clock")[1]["now"])
    stamps = (now - timedelta(minutes=5), now + timedelta(minutes=1))
    return "/".join(moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in stamps)


def _put_message(azure: LocalAzure, queue: str, text: str) -> None:
    with _queue(azure, queue) as client:
        client.create_queue()
        client.send_message(text)


def _queue(azure: LocalAzure, name: str) -> QueueClient:
    return QueueClient.from_connection_string(
        azure.ready["connectionString"], name, connection_verify=azure.ready["authority"]
    )


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _have_ended(family: list[int]) -> bool:
    return not any(map(_is_running, family))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

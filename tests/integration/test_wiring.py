"""The composition root on real parts, and the doors when those parts fail."""

import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
from azure.storage.blob import BlobServiceClient, generate_blob_sas

from localazure.azurite import Azurite
from rollout import wiring
from rollout.adapters.app_log import ATTENTION_EVENT_ID, AppLog
from rollout.adapters.credentials import AppCredential
from rollout.cli import main
from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from rollout.errors import InvalidSettingsError, LifecycleTopicError, MessageDelayedError
from rollout.ports import Catalogue
from rollout.service.outcomes import Listed
from rollout.triggers import answering
from tests.support.functions import user_functions
from tests.support.happenings import delivered, told_entry
from tests.support.integration import SERVICE, RunningProduct
from tests.support.paths import PROJECT

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ENDPOINT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/rg-ml/providers"
    "/microsoft.machinelearningservices/workspaces/ws/onlineendpoints/fraud-detection-endpoint"
)
WORKSPACE = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "rg-ml",
    "AZUREML_WORKSPACE_NAME": "ws",
    "SERVICES_BUNDLE": "services",
}
UNREACHABLE = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;"
    "TableEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a;"
)


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    with Azurite() as running:
        yield running.account.connection_string


@pytest.fixture
def environment(storage: str) -> dict[str, str]:
    return {**WORKSPACE, "AzureWebJobsStorage": storage}


def test_the_app_serves_the_folder_beside_it_from_tables_it_makes(
    environment: dict[str, str],
) -> None:
    app = wiring.build_app(environment)

    assert dict(app.service.everyone()) == {SERVICE: Listed(ENDPOINT)}
    assert app.service.show(SERVICE).endpoint == ENDPOINT
    assert app.service.tick(NOW).woken == 0
    assert app.service.health(NOW).ready


def test_repair_finds_a_service_or_an_endpoint_with_the_settings_of_the_app(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert main(["repair", SERVICE]) == main(["repair", ENDPOINT]) == 0
    assert "nothing to repair" in capsys.readouterr().out
    assert main(["repair", "no-such-service"]) == 64
    assert "no service" in capsys.readouterr().err


def test_a_sign_in_that_the_platform_does_not_prove_is_said(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    wiring.build_app({**environment, "SIGN_IN_ENABLED": "true"})

    assert "sign-in is off" in caplog.text


def test_the_service_gets_the_limits_of_the_settings(environment: dict[str, str]) -> None:
    changed = {**environment, "TICK_SCHEDULE": "*/7 * * * * *", "ALERT_ARM_TIMEOUT_SECONDS": "2"}
    limits = wiring.limits(wiring.build_app(changed).settings)

    assert limits.workspace.lower() in ENDPOINT
    assert (limits.chain.total_seconds(), limits.door_timeout.total_seconds()) == (7, 2)
    assert (limits.suspended, limits.recheck.total_seconds()) == (False, 5)


def test_every_real_port_can_be_built(environment: dict[str, str]) -> None:
    topic = {
        "LIFECYCLE_TOPIC_ENDPOINT": "https://127.0.0.1:1/api/events",
        "LIFECYCLE_TOPIC_KEY": "a",
    }
    settings = wiring.build_app({**environment, **topic}).settings
    ports = wiring.dependencies(settings)

    assert callable(ports.endpoints.endpoint)
    assert callable(ports.models.model)
    assert callable(ports.metrics.minutes)
    assert callable(ports.scoring.validate)
    assert callable(ports.creator.create_candidate)
    ports.queue.wake(ENDPOINT, delay=NOW - NOW, chain_ends=None)
    with pytest.raises(LifecycleTopicError):
        ports.lifecycle.publish(ENDPOINT, SERVICE, [_an_entry()])


def test_a_fault_in_the_channels_is_said_and_stops_messages_only(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    app = wiring.build_app({**environment, "NOTIFY_CHANNELS": "https://hook.example/sEcReT"})

    assert "Messages do not reach everybody: NOTIFY_CHANNELS is not a JSON object" in caplog.text
    assert "sEcReT" not in caplog.text
    assert app.service.tick(NOW).woken == 0
    event = delivered(told_entry())
    with pytest.raises(InvalidSettingsError, match="not a JSON object"):
        app.announced_events.take(event, NOW)


def test_an_event_goes_to_the_channels_of_the_settings(environment: dict[str, str]) -> None:
    channels = {"a": {"kind": "teams", "url": "http://127.0.0.1:1/x?sig=sEcReT"}}
    app = wiring.build_app({**environment, "NOTIFY_CHANNELS": json.dumps(channels)})

    with pytest.raises(MessageDelayedError, match="a: it does not answer") as delayed:
        app.announced_events.take(delivered(told_entry()), NOW)
    assert "sEcReT" not in str(delayed.value)


def test_in_a_cloud_account_nothing_is_created() -> None:
    identity = {**WORKSPACE, "AzureWebJobsStorage__accountName": "account"}
    settings = wiring.build_app(identity).settings
    ports = wiring.dependencies(settings)

    # Reading a method builds the client; a request would fail, because nothing signs in here.
    assert callable(ports.store.load)
    assert callable(ports.queue.wake)


def test_a_rare_tick_is_overdue_later(environment: dict[str, str]) -> None:
    often = wiring.limits(wiring.build_app(environment).settings)
    rare = {**environment, "TICK_SCHEDULE": "0 */30 * * * *"}
    rarely = wiring.limits(wiring.build_app(rare).settings)

    assert often.tick_overdue == timedelta(minutes=10)
    assert rarely.tick_overdue == timedelta(minutes=65)


@pytest.mark.parametrize(
    ("schedule", "seconds", "after", "every"),
    [
        ("0 * * * * *", "", 120, 45),
        ("0 * * * * *", "600", 600, 45),
        ("0 * * * * *", "5", 120, 45),
        ("0 */10 * * * *", "", 1200, 450),
    ],
)
def test_others_tick_after_two_missed_ticks_and_about_as_often_as_the_timer(
    environment: dict[str, str], schedule: str, seconds: str, after: int, every: int
) -> None:
    changed = {**environment, "TICK_SCHEDULE": schedule, "SECOND_CLOCK_SECONDS": seconds}
    limits = wiring.limits(wiring.build_app(changed).settings)

    assert limits.second_clock_after == timedelta(seconds=after)
    assert limits.second_clock_every == timedelta(seconds=every)


def test_without_a_topic_history_is_announced_nowhere(environment: dict[str, str]) -> None:
    settings = wiring.build_app(environment).settings
    ports = wiring.dependencies(settings)

    ports.lifecycle.publish(ENDPOINT, SERVICE, [_an_entry()])

    first, second = ports.ids.fresh(), ports.ids.fresh()
    assert first != second
    assert len(first) == len(second) == 8


def _an_entry() -> HistoryEntry:
    return HistoryEntry("r", 1, NOW, "Started", Phase.CREATING, 0, str(Cause.ALERT))


class NoServices:
    """A bundle without any service."""

    def all(self) -> Catalogue:
        return Catalogue(())

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def test_a_part_can_be_replaced(environment: dict[str, str]) -> None:
    services: Any = NoServices()
    parts = wiring.dependencies(wiring.build_app(environment).settings)
    app = wiring.build_app(environment, replace(parts, services=services))

    assert app.service.everyone() == {}


def test_services_come_from_a_zip_in_a_blob(environment: dict[str, str], storage: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in (PROJECT / "services").rglob("*"):
            archive.write(path, path.relative_to(PROJECT))
    with BlobServiceClient.from_connection_string(storage) as account:
        container = account.create_container("policies")
        blob = container.upload_blob("services.zip", buffer.getvalue())
        signature = generate_blob_sas(
            str(account.account_name),
            "policies",
            "services.zip",
            account_key=account.credential.account_key,
            permission="r",
            expiry="2999-01-01T00:00:00Z",
        )
        url = f"{blob.url}?{signature}"
        blob.close()
    app = wiring.build_app({**environment, "SERVICES_BUNDLE": url})

    assert dict(app.service.everyone()) == {SERVICE: Listed(ENDPOINT)}


def test_the_apps_identity_gets_a_token_from_the_platform(
    product: RunningProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in product.azure["environments"]["function-app"].items():
        monkeypatch.setenv(name, value)
    credential = AppCredential()
    scope = "https://management.azure.com/.default"

    assert credential.get_token(scope).token == credential.get_token_info(scope).token


def test_a_log_line_is_one_line_and_attention_carries_its_mark(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        AppLog().info("offered\nERROR forged", version="1\x1b[31m")
        AppLog().info(
            "asked", reason="https://a/?sig=s3cret", header="Authorization: Bearer s3cret"
        )
        AppLog().attention("look here", endpoint=ENDPOINT)

    info, secretive, attention = caplog.records
    assert "s3cret" not in secretive.getMessage()
    assert (info.levelname, attention.levelname) == ("INFO", "ERROR")
    assert "\n" not in info.getMessage()
    assert "\x1b" not in info.getMessage()
    assert attention.getMessage() == f"{ATTENTION_EVENT_ID}: look here | endpoint={ENDPOINT}"


@pytest.fixture
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    """Restart the triggers' process state with an environment."""

    def use(environment: Mapping[str, str]) -> None:
        monkeypatch.setattr(wiring, "_running", None)
        for name in ("AzureWebJobsStorage", *WORKSPACE):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return use


ALERT = {
    "schemaId": "azureMonitorCommonAlertSchema",
    "data": {"essentials": {"monitorCondition": "Fired", "alertTargetIDs": [ENDPOINT]}},
}
# Function of the app -> the body it receives.
REQUESTS: dict[str, Any] = {
    "alert": ALERT,
    "command": {"reason": "trying"},
    "health": None,
    "listRollouts": None,
    "showRollout": None,
    "startRollout": {
        "service": SERVICE,
        "model": "fraud-detection-model",
        "version": "1",
        "reason": "x",
    },
}


def invoke(name: str) -> func.HttpResponse:
    body = REQUESTS[name]
    request = func.HttpRequest(
        method="POST",
        url=f"http://localhost/api/{name}",
        route_params={"service": SERVICE, "verb": "rollback"},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    answer = user_functions()[name](request)
    assert isinstance(answer, func.HttpResponse)
    return answer


@pytest.mark.parametrize("name", REQUESTS)
def test_with_storage_down_every_door_answers_503(
    name: str, fresh_process: Callable[[Mapping[str, str]], None]
) -> None:
    fresh_process({**WORKSPACE, "AzureWebJobsStorage": UNREACHABLE})

    answer = invoke(name)

    assert answer.status_code == 503
    assert b"127.0.0.1" not in answer.get_body()
    if name != "health":
        assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("name", REQUESTS)
def test_with_unusable_settings_every_door_answers_503_without_details(
    name: str, fresh_process: Callable[[Mapping[str, str]], None]
) -> None:
    fresh_process({})

    answer = invoke(name)

    assert answer.status_code == 503
    assert b"AZURE_SUBSCRIPTION_ID" not in answer.get_body()


def test_settings_are_read_again_once_they_are_fixed(
    fresh_process: Callable[[Mapping[str, str]], None], environment: dict[str, str]
) -> None:
    fresh_process({})
    with pytest.raises(InvalidSettingsError):
        wiring.running_app()
    for_good = environment
    fresh_process(for_good)

    assert wiring.running_app() is wiring.running_app()


def test_a_bundle_that_cannot_be_read_is_503_for_a_start_and_200_for_a_list(
    fresh_process: Callable[[Mapping[str, str]], None], environment: dict[str, str], tmp_path: Path
) -> None:
    fresh_process({**environment, "SERVICES_BUNDLE": str(tmp_path / "nothing")})

    assert invoke("startRollout").status_code == 503
    assert invoke("listRollouts").status_code == 200


def test_an_unexpected_error_is_a_problem_without_internals(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("AccountKey=secret")

    monkeypatch.setattr(answering, "running_app", broken)
    answer = invoke("listRollouts")

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert b"secret" not in answer.get_body()
    assert "An unexpected error" in caplog.text

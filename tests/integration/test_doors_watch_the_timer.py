"""Which doors are a clock where the timer never ran: real tables and a real queue, in this process.

Each case has tables of its own, in which nobody ever ticked.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest

from localazure.azurite import Azurite
from rollout import wiring
from rollout.adapters.storage.wakeups import WakeUp, format_wake_up, parse_wake_up
from rollout.ports import Clocks
from tests.support.functions import user_functions
from tests.support.integration import MODEL, SERVICE

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-ml"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/fraud-detection-endpoint"
EVENT = {
    "id": "event-1",
    "topic": WORKSPACE,
    "subject": f"models/{MODEL}:1",
    "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
    "eventTime": "2026-11-23T18:41:00Z",
    "data": {"ModelName": MODEL, "ModelVersion": "1", "ModelTags": {}},
    "dataVersion": "",
    "metadataVersion": "1",
}
REASON = {"reason": "trying"}
OFFER = {"service": SERVICE, "model": MODEL, "version": "1", **REASON}


def asked(body: Any = None, **route: str) -> func.HttpRequest:
    content = b"" if body is None else json.dumps(body).encode()
    return func.HttpRequest("POST", "http://localhost/api", route_params=route, body=content)


def alert(target: str) -> func.HttpRequest:
    essentials = {"monitorCondition": "Fired", "alertTargetIDs": [target]}
    return asked({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials}})


def queued(text: str) -> Any:
    return SimpleNamespace(get_body=text.encode)


CLOCKS: dict[str, tuple[str, Any]] = {
    "an alert": ("alert", alert(ENDPOINT)),
    "an alert on something else": ("alert", alert(GROUP)),
    "a probe": ("health", asked()),
    "a version offered by hand": ("startRollout", asked(OFFER)),
    "an order about one service": ("command", asked(REASON, service=SERVICE, verb="suspend")),
    "an order about all": ("suspendAll", asked(REASON)),
    "an event": ("modelRegistered", SimpleNamespace(to_dict=lambda: EVENT)),
    "an event from the queue": ("modelRegisteredFromQueue", queued(json.dumps(EVENT))),
    "a wake-up": ("work", queued(format_wake_up(WakeUp((ENDPOINT.lower(),))))),
}
NO_CLOCKS: dict[str, tuple[str, Any]] = {
    "the list": ("listRollouts", asked()),
    "a view": ("showRollout", asked(service=SERVICE)),
    "an order that is refused": ("command", asked(REASON, service=SERVICE, verb="rollback")),
    "an order that cannot be read": ("command", asked({}, service=SERVICE, verb="suspend")),
    "what is no alert": ("alert", asked({})),
    "what is no wake-up": ("work", queued("nonsense")),
}


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    with Azurite() as running:
        yield running.account.connection_string


@pytest.fixture
def app(storage: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], wiring.RunningApp]:
    number = uuid4().hex
    monkeypatch.setattr(wiring, "_running", None)
    for name, value in {
        "AZUREML_WORKSPACE_ID": WORKSPACE,
        "SERVICES_BUNDLE": "services",
        "AzureWebJobsStorage": storage,
        "ROLLOUTS_TABLE": f"Rollouts{number}",
        "LIVE_TABLE": f"Live{number}",
        "WORK_QUEUE": f"work-{number}",
        "EVENT_QUEUE": f"events-{number}",
    }.items():
        monkeypatch.setenv(name, value)
    return wiring.running_app


def clocks(app: wiring.RunningApp) -> Clocks:
    return wiring.dependencies(app.settings).store.clocks()


def messages(app: wiring.RunningApp, storage: str) -> list[WakeUp]:
    from azure.storage.queue import QueueClient  # noqa: PLC0415 - needed here only

    with QueueClient.from_connection_string(storage, app.settings.work_queue) as queue:
        return [parse_wake_up(str(each.content)) for each in queue.receive_messages()]


@pytest.mark.parametrize("case", CLOCKS)
def test_after_its_own_work_it_has_what_is_due_woken(
    case: str, app: Callable[[], wiring.RunningApp], storage: str
) -> None:
    name, given = CLOCKS[case]
    user_functions()[name](given)
    found = clocks(app())
    assert found.tick is None
    assert found.second is not None
    assert messages(app(), storage).count(WakeUp(())) == 1


@pytest.mark.parametrize("case", NO_CLOCKS)
def test_what_only_looks_or_is_refused_moves_nothing(
    case: str, app: Callable[[], wiring.RunningApp]
) -> None:
    name, given = NO_CLOCKS[case]
    user_functions()[name](given)
    assert clocks(app()) == Clocks()


def test_the_second_clocks_message_wakes_what_is_due_and_leaves_the_mark_alone(
    app: Callable[[], wiring.RunningApp], storage: str
) -> None:
    user_functions()["startRollout"](asked(OFFER))
    assert WakeUp(()) in messages(app(), storage)
    user_functions()["work"](queued(format_wake_up(WakeUp(()))))
    (woken,) = messages(app(), storage)
    assert woken == WakeUp((ENDPOINT.lower(),))
    assert clocks(app()).tick is None
    assert list(wiring.dependencies(app().settings).store.rounds())


def test_the_timers_tick_is_its_own_mark(app: Callable[[], wiring.RunningApp]) -> None:
    user_functions()["tick"](SimpleNamespace(past_due=False))
    user_functions()["health"](asked())
    found = clocks(app())
    assert found.tick is not None
    assert abs(datetime.now(UTC) - found.tick).total_seconds() < 3600
    assert found.second is None

"""`ModelRegistered` through a queue: Event Grid, Azurite, the host, and the app's queue trigger."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest
from azure.storage.queue import QueueClient

import function_app
from localazure.azurite import Azurite
from rollout import wiring
from rollout.adapters.events.event_queue import StorageEventQueue
from rollout.errors import (
    InvalidInputError,
    InvalidSettingsError,
    ServicesUnavailableError,
    StoreUnavailableError,
)
from tests.support.integration import EVENT_QUEUE, MODEL, SERVICE, RunningProduct, eventually
from tests.support.paths import PROJECT

WORKSPACE_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-ml/providers"
    "/Microsoft.MachineLearningServices/workspaces/ws"
)
UNREACHABLE = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;"
    "TableEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a;"
)


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    with Azurite() as running:
        yield running.account.connection_string


@pytest.fixture
def queue(storage: str) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(storage, f"events-{uuid4().hex[:8]}") as client:
        client.create_queue()
        yield client


Deliver = Callable[[bytes], None]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, storage: str, queue: QueueClient) -> dict[str, str]:
    """An app's settings in this process; change them before the first delivery."""
    return {
        "AZUREML_WORKSPACE_ID": WORKSPACE_ID,
        "AzureWebJobsStorage": storage,
        "EVENT_QUEUE": queue.queue_name,
        "SERVICES_BUNDLE": str(PROJECT / "services"),
    }


@pytest.fixture
def deliver(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> Deliver:
    """Call the queue's function as the worker does, in an app started with the settings."""

    def call(content: bytes) -> None:
        monkeypatch.setattr(wiring, "_running", None)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        handler = function_app.model_registered_from_queue._function.get_user_function()
        assert handler(func.QueueMessage(body=content)) is None

    return call


def event(version: str, *, age: timedelta = timedelta(0)) -> dict[str, Any]:
    return {
        "id": f"event-{version}",
        "topic": WORKSPACE_ID,
        "subject": f"models/{MODEL}:{version}",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": (datetime.now(UTC) - age).isoformat(),
        "data": {"ModelName": MODEL, "ModelVersion": version, "ModelTags": {}},
        "dataVersion": "",
        "metadataVersion": "1",
    }


def queued(content: Any) -> bytes:
    return base64.b64encode(json.dumps(content).encode())


def test_an_event_from_the_queue_is_offered(deliver: Deliver, queue: QueueClient) -> None:
    deliver(queued(event("1")))

    offers = wiring.running_app().service.show(SERVICE).offers
    assert [(each.offer.version, each.offer.by) for each in offers] == [("1", "Event Grid")]
    assert queue.get_queue_properties().approximate_message_count == 0


def test_an_event_that_can_never_be_used_is_dropped_and_asks_for_an_operator(
    deliver: Deliver, queue: QueueClient, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(queued({**event("2"), "data": {}, "subject": "nonsense"}))

    assert "An event was dropped" in caplog.text
    assert queue.get_queue_properties().approximate_message_count == 0


def test_an_event_that_fails_is_put_back_unchanged_for_later(
    deliver: Deliver, settings: dict[str, str], queue: QueueClient
) -> None:
    settings["SERVICES_BUNDLE"] = str(PROJECT / "nothing")
    content = queued(event("3", age=timedelta(minutes=5)))
    deliver(content)

    assert list(queue.receive_messages()) == []
    assert queue.get_queue_properties().approximate_message_count == 1


def test_the_text_that_is_put_back_is_unchanged(queue: QueueClient) -> None:
    content = queued(event("4"))
    StorageEventQueue(queue).put_back(content, delay=timedelta(0))

    (message,) = queue.receive_messages()
    assert message.content.encode() == content
    assert message.inserted_on is not None
    assert message.expires_on == message.inserted_on + timedelta(days=7)


def test_a_queue_that_does_not_answer_raises_the_products_error() -> None:
    with (
        QueueClient.from_connection_string(UNREACHABLE, "events", retry_total=0) as unreachable,
        pytest.raises(StoreUnavailableError, match="event queue"),
    ):
        StorageEventQueue(unreachable).put_back(b"e30=", delay=timedelta(0))


def test_after_a_day_an_event_fails_for_good_and_asks_for_an_operator(
    deliver: Deliver,
    settings: dict[str, str],
    queue: QueueClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings["SERVICES_BUNDLE"] = str(PROJECT / "nothing")
    with pytest.raises(ServicesUnavailableError):
        deliver(queued(event("5", age=timedelta(hours=25))))

    assert "An event goes to the poison queue" in caplog.text
    assert queue.get_queue_properties().approximate_message_count == 0


def test_with_storage_down_the_delivery_fails_so_that_the_host_repeats_it(
    deliver: Deliver, settings: dict[str, str]
) -> None:
    settings["AzureWebJobsStorage"] = UNREACHABLE
    with pytest.raises(StoreUnavailableError):
        deliver(queued(event("6")))


def test_unusable_settings_fail_the_delivery_and_ask_for_an_operator(
    deliver: Deliver, settings: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    settings["ARM_TIMEOUT_SECONDS"] = "soon"
    with pytest.raises(InvalidSettingsError):
        deliver(queued(event("7")))

    assert "RolloutAttention: Events go to the poison queue" in caplog.text


def test_a_message_that_is_not_an_event_fails_and_asks_for_an_operator(
    deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidInputError):
        deliver(b"no event")

    assert "RolloutAttention" in caplog.text


# -- in the worker, behind the host's rules, on a local Azure


@pytest.fixture(scope="module")
def event_queue(product: RunningProduct) -> None:
    """The queue, which infrastructure creates before anything is subscribed or deployed."""
    with product.queue_service() as service:
        service.create_queue(EVENT_QUEUE)


def offered(product: RunningProduct, version: str) -> Any:
    found = [each for each in product.show()["offers"] if each["version"] == version]
    return found[0] if found and found[0]["state"] != "received" else None


@pytest.mark.parametrize(
    ("schema", "version"), [("EventGridSchema", "951"), ("CloudEventSchemaV1_0", "952")]
)
def test_a_registered_model_reaches_the_app_through_the_queue(
    product: RunningProduct, event_queue: None, schema: str, version: str
) -> None:
    product.control("PUT", "subscriptions/queue", {"queue": EVENT_QUEUE, "schema": schema})
    try:
        product.control("POST", "events", {"model": MODEL, "version": version})
        offer = eventually(lambda: offered(product, version))
    finally:
        product.control("DELETE", "subscriptions/queue")

    # The workspace does not have this version, which only a pass over the endpoint finds out.
    assert (offer["state"], offer["source"]) == ("rejected", "event")


def test_a_message_that_is_not_an_event_ends_unchanged_in_the_poison_queue(
    product: RunningProduct, event_queue: None
) -> None:
    with product.queue_service() as service:
        service.get_queue_client(EVENT_QUEUE).send_message("no event")
        poison = service.get_queue_client(f"{EVENT_QUEUE}-poison")
        eventually(lambda: poison.queue_name in {queue.name for queue in service.list_queues()})
        (message,) = eventually(lambda: list(poison.receive_messages()))

    assert message.content == "no event"
    assert "A message of the event queue goes to its poison queue" in product.log.read_text()

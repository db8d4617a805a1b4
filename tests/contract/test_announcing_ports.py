"""`Lifecycle` and `WorkQueue`: the doubles, a topic over https, and a queue of Azurite."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from azure.core.credentials import AzureKeyCredential

from rollout.adapters.events.lifecycle_events import LifecycleTopic, publisher_client
from rollout.adapters.storage.storage_clients import StorageAccount, ensure_created, queue_client
from rollout.adapters.storage.wakeups import WakeUp, parse_wake_up
from rollout.adapters.storage.work_queue import StorageWorkQueue
from rollout.errors import LifecycleTopicError, StoreUnavailableError
from rollout.ports import WakeGroup
from tests.doubles.memory_ports import MemoryLifecycle, MemoryQueue
from tests.doubles.records import ENDPOINT, ROLLOUT, entry
from tests.doubles.seam import raising

if TYPE_CHECKING:
    from azure.eventgrid import EventGridPublisherClient

    from localazure.azurite import Azurite
    from rollout.ports import Lifecycle, WorkQueue
    from tests.support.contract.local_azure import LocalAzure

TICK = timedelta(minutes=1)


class Topic:
    """A lifecycle port, what arrived through it, and a switch."""

    def __init__(
        self, port: "Lifecycle", keys: Callable[[], list[str]], down: Callable[[bool], None]
    ) -> None:
        self.port, self.keys, self.down = port, keys, down


@pytest.fixture
def publisher(
    local_azure: "LocalAzure", azure_environment: None
) -> Iterator["EventGridPublisherClient"]:
    with publisher_client(
        local_azure.topic_url, AzureKeyCredential(local_azure.topic_key)
    ) as client:
        yield client


@pytest.fixture(params=["double", "socket"])
def topic(request: pytest.FixtureRequest) -> Iterator[Topic]:
    if request.param == "double":
        memory = MemoryLifecycle()

        def break_once(down: bool) -> None:  # noqa: FBT001
            if down:
                error = LifecycleTopicError("the topic is down")
                memory.seam.once_before("lifecycle.publish", raising(error))

        yield Topic(memory, lambda: memory.keys(ENDPOINT), break_once)
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    (kept,) = local.parts.topics.topics.values()
    kept.events.clear()

    def keys() -> list[str]:
        return [f"{event['data']['rollout']}|{event['sequence']}" for event in kept.events]

    def turn(down: bool) -> None:  # noqa: FBT001
        kept.down = down

    yield Topic(LifecycleTopic(request.getfixturevalue("publisher")), keys, turn)
    kept.down = False


def test_events_arrive_in_order_and_once_per_call(topic: Topic) -> None:
    entries = [entry(number) for number in range(1, 121)]
    topic.port.publish(ENDPOINT, "fraud", entries)
    assert topic.keys() == [each.key for each in entries]


def test_a_topic_that_is_down_takes_nothing_and_everything_later(topic: Topic) -> None:
    topic.down(True)
    with pytest.raises(LifecycleTopicError):
        topic.port.publish(ENDPOINT, "fraud", [entry(1)])
    topic.down(False)
    topic.port.publish(ENDPOINT, "fraud", [entry(1)])
    assert topic.keys() == [entry(1).key]


def test_an_event_is_the_same_each_time_it_is_sent(
    local_azure: "LocalAzure", publisher: "EventGridPublisherClient"
) -> None:
    (kept,) = local_azure.parts.topics.topics.values()
    kept.events.clear()
    for _ in range(2):
        LifecycleTopic(publisher).publish(ENDPOINT, "fraud", [entry(7)])
    first, second = kept.events
    assert first == second
    assert first["specversion"] == "1.0"
    assert first["type"] == "AzureML.Rollout.StageStarted"
    assert first["source"] == ENDPOINT
    assert first["subject"] == "services/fraud"
    assert first["id"] == f"fraud-endpoint/{ROLLOUT.id}/00000007"
    assert first["sequence"] == "00000007"
    assert first["time"].startswith("2026-01-31T10:00:00")
    assert first["data"]["details"] == {"weight": 10}


def test_large_events_are_sent_in_several_requests(
    local_azure: "LocalAzure", publisher: "EventGridPublisherClient"
) -> None:
    (kept,) = local_azure.parts.topics.topics.values()
    kept.events.clear()
    entries = [entry(number, text="ü" * 30_000) for number in range(1, 12)]
    LifecycleTopic(publisher).publish(ENDPOINT, "fraud", entries)
    assert [event["sequence"] for event in kept.events] == [f"{n:08d}" for n in range(1, 12)]


class Work:
    """A queue port, and what the listener would take next."""

    def __init__(self, port: "WorkQueue", take: Callable[[], WakeUp | None]) -> None:
        self.port, self.take = port, take


@pytest.fixture(params=["double", "azurite"])
def work(request: pytest.FixtureRequest) -> Iterator[Work]:
    if request.param == "double":
        memory = MemoryQueue(lambda: datetime.now(UTC))
        yield Work(memory, memory.take)
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    account = StorageAccount(azurite.account.connection_string)
    with queue_client(account, f"work-{uuid4().hex}") as client:
        ensure_created(client, client)

        def take() -> WakeUp | None:
            message: Any = client.receive_message()
            if message is None:
                return None
            client.delete_message(message)
            return parse_wake_up(message.content)

        yield Work(StorageWorkQueue(client, TICK), take)


def test_a_wake_up_is_taken_once(work: Work) -> None:
    work.port.wake(ENDPOINT, delay=timedelta(0), chain_ends=None)
    assert work.take() == WakeUp((ENDPOINT,))
    assert work.take() is None


def test_a_delayed_wake_up_carries_its_chain_and_is_not_there_yet(work: Work) -> None:
    ends = datetime(2026, 1, 31, 10, 1, tzinfo=UTC)
    work.port.wake(ENDPOINT, delay=timedelta(hours=1), chain_ends=ends)
    assert work.take() is None
    work.port.wake(ENDPOINT, delay=timedelta(0), chain_ends=ends)
    assert work.take() == WakeUp((ENDPOINT,), ends)


def test_many_wake_ups_are_put_each_group_in_one_message(work: Work) -> None:
    names = [(f"/e/{number}", f"/f/{number}") for number in range(30)]
    groups = [WakeGroup(each, timedelta(0)) for each in names]
    late = WakeGroup(("/late",), timedelta(hours=1))
    within = timedelta(minutes=1)
    assert list(work.port.wake_all([*groups, late], suspended=True, within=within)) == []
    taken = [work.take() for _ in names]
    assert {each.endpoints for each in taken if each} == set(names)
    assert all(each == WakeUp(each.endpoints, None, suspended=True) for each in taken if each)
    assert work.take() is None


def test_a_message_without_endpoints_wakes_what_is_due(work: Work) -> None:
    work.port.wake_due()
    assert work.take() == WakeUp(())
    assert work.take() is None


def test_no_group_is_no_message(work: Work) -> None:
    assert list(work.port.wake_all([], suspended=False, within=timedelta(minutes=1))) == []
    assert work.take() is None


def test_after_the_time_for_it_no_put_is_begun(azurite: "Azurite") -> None:
    account = StorageAccount(azurite.account.connection_string)
    group = WakeGroup(("/e",), timedelta(0))
    with queue_client(account, f"work-{uuid4().hex}") as client:
        ensure_created(client)
        queue = StorageWorkQueue(client, TICK)
        for groups in ([group], [group] * 9):
            failed = queue.wake_all(groups, suspended=False, within=timedelta(0))
            assert [each.group for each in failed] == groups
            assert all("no time" in each.reason for each in failed)
        assert client.receive_message() is None


def test_each_put_that_a_queue_refuses_is_told(azurite: "Azurite") -> None:
    account = StorageAccount(azurite.account.connection_string)
    groups = [WakeGroup((f"/e/{number}",), timedelta(0)) for number in range(9)]
    with queue_client(account, f"missing-{uuid4().hex}") as client:
        queue = StorageWorkQueue(client, TICK)
        failed = queue.wake_all(groups, suspended=False, within=timedelta(minutes=1))
    assert [each.group for each in failed] == groups
    assert all("404" in each.reason for each in failed)


def test_a_message_lives_two_ticks_longer_than_its_delay(azurite: "Azurite") -> None:
    account = StorageAccount(azurite.account.connection_string)
    with queue_client(account, f"work-{uuid4().hex}") as client:
        ensure_created(client)
        StorageWorkQueue(client, TICK).check()
        StorageWorkQueue(client, TICK).wake(ENDPOINT, delay=timedelta(0), chain_ends=None)
        message: Any = client.receive_message()
        assert message.expires_on - message.inserted_on == 2 * TICK


def test_a_queue_that_cannot_be_reached_is_unavailable() -> None:
    url = "http://127.0.0.1:1/devstoreaccount1"
    account = StorageAccount(
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;"
        f"TableEndpoint={url};QueueEndpoint={url};"
    )
    with queue_client(account, "work") as client, pytest.raises(StoreUnavailableError):
        StorageWorkQueue(client, TICK).wake(ENDPOINT, delay=timedelta(0), chain_ends=None)
    with queue_client(account, "work") as client, pytest.raises(StoreUnavailableError):
        StorageWorkQueue(client, TICK).check()

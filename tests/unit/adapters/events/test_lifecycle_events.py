"""The lifecycle topic when it does not take events."""

from dataclasses import replace

import pytest
from azure.core.credentials import AzureKeyCredential

from rollout.adapters.events.lifecycle_events import LifecycleTopic, cloud_event, publisher_client
from rollout.errors import LifecycleTopicError
from tests.doubles.records import ENDPOINT, entry
from tests.unit.adapters.conftest import Reply, Script

PATH = "/topics/t/api/events"


@pytest.mark.parametrize("reply", [Reply(503), Reply(401), Reply(413), Reply(drops=True)])
def test_events_that_are_not_taken_stay_ours_and_are_sent_once(
    script: Script, reply: Reply
) -> None:
    script.on("POST", PATH, reply)
    with publisher_client(f"{script.url}{PATH}", AzureKeyCredential("k")) as client:
        entries = [entry(number) for number in range(1, 100)]
        with pytest.raises(LifecycleTopicError):
            LifecycleTopic(client).publish(ENDPOINT, "fraud", entries)
    # The second batch is not sent either: order matters.
    assert len(script.heard) == 1


def test_nothing_to_say_is_not_sent(script: Script) -> None:
    with publisher_client(f"{script.url}{PATH}", AzureKeyCredential("k")) as client:
        LifecycleTopic(client).publish(ENDPOINT, "fraud", [])
    assert script.heard == []


def test_logs_and_bodies_stay_in_the_history_table() -> None:
    data = {
        "stable": {"properties": {"environmentVariables": {"KEY": "s3cret"}}},
        "log": "Traceback ...",
        "finding": "KEEP_OVER",
    }
    event = cloud_event(ENDPOINT, "fraud", replace(entry(1), data=data))
    assert event.data is not None
    assert event.data["details"] == {"finding": "KEEP_OVER"}


def test_the_name_of_stable_is_published() -> None:
    started = replace(entry(1), data={"stable": "blue-6", "candidate": "green-7"})
    event = cloud_event(ENDPOINT, "fraud", started)
    assert event.data is not None
    assert event.data["details"] == {"stable": "blue-6", "candidate": "green-7"}

"""The lifecycle topic when it does not take events."""

import pytest
from azure.core.credentials import AzureKeyCredential

from rollout.adapters.lifecycle_events import LifecycleTopic, publisher_client
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

"""Each kind of channel is sent what it takes."""

import json

import pytest

from rollout.adapters.messages.channels import CLOUD_EVENT, JSON, channel_of
from rollout.adapters.messages.slack import slack_body
from rollout.adapters.messages.teams import teams_body
from rollout.message_settings import ChannelKind
from tests.support.happenings import a_message

CONSOLE = "https://app.example/api/ui"
MESSAGE = a_message()
EVENT = {"specversion": "1.0", "id": "ü", "data": {"n": 1}}


class Posted:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, str, float]] = []

    def post(self, body: bytes, content_type: str, seconds: float) -> None:
        self.calls.append((body, content_type, seconds))


def sent(kind: str) -> tuple[bytes, str, float]:
    posted = Posted()
    channel_of(kind, posted, CONSOLE).post(MESSAGE, EVENT, 4.0)
    (call,) = posted.calls
    return call


def test_chats_are_sent_messages() -> None:
    assert sent("teams") == (teams_body(MESSAGE, CONSOLE), JSON, 4.0)
    assert sent("slack") == (slack_body(MESSAGE, CONSOLE), JSON, 4.0)


def test_any_other_address_is_sent_the_event_itself() -> None:
    body, content_type, seconds = sent("event")
    assert (json.loads(body), content_type, seconds) == (EVENT, CLOUD_EVENT, 4.0)


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_every_kind_of_the_settings_is_one(kind: ChannelKind) -> None:
    assert sent(kind)


def test_there_is_no_other_kind() -> None:
    with pytest.raises(ValueError, match="no kind of channel 'mail'"):
        channel_of("mail", Posted(), None)

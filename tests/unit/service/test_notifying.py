"""Each channel gets a message once, whatever the others answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.messages import Happened
from rollout.core.policy.model import Policy
from rollout.core.policy.notify_model import About, Route
from rollout.core.records.phases import Phase
from rollout.errors import (
    InvalidPolicyError,
    InvalidSettingsError,
    MessageDelayedError,
    MessageRefusedError,
    StoreUnavailableError,
)
from rollout.ports import Delivery
from rollout.service.notifying import CLAIM_MARGIN, Notifier, Sending
from tests.doubles.memory_messages import MemoryChannel, MemoryDeliveries
from tests.doubles.records import ENDPOINT
from tests.doubles.seam import raising
from tests.support.happenings import AT, a_happening
from tests.support.stories.surroundings import Bundle, SilentLog

EVENT = {"id": "e"}
HAPPENED = a_happening()
APPROVAL = a_happening("AttentionNeeded", Phase.BAKING, cause="approval")
TOTAL = timedelta(seconds=20)


class Scene:
    """A notifier with two usual channels, `first` and `second`, and a third one."""

    def __init__(
        self,
        routes: Sequence[Route] | None = None,
        *,
        known: bool = True,
        faults: Sequence[str] = (),
    ) -> None:
        own = tuple(routes) if routes is not None else None
        self.bundle = Bundle({"fraud": Policy("fraud", "e", "m", notify=own)} if known else {})
        self.deliveries = MemoryDeliveries()
        self.first, self.second, self.third = MemoryChannel(), MemoryChannel(), MemoryChannel()
        self.channels = {"first": self.first, "second": self.second, "third": self.third}
        self.log = SilentLog()
        usual = (Route("first"), Route("second"))
        sending = Sending(self.channels, usual, TOTAL, faults)
        self.notifier = Notifier(self.bundle, self.deliveries, sending, self.log)

    def tell(self, happened: Happened = HAPPENED, after: timedelta = timedelta(0)) -> None:
        self.notifier.notify(happened, EVENT, AT + after)

    @property
    def arrived(self) -> list[int]:
        return [len(channel.arrived) for channel in self.channels.values()]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_message_goes_to_the_usual_channels_once(scene: Scene) -> None:
    scene.tell()
    scene.tell()
    assert scene.arrived == [1, 1, 0]


def test_an_event_that_is_no_message_asks_nobody_anything(scene: Scene) -> None:
    scene.tell(a_happening("PhaseChanged"))
    assert scene.deliveries.seam.calls.total() == 0


def test_the_published_policy_says_where_to() -> None:
    scene = Scene([Route("third", (About.ROLLED_BACK,))])
    scene.tell()
    assert scene.arrived == [0, 0, 1]


@pytest.mark.parametrize("trouble", ["gone", "unreadable", "faulty"])
def test_where_the_routes_are_unknown_the_usual_channels_are_told(trouble: str) -> None:
    scene = Scene([Route("third")], known=trouble != "gone")
    scene.bundle.readable = trouble != "unreadable"
    if trouble == "faulty":

        def refuse(name: str) -> None:
            raise InvalidPolicyError(((name, "it has a fault"),))

        scene.bundle.service = refuse  # type: ignore[assignment]
    scene.tell()
    assert scene.arrived == [1, 1, 0]


def test_a_channel_that_is_down_does_not_repeat_the_others(scene: Scene) -> None:
    scene.first.trouble = [MessageDelayedError("it answered 503")] * 3
    for _ in range(3):
        with pytest.raises(MessageDelayedError, match="first: it answered 503"):
            scene.tell()
    scene.tell()
    assert scene.arrived == [1, 1, 0]
    assert (scene.first.asked, scene.second.asked) == (4, 1)


def test_a_channel_that_refuses_is_given_up_with_one_attention_that_names_it(scene: Scene) -> None:
    scene.second.trouble = [MessageRefusedError("it answered 404 no_service")]
    scene.tell()
    scene.tell()
    assert scene.arrived == [1, 0, 0]
    (line,) = scene.log.attentions
    assert "channel second refused a message about fraud" in line
    assert "no_service" in line


def test_a_channel_that_asks_to_wait_is_left_alone_until_then(scene: Scene) -> None:
    scene.first.trouble = [MessageDelayedError("429", wait=90)]
    with pytest.raises(MessageDelayedError):
        scene.tell()
    with pytest.raises(MessageDelayedError, match="not before 10:02:00"):
        scene.tell(after=timedelta(seconds=80))
    assert scene.first.asked == 1
    scene.tell(after=timedelta(seconds=91))
    assert scene.arrived == [1, 1, 0]


def test_two_deliveries_at_once_make_one_message(scene: Scene) -> None:
    def meanwhile() -> None:
        with pytest.raises(MessageDelayedError, match="first: not before"):
            scene.tell()

    scene.first.seam.once_before("channel.post", meanwhile)
    scene.tell()
    assert scene.arrived == [1, 1, 0]


def test_after_a_claim_that_ran_out_the_message_is_sent_again(scene: Scene) -> None:
    scene.deliveries.claim(Delivery(ENDPOINT, "r-1", 7, "first"), AT, AT + TOTAL + CLAIM_MARGIN)
    with pytest.raises(MessageDelayedError):
        scene.tell(after=timedelta(seconds=79))
    scene.tell(after=timedelta(seconds=80))
    assert scene.arrived == [1, 1, 0]


@pytest.mark.parametrize("error", [None, MessageDelayedError("503"), MessageRefusedError("404")])
def test_an_outcome_that_cannot_be_noted_does_not_keep_it_from_the_others(
    scene: Scene, error: Exception | None
) -> None:
    scene.first.trouble = [error] if error is not None else []
    down = raising(StoreUnavailableError("the table is down"))
    call = "put_off" if isinstance(error, MessageDelayedError) else "settle"
    scene.deliveries.seam.once_before(f"deliveries.{call}", down)
    with pytest.raises(MessageDelayedError, match="the table is down"):
        scene.tell()
    assert scene.arrived[1] == 1


def test_without_the_table_nothing_is_sent(scene: Scene) -> None:
    down = raising(StoreUnavailableError("the table is down"))
    scene.deliveries.seam.once_before("deliveries.claim", down)
    with pytest.raises(StoreUnavailableError):
        scene.tell()
    assert scene.arrived == [0, 0, 0]


def test_a_slip_in_a_policy_is_reported_once_and_hides_nothing() -> None:
    scene = Scene([Route("thrid")])
    scene.tell()
    scene.tell(APPROVAL)
    assert scene.arrived == [1, 1, 0], "the same number in the rollout: the same event"
    (line,) = scene.log.attentions
    assert "the policy of fraud" in line
    assert "thrid" in line


def test_a_channel_that_stays_away_calls_for_attention_once_until_it_is_back(scene: Scene) -> None:
    scene.first.trouble = [MessageDelayedError("it answered 503")] * 4
    for minutes in (0, 29, 30, 180):
        with pytest.raises(MessageDelayedError):
            scene.tell(after=timedelta(minutes=minutes))
        assert len(scene.log.attentions) == (minutes >= 30)
    assert "channel first has not taken a message about fraud for 30 min" in scene.log.attentions[0]
    scene.tell(after=timedelta(minutes=181))
    scene.first.trouble = [MessageDelayedError("it answered 503")]
    with pytest.raises(MessageDelayedError):
        scene.tell(replace(HAPPENED, sequence=8), after=timedelta(minutes=240))
    assert len(scene.log.attentions) == 2, "it had come back in between"


def test_faulty_settings_keep_the_message_from_nobody_who_can_be_reached() -> None:
    scene = Scene(faults=["NOTIFY_CHANNELS: 'Third' is not a channel's name."])
    scene.tell(a_happening("PhaseChanged"))
    scene.second.trouble = [MessageDelayedError("it answered 503")]
    for _ in range(2):
        with pytest.raises(InvalidSettingsError, match="'Third' is not a channel's name"):
            scene.tell()
    assert scene.arrived == [1, 1, 0], "and nobody twice, however often the event comes again"


def test_the_channels_of_a_message_share_its_time(scene: Scene) -> None:
    given: list[float] = []
    post = scene.first.post

    def timed(message: object, event: object, seconds: float) -> None:
        given.append(seconds)
        post(message, event, seconds)  # type: ignore[arg-type]

    scene.first.post = timed  # type: ignore[method-assign]
    scene.tell()
    assert given == [TOTAL.total_seconds() / 2]

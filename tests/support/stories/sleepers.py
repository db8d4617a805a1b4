"""Endpoints that sleep: where a story takes them, and the signals that end each sleep."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from rollout.core.machine.sleeping import asleep
from rollout.core.policy.freeze_model import FreezeWindow
from rollout.core.policy.model import Approval
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.ports import DUE_AT_ONCE, LiveRow
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, on_trial
from tests.support.stories.stage import START, Story

KEEPING = replace(POLICY, keep=HOUR, stages=POLICY.stages[-1:])
APPROVED = replace(KEEPING, stages=(replace(POLICY.stages[-1], approval=Approval.ANYBODY),))
_FREEZES_AFTER, _HOUR_OF_A_DAY = timedelta(minutes=2), 60
FROZEN = replace(
    POLICY,
    freeze=(FreezeWindow(START.hour * _HOUR_OF_A_DAY + 2, 18 * _HOUR_OF_A_DAY, "UTC"),),
)


def live_row(story: Story) -> LiveRow:
    with story.unseen():
        row = story.store.live_row(story.endpoint)
    assert row is not None, story.describe()
    return row


def until_asleep(story: Story) -> Story:
    """Play on until the endpoint was just deferred."""
    story.until(lambda: story.row is not None, within=HOUR)
    story.until(
        lambda: asleep(story.current) and live_row(story).due not in (None, DUE_AT_ONCE),
        within=HOUR,
    )
    story.pass_time(timedelta(seconds=1))
    return story


def kept() -> Story:
    """The candidate has all traffic, and the old stable is kept."""
    return until_asleep(on_trial(Phase.PROMOTED, 0, Story(KEEPING)))


def unapproved() -> Story:
    """Somebody must approve the first weight."""
    story = Story(APPROVED)
    story.adopt()
    story.register("2")
    return until_asleep(story)


def suspended() -> Story:
    """An order about the service came while the candidate was created."""
    story = on_trial(Phase.CREATING)
    story.command(Verb.SUSPEND)
    return until_asleep(story)


def waiting() -> Story:
    """A version waits, because the service is suspended."""
    story = Story()
    story.adopt()
    story.command(Verb.SUSPEND)
    story.register("2")
    return until_asleep(story)


def frozen() -> Story:
    """A version waits for the end of a freeze."""
    story = Story(FROZEN)
    story.adopt()
    story.pass_time(_FREEZES_AFTER)
    story.register("2")
    return until_asleep(story)


@dataclass(frozen=True)
class Waking:
    """A signal that ends a sleep, and what the next look must have done about it."""

    place: Callable[[], Story]
    signal: Callable[[Story], object]
    done: Callable[[Story], bool]

    @property
    def name(self) -> str:
        return f"{self.place.__name__}-{self.signal.__name__}"


def alert(story: Story) -> None:
    story.alert("green-2")


def rollback(story: Story) -> None:
    story.command(Verb.ROLLBACK)


def pause(story: Story) -> None:
    story.command(Verb.PAUSE)


def advance(story: Story) -> None:
    story.command(Verb.ADVANCE)


def unsuspend(story: Story) -> None:
    story.command(Verb.UNSUSPEND)


def override(story: Story) -> None:
    story.command(Verb.OVERRIDE)


def cancel(story: Story) -> None:
    story.command(Verb.CANCEL, version="2")


def newer_version(story: Story) -> None:
    story.put_model("3")
    story.registered("3")


def _past(*phases: Phase) -> Callable[[Story], bool]:
    return lambda story: story.phase not in phases


def _waits_no_more(story: Story) -> bool:
    return story.current.waiting is None


def _decided(story: Story) -> bool:
    return not story.current.offers


WAKINGS = [
    Waking(kept, alert, _past(Phase.PROMOTED, Phase.ROLLING_BACK)),
    Waking(kept, rollback, _past(Phase.PROMOTED, Phase.ROLLING_BACK)),
    Waking(kept, newer_version, _past(Phase.PROMOTED)),
    Waking(kept, pause, lambda story: story.is_held),
    Waking(unapproved, advance, _past(Phase.VALIDATING)),
    Waking(unapproved, rollback, _past(Phase.VALIDATING)),
    Waking(unapproved, newer_version, _decided),
    Waking(suspended, unsuspend, _past(Phase.CREATING)),
    Waking(suspended, rollback, _past(Phase.CREATING)),
    Waking(waiting, unsuspend, _waits_no_more),
    Waking(waiting, cancel, _waits_no_more),
    Waking(frozen, override, _waits_no_more),
    Waking(frozen, newer_version, _decided),
]
PLACES = [kept, unapproved, suspended, waiting, frozen]

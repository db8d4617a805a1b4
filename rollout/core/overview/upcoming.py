"""What happens next to a service, and when at the earliest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollout.core.machine.halts import stopped
from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.machine.suspending import freeze_of, in_force, live_rollout
from rollout.core.machine.wanted import shown_wanted
from rollout.core.policy.model import Approval
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import Current, Rollout
from rollout.units import FULL_WEIGHT

_NEXT: Mapping[Phase, str] = {
    Phase.CREATING: "{candidate} is validated once it is ready",
    Phase.VALIDATING: "{candidate} gets {first} once it answers as it must",
    Phase.SHIFTING: "the bake begins once {wanted} is seen",
    Phase.BAKING: "{after}",
    Phase.PROMOTED: "{stable} is deleted",
    Phase.RETIRING: "the rollout ends once {stable} is gone",
    Phase.ROLLING_BACK: "{wanted} is asked for until it is seen",
    Phase.DISCARDING: "{candidate} is deleted",
}
"""Every phase of a live rollout; a test finds one without a row."""


@dataclass(frozen=True)
class Upcoming:
    """`at` is the earliest moment, UTC (None: it depends on something else).

    `person`: somebody must decide; `at` is then when the hold ends without them.
    """

    what: str
    at: datetime | None = None
    person: bool = False


def upcoming(current: Current) -> Upcoming | None:
    """Say what comes next; None where nothing does."""
    rollout = current.rollout
    if rollout is None or rollout.final:
        waits = current.waiting
        if waits is None:
            return None
        return _stopped(current) or Upcoming(f"version {waits.version} starts")
    hold = rollout.hold
    if hold is not None:
        at = None if stopped(rollout) else hold.expires
        return Upcoming(HOLD_REASONS[hold.reason].next_step, at, person=True)
    if PHASES[rollout.phase].forward and (other := _stopped(current)) is not None:
        return other
    what = _NEXT[rollout.phase].format(
        candidate=rollout.candidate,
        stable=rollout.stable,
        first=rollout.policy.stages[0].shown if rollout.stable else f"{FULL_WEIGHT} %",
        wanted=shown_wanted(rollout),
        after=_after_the_bake(rollout),
    )
    return Upcoming(what, _at(rollout))


def _stopped(current: Current) -> Upcoming | None:
    """What ends a suspension or a freeze, and when."""
    rollout, suspension = live_rollout(current), in_force(current)
    if suspension is not None and suspension.until is not None:
        return Upcoming("the suspension ends by itself", suspension.until)
    if suspension is not None or (rollout is not None and rollout.suspended):
        return Upcoming("nothing moves forward before the suspension is lifted", person=True)
    frozen = freeze_of(current)
    if frozen is None:
        return None
    return Upcoming(f"frozen until {frozen.text}", frozen.until, person=frozen.until is None)


def _at(rollout: Rollout) -> datetime | None:
    if rollout.phase is Phase.BAKING and rollout.baking is not None:
        return rollout.baking.window_start + rollout.policy.stages[rollout.stage].bake
    return rollout.delete_due if rollout.phase in (Phase.PROMOTED, Phase.DISCARDING) else None


def _after_the_bake(rollout: Rollout) -> str:
    stages, following = rollout.policy.stages, rollout.stage + 1
    if following == len(stages):
        return "the candidate is promoted once the gate lets it pass"
    goes = f"{stages[rollout.stage].shown} -> {stages[following].shown}"
    return f"{goes}{_WAITS[stages[following].approval]} once the gate lets it pass"


_WAITS: Mapping[Approval, str] = {
    Approval.NONE: "",
    Approval.ANYBODY: " waits for an approval",
    Approval.SECOND_PERSON: " waits for a second person's approval",
}

"""The sentence that tells an operator of a rollout: which, what, why, what serves, what next."""

from collections.abc import Mapping

from rollout.core.machine.holds import HOLD_REASONS
from rollout.core.machine.wanted import shown
from rollout.core.machine.watching import told_away
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Rollout


def told_of(rollout: Rollout, text: str, next_step: str = "") -> tuple[str, Mapping[str, str]]:
    """Say it to somebody who is woken by it and has nothing else before them.

    Args:
        rollout: As it will be saved.
        text: What happened.
        next_step: What to do now; "" for what the table of its hold or phase says.

    Returns:
        The sentence, and its parts for programs: service, version, cause, split, next, since, by
        and evidence; the last two may be empty.
    """
    hold = rollout.hold
    usual = HOLD_REASONS[hold.reason].next_step if hold else PHASES[rollout.phase].next_step
    seen = rollout.seen
    fields = {
        "service": rollout.service,
        "version": rollout.release.version,
        "cause": _cause(rollout),
        "split": shown(seen.split, seen.mirror) if seen.at is not None else "not seen yet",
        "next": next_step or usual,
        "since": f"{hold.since if hold else rollout.since:%Y-%m-%d %H:%M} UTC",
        "by": hold.by if hold else "",
        "evidence": rollout.baking.evidence if rollout.baking is not None else "",
    }
    who = f"{rollout.service} version {rollout.release.version}"
    if away := told_away(rollout, hold.since if hold else rollout.since):
        text = f"{text}; {away}"
    return f"{who}: {text}; now {fields['split']}; next: {fields['next']}", fields


def _cause(rollout: Rollout) -> str:
    """What holds it, else what ended it, else where it is."""
    if rollout.hold is not None:
        return rollout.hold.reason.value
    return rollout.cause.value if rollout.cause is not None else rollout.phase.value

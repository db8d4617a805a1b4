"""What stands still although it was not asked to: reported before twice its bound."""

from datetime import datetime

from rollout.core.machine.halts import halted, machine_time
from rollout.core.machine.watching import shown_span, watched_until
from rollout.core.records.phases import PASS_BOUND, PHASES
from rollout.core.records.rollout import Current, Rollout


def stuck(current: Current, now: datetime) -> str:
    """Say what stands still, or nothing ("")."""
    rollout = current.rollout
    if rollout is None or rollout.final:
        return ""
    watched = watched_until(current)
    if watched is not None and now - watched > PASS_BOUND:
        return f"stuck: no pass reports; nobody watched {shown_span(watched, now)}"
    if _silent(rollout, now):
        return f"stuck: {rollout.phase} since {rollout.since:%Y-%m-%d %H:%M} UTC, no pass reports"
    limit = PHASES[rollout.phase].bound
    bound = limit(rollout.policy) if limit is not None and not halted(rollout) else None
    if bound is not None and machine_time(rollout.phase_clock, rollout, now) > bound:
        return f"stuck: {rollout.phase} since {rollout.since:%Y-%m-%d %H:%M} UTC, bound {bound}"
    # In a halt as well: what harms is taken back by a pass, whatever stops the rollout.
    if current.next_look is not None and now - current.next_look > PASS_BOUND:
        return f"stuck: no pass since {current.saved_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _silent(rollout: Rollout, now: datetime) -> bool:
    """The phase asks for an operator by itself once it is late, and did not even do that."""
    facts = PHASES[rollout.phase]
    if facts.attention_after is None:
        return False
    begun = (rollout.delete_due if facts.deletes else None) or rollout.since
    asked, back = rollout.attention_at or begun, rollout.watch.back_at or begun
    return now - max(begun, asked, back) > facts.attention_after + PASS_BOUND

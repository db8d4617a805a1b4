"""What stands still although it was not asked to: reported before twice its bound."""

from datetime import datetime, timedelta

from rollout.core.machine.halts import halted, machine_time
from rollout.core.machine.watching import shown_span, watched_until
from rollout.core.records.phases import PASS_BOUND, PHASES
from rollout.core.records.rollout import Current, Rollout


def stuck(
    current: Current,
    now: datetime,
    *,
    awake_since: datetime | None = None,
    unwatched_after: timedelta = PASS_BOUND,
) -> str:
    """Say what stands still, or nothing ("").

    Args:
        current: The row.
        now: The moment.
        awake_since: From when on passes could have come: after a time in which the whole app was
            down each row looks as if none did. None: all the time.
        unwatched_after: How late a look may be.
    """
    rollout = current.rollout
    if rollout is None or rollout.final:
        return ""
    watched = watched_until(current)
    if watched is not None and now - watched > unwatched_after:
        # No limit ran meanwhile, so that none is over.
        missed = now - max(watched, awake_since or watched) > unwatched_after
        return f"stuck: no pass comes; nobody watched {shown_span(watched, now)}" if missed else ""
    if _silent(rollout, now):
        return f"stuck: {rollout.phase} since {rollout.since:%Y-%m-%d %H:%M} UTC, no pass reports"
    limit = PHASES[rollout.phase].bound
    bound = limit(rollout.policy) if limit is not None and not halted(rollout) else None
    if bound is not None and machine_time(rollout.phase_clock, rollout, now) > bound:
        return f"stuck: {rollout.phase} since {rollout.since:%Y-%m-%d %H:%M} UTC, bound {bound}"
    # Of a row that tells of no look. In a halt as well: what harms is taken back by a pass,
    # whatever stops the rollout.
    if current.next_look is not None and now - current.next_look > unwatched_after:
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

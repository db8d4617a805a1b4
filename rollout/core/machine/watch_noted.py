"""What a look notes of looks: that it came, and how long none did before it."""

from datetime import timedelta

from rollout.core.machine.draft import Draft
from rollout.core.machine.watching import (
    is_look_kept,
    shown_span,
    watched_until,
    with_look,
    without_unwatched,
)
from rollout.core.records.rollout import Current


def note_unwatched(draft: Draft, after: timedelta) -> None:
    """Take time that nobody watched out of every limit, before any of them is judged.

    Args:
        draft: The decision about a live rollout, before anything else of its look.
        after: How late a look may be.
    """
    since, now = watched_until(draft.current), draft.now
    if since is None or now - since <= after:
        return
    draft.rollout = without_unwatched(draft.rollout, since, now)
    text = f"nobody watched {shown_span(since, now)}: no limit ran meanwhile"
    data = {"since": since.isoformat(), "seconds": round((now - since).total_seconds())}
    draft.note("Unwatched", text, data=data)


def note_look(draft: Draft, before: Current) -> None:
    """Remember the look with whatever it saves, and else now and then.

    Args:
        draft: The decision, complete.
        before: The row that it was made from.
    """
    rollout = draft.current.rollout
    if rollout is None or rollout.final:
        return
    if draft.current != before or is_look_kept(rollout.watch, draft.now):
        draft.rollout = with_look(rollout, draft.now)

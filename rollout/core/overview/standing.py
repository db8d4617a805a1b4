"""Where a service stands, in one word: whether what the list shows of it must be written again.

The list shows a row of its own for each service, the summary. It is written after a save that
changes the standing, and else now and then, so that what goes on by itself (evidence, ages) is
never older than `SUMMARY_EVERY` while something is saved.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.overview.upcoming import upcoming
from rollout.core.records.rollout import Current, Rollout
from rollout.core.records.summarised import Summarised

SUMMARY_EVERY = timedelta(minutes=5)
"""How old the evidence in the list may be while passes save: one storage call in so long."""

DIGITS = 16


def standing(current: Current | None) -> str:
    """Return a digest of what changes in a service only when something happened to it.

    Left out is what goes on by itself: minutes judged, evidence and the moment of the last look.
    "" where nothing was ever offered.
    """
    if current is None:
        return ""
    parts = (
        current.service,
        # Every decision of note has a history row.
        current.head,
        current.offers,
        current.waiting,
        current.damaged,
        current.suspension,
        current.suspended_with_all,
        current.start_frozen,
        current.start_thawed_until,
        upcoming(current),
        *(_of_rollout(current.rollout) if current.rollout is not None else ()),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:DIGITS]


def summarised(current: Current, now: datetime) -> Current:
    """Return the row with the summary noted that is due after its save; else the row as it is."""
    before, stands = current.summarised, standing(current)
    fresh = before is not None and now - before.at < SUMMARY_EVERY
    if before is not None and fresh and before.standing == stands:
        return current
    return replace(current, summarised=Summarised(now, stands))


def needs_person(current: Current) -> bool:
    """Whether nothing goes on before somebody decides, or repairs the row."""
    following = upcoming(current)
    refused = current.rollout is not None and current.rollout.refused is not None
    return bool(current.damaged) or refused or (following is not None and following.person)


def _of_rollout(rollout: Rollout) -> tuple[object, ...]:
    seen, baking = rollout.seen, rollout.baking
    return (
        rollout.id,
        rollout.phase.value,
        rollout.stage,
        rollout.hold,
        rollout.suspended,
        rollout.frozen,
        rollout.thawed_until,
        rollout.cause,
        rollout.delete_due,
        rollout.refused,
        rollout.validated,
        baking.verdict if baking is not None else "",
        sorted(seen.split.items()),
        sorted(seen.mirror.items()),
        seen.state,
    )

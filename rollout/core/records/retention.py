"""Which stored rows are old enough to be deleted. A name's count and a quarantine never are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.rollout import Current

_UNDECIDED = frozenset({OfferState.RECEIVED, OfferState.WAITING})


@dataclass(frozen=True)
class Retention:
    """How long rows are kept: `decisions` are history and offers, `minutes` the gate's evidence.

    `messages` say what was sent where. An event comes again for a day at most, and the outbox
    announces one again only until the pass after.
    """

    decisions: timedelta = timedelta(days=730)
    minutes: timedelta = timedelta(days=90)
    messages: timedelta = timedelta(days=14)


def old_history(
    oldest: Sequence[HistoryEntry], current: Current, kept: Retention, now: datetime
) -> tuple[HistoryEntry, ...]:
    """The rows at the beginning that may go: never one of the latest rollout or of the outbox."""
    return tuple(
        takewhile(
            lambda row: (
                now - row.at > kept.decisions
                and row.rollout != current.rollout_id
                and row.key <= current.published
            ),
            oldest,
        )
    )


def old_minutes(
    oldest: Sequence[MinuteRecord], current: Current, kept: Retention, now: datetime
) -> tuple[MinuteRecord, ...]:
    """The minutes at the beginning that may go: never one of a rollout that is under way."""
    rollout = current.rollout
    live = rollout.id if rollout is not None and not rollout.final else None
    return tuple(
        takewhile(lambda row: now - row.minute > kept.minutes and row.rollout != live, oldest)
    )


def old_offers(
    page: Sequence[OfferRecord], current: Current, kept: Retention, now: datetime
) -> tuple[OfferRecord, ...]:
    """Those of a page that may go: nothing undecided, quarantined or of the latest rollout."""
    return tuple(
        row
        for row in page
        if now - row.decided_at > kept.decisions
        and row.state not in _UNDECIDED
        and not row.quarantined
        and row.rollout != current.rollout_id
    )

"""Rows and queues: what the service stores, and how it wakes itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NewType, Protocol

from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.offers import OfferRecord, OfferState
from rollout.core.records.rollout import Current
from rollout.core.records.rounds import Round
from rollout.core.records.suspensions import SuspensionOfAll

Version = NewType("Version", str)
"""A row's ETag."""

UNREADABLE = 0
"""The form of a summary that cannot be read: it is made again."""

DUE_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""Due by every clock: whoever wakes an endpoint need not agree with the tick on the time."""

FURTHEST_DUE = timedelta(minutes=15)
"""No row is deferred this far: one that seems to be is damaged, or a clock was wrong. It is due."""


@dataclass(frozen=True)
class Stored:
    """A row as read. `raw` keeps what this version of the product does not know."""

    current: Current
    version: Version
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Commit:
    """One entity group transaction: all of it is stored, or none.

    `expected` None: the row must not exist yet. `names` maps slugs to new counts. `spare` is how
    many bytes of the owner row must stay free.
    """

    current: Current
    expected: Stored | None
    history: Sequence[HistoryEntry] = ()
    minutes: Sequence[MinuteRecord] = ()
    offers: Sequence[OfferRecord] = ()
    names: Mapping[str, int] = field(default_factory=dict)
    spare: int = 0


@dataclass(frozen=True)
class Clocks:
    """Who ticked last.

    `tick` is when the timer's tick was last marked, None: it never was. `quiet`: that one found
    nothing due, so that the next mark may be as far away as an idle app's. `second` is when the
    second clock last asked for a tick (ADR 43), None: it never did. `version` guards the row;
    None: there is none.
    """

    tick: datetime | None = None
    quiet: bool = True
    second: datetime | None = None
    version: Version | None = None


@dataclass(frozen=True)
class LiveRow:
    """An endpoint with a live rollout or a waiting offer; `version` guards a change of the row.

    From `due` on the tick wakes it; None: the row has no such column, because an older app wrote
    it, and is due. `fault` says why the rest of the row cannot be read ("": it can): such a row is
    left alone, but its key still names the endpoint to look at. `service` is then empty.
    """

    endpoint: str
    service: str
    since: datetime
    version: Version = Version("")
    fault: str = ""
    due: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Say whether the tick of `now` wakes the endpoint."""
        return self.due is None or not now < self.due < now + FURTHEST_DUE


@dataclass(frozen=True)
class SummaryRow:
    """What the list shows of one service, and what tells whether that is still right.

    `text` is the view as JSON, made at `made_at` from the owner row of `saved_at` (None: there was
    none). `standing` is that of `core/overview/standing.py`; of an owner row that cannot be read it
    is the fault's. `form` says how the view was made: one of another form is made again. `live`:
    something was live or waiting. `version` guards a repair. `until`: when what it shows ends by
    itself (None: it does not), so that it is to be made again.
    """

    service: str
    endpoint: str
    standing: str
    form: int
    made_at: datetime
    saved_at: datetime | None
    live: bool
    text: str
    version: Version = Version("")
    until: datetime | None = None


class RolloutStore(Protocol):
    """Tables `Rollouts` and `Live`. Every method may raise `StoreUnavailableError`."""

    def load(self, endpoint: str) -> Stored | None:
        """Read the owner row; None when there is none.

        Raises:
            UnreadableRowError: The row is corrupt or of a newer schema.
        """

    def version(self, endpoint: str) -> Version | None:
        """Read only the owner row's version: the check immediately before a raising PUT."""

    def commit(self, commit: Commit) -> Stored:
        """Store the transaction and return the row as it now is.

        Raises:
            StaleRowError: The expected version is gone (412), or the row exists already (409).
            RowBeyondHeadError: A history row exists already; so it may after a race that was lost.
            UnknownOutcomeError: Sent, but the answer was lost.
            RowTooLargeError: Refused before sending, or less than `spare` would stay free; nothing
                was written.
        """

    def offer(self, endpoint: str, model: str, version: str) -> OfferRecord | None:
        """Read what became of one offered version."""

    def offers(
        self,
        endpoint: str,
        *,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
        states: Collection[OfferState] = (),
    ) -> Sequence[OfferRecord]:
        """Read offered versions of an endpoint, by key.

        `after` is a model and a version (None: from the first); `limit` None: all of them; `states`
        empty: whatever became of them.
        """

    def name_count(self, endpoint: str, slug: str) -> int:
        """Return how many rollouts of this endpoint used the slug."""

    def history(
        self, endpoint: str, rollout: str, limit: int, *, before: int | None = None
    ) -> Sequence[HistoryEntry]:
        """Read a rollout's latest `limit` entries, oldest first.

        Only those numbered below `before`; None: the end is looked for, at the price of a few
        reads. However many there are, no more than `limit` are read.
        """

    def history_after(self, endpoint: str, key: str, limit: int) -> Sequence[HistoryEntry]:
        """Read entries whose key sorts after `key`, over all rollouts, oldest first."""

    def minutes(
        self,
        endpoint: str,
        rollout: str,
        *,
        after: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[MinuteRecord]:
        """Read what the gate folded, by minute.

        `after`: only what belongs to later minutes (None: from the first); `limit`: the first so
        many records (None: all of them), of which a minute may have several.
        """

    def oldest_minutes(self, endpoint: str, limit: int) -> Sequence[MinuteRecord]:
        """Read the first `limit` minutes of all rollouts, oldest first."""

    def prune(
        self,
        endpoint: str,
        *,
        history: Sequence[HistoryEntry] = (),
        minutes: Sequence[MinuteRecord] = (),
        offers: Sequence[OfferRecord] = (),
    ) -> None:
        """Delete these rows, at most 100 of them; ones that are gone already are no fault."""

    def live(self) -> Sequence[LiveRow]:
        """Read all of table `Live` in one query; an unreadable row does not hide the others."""

    def live_due(self, now: datetime | None) -> Iterator[LiveRow]:
        """Read the rows that are due by `now` (None: all rows), page by page as they are asked for.

        Each call of the iterator may raise `StoreUnavailableError`. An unreadable row is due.
        """

    def live_row(self, endpoint: str) -> LiveRow | None:
        """Read the endpoint's row of table `Live`; None when there is none."""

    def live_page(self, after: str, limit: int) -> Sequence[LiveRow]:
        """Read the first `limit` rows of table `Live` after an endpoint's ("": from the first).

        In the order of keys, an unreadable row among them.
        """

    def live_of(self, service: str) -> Sequence[LiveRow]:
        """Read the readable rows of table `Live` that name a service; usually one at most."""

    def put_live(self, row: LiveRow) -> None:
        """Insert or touch the endpoint's row: it is due at once, whatever `row.due` says."""

    def defer_live(self, row: LiveRow, due: datetime) -> bool:
        """Let the row be due at `due`, if its version still is `row.version`; False: it moved."""

    def drop_live(self, row: LiveRow) -> bool:
        """Delete the row if its version still is `row.version`; False when it moved."""

    def summaries(self, service: str | None = None) -> Sequence[SummaryRow]:
        """Read all summaries, or one service's, in one query; usually one a service.

        One that is corrupt or of a newer schema has the form `UNREADABLE` and no text.
        """

    def summary_page(self, after: str, limit: int) -> Sequence[SummaryRow]:
        """Read the first `limit` summaries after a `summary_place` ("": from the first)."""

    def summary_place(self, service: str, endpoint: str) -> str:
        """Return where a summary lies, or would: places sort as `summary_page` does.

        Makes no request.
        """

    def live_summaries(self) -> Sequence[SummaryRow]:
        """Read the summaries that say that something is live, without their texts."""

    def put_summary(self, row: SummaryRow) -> None:
        """Write a service's summary over whatever is there."""

    def mend_summary(self, row: SummaryRow) -> bool:
        """Write a summary only if the one there still has `row.version` ("": none is there).

        False where it moved: whoever wrote it knew more.
        """

    def drop_summary(self, row: SummaryRow) -> bool:
        """Delete a summary only if it still has `row.version`; False when it moved."""

    def mark_tick(self, at: datetime, rounds: Sequence[Round] = (), *, quiet: bool = False) -> None:
        """Mark that the timer's tick ran, in a row of its own that `live` leaves out.

        `quiet`: it found nothing due. `rounds` are written in the same transaction; rounds of other
        kinds stay as they are.
        """

    def put_rounds(self, rounds: Sequence[Round]) -> None:
        """Write where rounds stand, as `mark_tick` does, without a mark: no timer's tick ran."""

    def clocks(self) -> Clocks:
        """Read when the timer's tick was last marked, and when the second clock's was asked for.

        Raises:
            UnreadableRowError: The row is corrupt or of a newer schema.
        """

    def second_tick(self, at: datetime, expected: Version | None) -> bool:
        """Note that the second clock asks for a tick, if the row of `clocks` has not moved since.

        `expected` None: if there is still none. The timer's mark stays as it is. False: the timer
        or another invocation was first.
        """

    def rounds(self) -> Sequence[Round]:
        """Read where the slow rounds stand: one of each kind that ever began.

        One that is corrupt or of a newer schema is left out: it begins again.
        """

    def suspension(self) -> tuple[SuspensionOfAll, Version | None]:
        """Read the order about all services, a row beside the tick's mark, and its version.

        An empty one and None where there never was an order.

        Raises:
            UnreadableRowError: The row is corrupt or of a newer schema.
        """

    def put_suspension(self, row: SuspensionOfAll, expected: Version | None) -> None:
        """Write that row if its version still is `expected`; None: if there is none yet.

        Raises:
            StaleRowError: Another order was first.
            UnknownOutcomeError: Sent, but the answer was lost.
            RowTooLargeError: Refused before sending.
        """


@dataclass(frozen=True)
class WakeGroup:
    """Endpoints that one message wakes, after `delay`."""

    endpoints: tuple[str, ...]
    delay: timedelta


@dataclass(frozen=True)
class NotPut:
    """A message that the queue did not take, and why."""

    group: WakeGroup
    reason: str


class WorkQueue(Protocol):
    """Wake-ups for endpoints."""

    def wake(
        self,
        endpoint: str,
        *,
        delay: timedelta,
        chain_ends: datetime | None,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        """Put a wake-up; `chain_ends` None begins no chain (the door's first wake-up).

        `suspended`: an order about all services was seen, so that the pass must read it.
        `waits_since`: when the look that it asks for first asked for its turn; None: not yet.

        Raises:
            StoreUnavailableError: The queue did not take it.
        """

    def wake_all(
        self, groups: Sequence[WakeGroup], *, suspended: bool, within: timedelta
    ) -> Sequence[NotPut]:
        """Put a wake-up for each group, several at a time, in about this order.

        A put that fails keeps no other from being made. After `within` none is begun.

        Returns:
            What the queue did not take; it may have taken one whose answer was lost.
        """

    def wake_due(self) -> None:
        """Put a message that has whoever takes it wake what is due: the second clock's tick.

        Raises:
            StoreUnavailableError: The queue did not take it.
        """

    def check(self) -> None:
        """Ask the queue for a sign of life.

        Raises:
            StoreUnavailableError: It gives none.
        """


class EventQueue(Protocol):
    """The queue of `ModelRegistered` events, where Event Grid fills one."""

    def put_back(self, content: bytes, *, delay: timedelta) -> None:
        """Put a failed message back unchanged; it becomes visible after `delay`.

        Raises:
            StoreUnavailableError: The queue did not take it.
        """

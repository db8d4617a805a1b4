"""History, minutes and offers of one service, page by page. A page costs the same anywhere."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferRecord
from rollout.core.records.pages import HistoryPage, MinutesPage, OffersPage
from rollout.core.records.rollout import NO_ROLLOUT, Current
from rollout.errors import InvalidInputError
from rollout.service.dependencies import Dependencies
from rollout.service.directory import Directory

NOT_FOUND = 404
RECORDS_READ = 1000
"""Of a rollout's minutes at once; a minute has several where probes or answers belong to it."""

ENTRIES_READ, MARKS_PAGES = 200, 5
"""How many entries are searched for marks at once, and how often: alerts come in floods, and a
rollout has a few steps."""

MARKS = frozenset({"PhaseChanged", "Held", "HoldLifted", "Commanded"})
"""The kinds of entries that a plot marks."""

_BETWEEN = ":"
"""Between model and version in an offers page's `after`: no version has one."""


class Paging:
    """The doors for pages. They save nothing and ask nothing of Azure."""

    def __init__(self, ports: Dependencies, directory: Directory) -> None:
        self._ports = ports
        self._directory = directory

    def history(
        self, service: str, rollout: str | None, before: int | None, limit: int
    ) -> HistoryPage:
        """A rollout's entries, oldest first: the latest `limit`, or those numbered below `before`.

        `rollout` None: the latest one.

        Raises:
            InvalidInputError: There is no such service, or the rollout left no entry (404).
        """
        endpoint, current = self._row(service)
        named = rollout or _latest(current)
        end = before
        if current is not None and named == current.rollout_id:
            # What lies beyond the end that the row knows is damage, and no fact.
            end = min(before or current.sequence + 1, current.sequence + 1)
        entries = self._ports.store.history(endpoint, named, limit, before=end)
        if rollout and not entries and before is None:
            raise _unknown(service, rollout)
        first = entries[0].sequence if entries else 1
        return HistoryPage(named, entries, first if first > 1 else None)

    def minutes(
        self, service: str, rollout: str | None, after: datetime | None, limit: int
    ) -> MinutesPage:
        """What the gate folded in the first `limit` minutes that come later than `after`.

        Raises:
            InvalidInputError: As `history`.
        """
        endpoint, current = self._row(service)
        named = rollout or _latest(current)
        found = self._ports.store.minutes(endpoint, named, after=after, limit=RECORDS_READ)
        minutes = [tuple(of) for _, of in groupby(found, key=lambda record: record.minute)]
        cut = len(found) == RECORDS_READ
        if cut and len(minutes) > 1:
            # The last minute's records may go on beyond what was read.
            del minutes[-1]
        more = cut or len(minutes) > limit
        page = minutes[:limit]
        last = page[-1][0].minute if page and more else None
        own = current is not None and named == current.rollout_id
        first = self._first(endpoint, named)
        if rollout and first is None and not own:
            raise _unknown(service, rollout)
        marks = self._marks(endpoint, named, current if own else None, after, last)
        candidate = str(first.data.get("candidate", "")) if first is not None else ""
        return MinutesPage(named, candidate, page, marks, last)

    def offers(self, service: str, after: str, limit: int) -> OffersPage:
        """What became of the versions that were offered, from the one after `after` on.

        Raises:
            InvalidInputError: There is no such service (404), or `after` is no such mark.
        """
        mark = read_mark(after)
        endpoint, _ = self._row(service)
        found = self._ports.store.offers(endpoint, after=mark, limit=limit + 1)
        page = tuple(found[:limit])
        return OffersPage(page, mark_of(page[-1]) if len(found) > limit else None)

    def _row(self, service: str) -> tuple[str, Current | None]:
        endpoint, stored = self._directory.row_of(service)
        return endpoint, None if stored is None else stored.current

    def _first(self, endpoint: str, rollout: str) -> HistoryEntry | None:
        """A rollout's first entry, which names its candidate."""
        return next(iter(self._ports.store.history(endpoint, rollout, 1, before=2)), None)

    def _marks(
        self,
        endpoint: str,
        rollout: str,
        current: Current | None,
        after: datetime | None,
        until: datetime | None,
    ) -> Sequence[HistoryEntry]:
        """The entries that mark steps, later than `after` and not later than `until`."""
        found: list[HistoryEntry] = []
        before = None if current is None else current.sequence + 1
        for _ in range(MARKS_PAGES):
            page = self._ports.store.history(endpoint, rollout, ENTRIES_READ, before=before)
            found = [*(entry for entry in page if entry.kind in MARKS), *found]
            if not page or page[0].sequence == 1 or (after is not None and page[0].at <= after):
                break
            before = page[0].sequence
        return [
            entry
            for entry in found
            if (after is None or entry.at > after) and (until is None or entry.at <= until)
        ]


def read_mark(after: str) -> tuple[str, str] | None:
    """Read a page's `after`: a model and a version, None for "".

    Raises:
        InvalidInputError: It is no such mark.
    """
    model, between, version = after.rpartition(_BETWEEN)
    if after and not between:
        raise InvalidInputError('"after" must be what the page before ended with.')
    return (model, version) if after else None


def mark_of(record: OfferRecord) -> str:
    """Return what `read_mark` reads."""
    return f"{record.offer.model}{_BETWEEN}{record.offer.version}"


def _latest(current: Current | None) -> str:
    return NO_ROLLOUT if current is None else current.rollout_id


def _unknown(service: str, rollout: str) -> InvalidInputError:
    text = f"{service} has no rollout {rollout}: its history and its offers name those it had"
    return InvalidInputError(text, status=NOT_FOUND)

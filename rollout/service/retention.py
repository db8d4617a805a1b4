"""Deletes what is older than its retention: a slice of one endpoint's rows at a time."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from rollout.core.records.retention import old_history, old_minutes, old_offers
from rollout.core.records.rounds import RoundKind
from rollout.errors import UnreadableRowError
from rollout.service.dependencies import Dependencies, Limits
from rollout.service.directory import Directory
from rollout.service.known import Known, KnownEndpoint
from rollout.service.rounds import Notes, Step, Then
from rollout.service.together import together

SLICE = 100
"""Rows read and deleted at once: one transaction of Table Storage."""


@dataclass(frozen=True)
class _Place:
    """Where the work on one endpoint stands: the offer after which its next page begins."""

    endpoint: str
    after: tuple[str, str] | None = None


class Pruner:
    """The round that deletes old rows of every known endpoint.

    The next endpoints are reached once those before have nothing left to delete. How far the offers
    of one were read is a cache of this process: losing it costs that they are read again.
    """

    kind = RoundKind.RETENTION

    def __init__(self, ports: Dependencies, limits: Limits, directory: Directory) -> None:
        self.rhythm = limits.prune
        self._ports = ports
        self._kept = limits.retention
        self._at_once = limits.at_once
        self._known = Known(ports, limits, directory)
        self._cached_after = ""
        self._cached_chunk: list[KnownEndpoint] = []
        self._cached_unfinished: list[_Place] = []

    def step(self, after: str, notes: Notes, *, skip: bool) -> Step:
        """Take a slice of each of the next few endpoints, or another one where there is more."""
        if not self._cached_unfinished or self._cached_after != after:
            self._cached_chunk = self._known.following(after, notes.now)
            if not self._cached_chunk:
                return Step(after, Then.OVER)
            names = dict.fromkeys(each.endpoint for each in self._cached_chunk)
            self._cached_unfinished = [_Place(endpoint) for endpoint in names]
            self._cached_after = after
            self._known.done(self._cached_chunk)
        take = partial(self._taken, now=notes.now, skip=skip)
        following = together(take, self._cached_unfinished, self._at_once)
        self._cached_unfinished = [place for place in following if place is not None]
        return Step(after if self._cached_unfinished else self._cached_chunk[-1].place)

    def _taken(self, place: _Place, *, now: datetime, skip: bool) -> _Place | None:
        """Take a slice; return where the next one begins, None where nothing is left."""
        try:
            return self._slice(place, now)
        except Exception as error:
            # A damaged row will be no better at the next tick.
            if not skip and not isinstance(error, UnreadableRowError):
                raise
            self._ports.log.info("old rows stay", endpoint=place.endpoint, reason=str(error))
            return None

    def _slice(self, place: _Place, now: datetime) -> _Place | None:
        store, endpoint = self._ports.store, place.endpoint
        stored = store.load(endpoint)
        if stored is None:
            return None
        current = stored.current
        history = old_history(store.history_after(endpoint, "", SLICE), current, self._kept, now)
        minutes = old_minutes(store.oldest_minutes(endpoint, SLICE), current, self._kept, now)
        page = store.offers(endpoint, after=place.after, limit=SLICE)
        offers = old_offers(page, current, self._kept, now)
        if history:
            store.prune(endpoint, history=history)
        if minutes:
            store.prune(endpoint, minutes=minutes)
        if offers:
            store.prune(endpoint, offers=offers)
        sent = self._ports.deliveries.prune(endpoint, now - self._kept.messages, SLICE)
        after = (page[-1].offer.model, page[-1].offer.version) if len(page) == SLICE else None
        if after or SLICE in (len(history), len(minutes), sent):
            return _Place(endpoint, after)
        return None

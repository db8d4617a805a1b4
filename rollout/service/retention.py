"""Deletes what is older than its retention: a slice of one endpoint's rows at a time."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rollout.core.records.retention import old_history, old_minutes, old_offers
from rollout.errors import RolloutError
from rollout.service.dependencies import Dependencies, Limits

SLICE = 100
"""Rows read and deleted at once: one transaction of Table Storage."""


@dataclass(frozen=True)
class _Place:
    """Where the round stands: an endpoint, and the offer after which its next page begins."""

    endpoint: str
    after: tuple[str, str] | None = None


class Pruner:
    """A round over all endpoints, cut into slices for the tick.

    What it remembers is a cache of this process: losing it costs a round begun again.
    """

    def __init__(self, ports: Dependencies, limits: Limits) -> None:
        self._ports = ports
        self._kept = limits.retention
        self._slices = limits.pruned_a_tick
        self._cached_round: deque[_Place] = deque()

    def begin(self, endpoints: Iterable[str]) -> None:
        """Begin a round, unless one is still under way."""
        if not self._cached_round:
            self._cached_round.extend(_Place(endpoint) for endpoint in sorted(set(endpoints)))

    def go_on(self, now: datetime) -> None:
        """Take a few slices; an endpoint with more to delete comes again in the same round."""
        for _ in range(min(self._slices, len(self._cached_round))):
            place = self._cached_round.popleft()
            try:
                following = self._slice(place, now)
            except RolloutError as error:
                self._ports.log.info("old rows stay", endpoint=place.endpoint, reason=str(error))
                continue
            if following is not None:
                self._cached_round.append(following)

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

"""Announcing history: the rows are the outbox, `Current.published` is how far it was emptied."""

from collections.abc import Sequence
from dataclasses import replace

from rollout.core.records.history import HistoryEntry
from rollout.core.records.rollout import Current
from rollout.errors import LifecycleTopicError, StoreUnavailableError
from rollout.ports import Stored
from rollout.service.dependencies import Dependencies, Limits


class Outbox:
    """One pass's view of an endpoint's outbox.

    It remembers what the pass wrote: where all before that was announced, the table need not be
    read.
    """

    def __init__(self, ports: Dependencies, limits: Limits, stored: Stored | None) -> None:
        self._ports = ports
        self._batch = limits.publish_batch
        self._empty_before = stored is None or is_announced(stored.current)
        self._written: list[HistoryEntry] = []

    def add(self, entries: Sequence[HistoryEntry]) -> None:
        """Note what a commit stored."""
        self._written.extend(entries)

    def announce(self, current: Current) -> Current:
        """Announce what was not announced yet; return the record that says how far that went.

        Whatever fails is left to the next pass: a repeated announcement has the same event id.
        """
        if is_announced(current):
            return current
        try:
            entries = self._unannounced(current)
            self._ports.lifecycle.publish(current.endpoint, current.service, entries)
        except (LifecycleTopicError, StoreUnavailableError) as error:
            self._ports.log.info(
                "history is not announced yet", endpoint=current.endpoint, reason=str(error)
            )
            return current
        return replace(current, published=entries[-1].key) if entries else current

    def _unannounced(self, current: Current) -> Sequence[HistoryEntry]:
        if self._empty_before and len(self._written) <= self._batch:
            return self._written
        return self._ports.store.history_after(current.endpoint, current.published, self._batch)


def is_announced(current: Current) -> bool:
    """Say whether all history of the endpoint was announced."""
    return current.head == current.published

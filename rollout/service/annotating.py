"""Marks on somebody's charts: best effort, and never in the way of messages or of a pass."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rollout.core.messages import Happened, annotation_of
from rollout.errors import RolloutError
from rollout.ports import Annotations, Log

TIMEOUT = timedelta(seconds=3)
"""For the one call; Event Grid waits for the function's answer meanwhile."""


Taker = Callable[[Happened, Mapping[str, Any], datetime], None]


class Annotator:
    """Marks phase changes, where a component is named (`annotations` None: it is not)."""

    def __init__(self, annotations: Annotations | None, log: Log) -> None:
        self._annotations = annotations
        self._log = log

    def before(self, then: Taker) -> Taker:
        """Return what marks an event and then hands it on, whatever became of the mark."""

        def take(happened: Happened, event: Mapping[str, Any], now: datetime) -> None:
            self.mark(happened)
            then(happened, event, now)

        return take

    def mark(self, happened: Happened) -> None:
        """Mark one event, if it makes a mark. A failure is logged, and the mark is not made."""
        annotation = annotation_of(happened)
        if self._annotations is None or annotation is None:
            return
        try:
            self._annotations.put(annotation, timeout=TIMEOUT.total_seconds())
        except RolloutError as error:
            self._log.info("no annotation was made", event=happened.id, reason=str(error))

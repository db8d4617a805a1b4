"""Who makes the view that a summary keeps: the store and the service only carry it."""

from datetime import datetime
from typing import Protocol

from rollout.core.records.rollout import Current


class Summarizer(Protocol):
    """Makes the view that the list shows."""

    @property
    def form(self) -> int:
        """The number of the view's form; another number is another form."""

    def text(
        self,
        service: str,
        endpoint: str | None,
        current: Current | None,
        now: datetime,
        *,
        fault: str = "",
    ) -> str:
        """Return one service's view as JSON.

        Args:
            service: The service.
            endpoint: Its endpoint; None where its files do not say.
            current: Its owner row; None where there is none, or none that can be read.
            now: The moment that ages in it are told from.
            fault: Why the row or the service's files cannot be used.
        """

    def patched(self, text: str, service: str, fault: str) -> str:
        """Return the view of `text` under another name, or with a fault of the service's files."""

    def suspended(self, text: str) -> bool:
        """Say whether the view of `text` shows the service suspended."""

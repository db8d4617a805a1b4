"""What the owner row remembers of alerts, so that a flood of them stays small."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class NotedAlert:
    """An alert that has a history row: which one, what came of it, and when."""

    alert_id: str
    outcome: str
    at: datetime


@dataclass(frozen=True)
class AlertTally:
    """Alerts of the latest rollout. Everything in it is bounded.

    `rows` counts those with a history row, `unwritten` those without one. The second is a lower
    bound: alerts that come faster than the row may be saved for them are not counted either.
    `noted` are the latest with a row, `saves` when alerts that moved nothing last saved the row.
    """

    rows: int = 0
    unwritten: int = 0
    noted: tuple[NotedAlert, ...] = ()
    saves: tuple[datetime, ...] = ()

    def __post_init__(self) -> None:
        if self.rows < 0 or self.unwritten < 0:
            raise ValueError("alerts cannot be fewer than 0")

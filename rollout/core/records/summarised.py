"""What an owner row remembers of its summary, the row that the list of services shows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Summarised:
    """When a save last counted on a summary being written after it, and where the service stood.

    It is an intention: the summary lies in another table, and a crash may come between the two.
    `standing` is `overview.standing.standing` of that moment.
    """

    at: datetime
    standing: str

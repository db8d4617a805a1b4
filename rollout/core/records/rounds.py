"""Where the controller's slow rounds stand: kept in storage, so that a restart goes on with them.

A round looks at every endpoint of its kind, a slice each tick.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollout.text.plain_text import visible_line

MAX_TROUBLES, MAX_TROUBLE_CHARACTERS = 20, 250
"""How many troubles of a round are kept as text, and how much of each; all are counted."""


class RoundKind(StrEnum):
    """The rounds, by what they are for. The value is part of a column's name in storage."""

    LIVE = "live"
    ALL = "all"
    LEFTOVERS = "leftovers"
    RETENTION = "retention"


@dataclass(frozen=True)
class Troubles:
    """What needs an operator: how many endpoints, and the first of them in words."""

    count: int = 0
    texts: tuple[str, ...] = ()

    def __add__(self, other: "Troubles") -> "Troubles":
        texts = (*self.texts, *other.texts)
        return Troubles(self.count + other.count, texts[:MAX_TROUBLES])


def trouble(text: str) -> Troubles:
    """Return one trouble, cut to what is kept."""
    return Troubles(1, (visible_line(text, MAX_TROUBLE_CHARACTERS),))


@dataclass(frozen=True)
class Round:
    """One kind's latest round.

    `after` is the place after which it goes on ("": from the first), None once it is over. `due` is
    when it must be over, so that each endpoint is looked at within the stated period; time in which
    no tick ran is added to it. `at` is when a slice last ended. `late` and `lines`: what was said
    of this round already, its lateness and how many endpoints. `found` are the troubles so far;
    `troubles` those of the round before.
    """

    kind: RoundKind
    began: datetime
    due: datetime
    at: datetime
    after: str | None = ""
    late: bool = False
    lines: int = 0
    found: Troubles = Troubles()
    troubles: Troubles = Troubles()

    @property
    def over(self) -> bool:
        return self.after is None

    @property
    def told(self) -> Troubles:
        """What is known to need an operator: of the round before, until this one is over."""
        return self.found if self.over else self.troubles


def all_troubles(rounds: Sequence[Round]) -> Troubles:
    """Return what the rounds found to need an operator."""
    return sum((each.told for each in rounds), Troubles())

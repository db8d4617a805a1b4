"""Whether operators are told of something at once, and how urgently."""

from enum import Enum, auto


class Told(Enum):
    """How operators hear of what happened; the history has it in any case.

    `NOBODY`: not at once. `NOTICE`: they should know, and need not act. `ATTENTION`: they must act.
    `BY_CAUSE`: as the table of causes says (`machine/telling.py`).
    """

    NOBODY = auto()
    NOTICE = auto()
    ATTENTION = auto()
    BY_CAUSE = auto()

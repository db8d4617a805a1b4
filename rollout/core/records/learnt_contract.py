"""What is known of stable's answers, without any of them: by place, what is always there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Learnt:
    """What is known of one place in stable's answers.

    `kinds` were found there. `always`: wherever its object or list was. `length` is that of every
    list there, -1 where it varies. `unit`: every number was in 0..1, and one strictly inside.
    `sums`: each list of numbers there added up to 1.
    """

    kinds: tuple[str, ...]
    always: bool = True
    length: int = -1
    unit: bool = False
    outside: bool = False
    sums: bool = False


@dataclass(frozen=True)
class LearntContract:
    """What `answers` answers of stable to different inputs had in common, by place."""

    answers: int = 0
    fields: Mapping[str, Learnt] = field(default_factory=dict)

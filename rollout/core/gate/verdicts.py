"""What the gate can conclude."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """`CONTINUE` asks for more minutes; `HOLD` says that more minutes will not tell."""

    ADVANCE = "advance"
    CONTINUE = "continue"
    HOLD = "hold"
    INCONCLUSIVE = "inconclusive"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reason.

    `clean` says that nothing measured so far exceeds a limit; `numbers` are what the sentence
    quotes, as JSON values.
    """

    verdict: Verdict
    text: str
    clean: bool
    numbers: Mapping[str, Any] = field(default_factory=dict)

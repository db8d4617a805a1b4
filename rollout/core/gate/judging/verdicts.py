"""What the gate can conclude."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """`CONTINUE` asks for more minutes; `HOLD` says that something must change first.

    A hold lifts itself when its reason ends; `INCONCLUSIVE` is final for the stage.
    """

    ADVANCE = "advance"
    CONTINUE = "continue"
    HOLD = "hold"
    INCONCLUSIVE = "inconclusive"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reason in one sentence.

    `clean` says that no process leans towards harm and the candidate's own share of failures is
    within the limit; `numbers` are what the sentence quotes, as JSON values. `told` is what
    operators should know of a check that only reports, once the rollout ends well ("": nothing).
    """

    verdict: Verdict
    text: str
    clean: bool
    told: str = field(default="", kw_only=True)
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Doubt:
    """What predictions hold a rollout for: the checks that ask a person, and their sentences."""

    checks: tuple[str, ...]
    text: str

"""What one look concluded, with its sentence and what the row must remember."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollout.core.machine.transitions import Finding
from rollout.core.records.effects import Effect
from rollout.core.records.history import MinuteRecord
from rollout.core.records.rollout import Cause, Rollout


@dataclass(frozen=True)
class Conclusion:
    """`rollout` is the record with this look's memories, before the finding is applied.

    `soon` asks for another look before the next tick; `attention` asks for an operator
    and `notice` tells one, besides what the tables of phases and holds say; `next_step` is
    said with that attention instead of what they have; `planned`
    is for a history row of its own, where what the rollout plans with became known only now.
    `about` names the checks of predictions that ask for the hold. `stopped`: only a halt
    keeps the rollout from going on.
    """

    finding: Finding
    rollout: Rollout
    text: str = ""
    cause: Cause | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    minutes: tuple[MinuteRecord, ...] = ()
    effects: tuple[Effect, ...] = ()
    attention: str = ""
    next_step: str = ""
    notice: str = ""
    planned: Mapping[str, Any] | None = None
    about: tuple[str, ...] = ()
    soon: bool = False
    stopped: bool = False


def barred(rollout: Rollout) -> str:
    """What Azure said to the write that is waited for, to end a sentence with; "": it took it."""
    return f"; Azure refuses it: {rollout.refused.text}" if rollout.refused is not None else ""


def wait(rollout: Rollout, text: str = "", *, soon: bool = False) -> Conclusion:
    return Conclusion(Finding.WAIT, rollout, text, soon=soon)

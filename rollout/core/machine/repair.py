"""Repair of a row that its own history has run ahead of, as after a restore of the tables.

The rows beyond the end are facts that were announced; they are adopted, not removed. What they led
to is not known to the row, so a rollout that could move forward is held for an operator.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rollout.core.machine.decision import Decision
from rollout.core.machine.draft import Draft
from rollout.core.machine.halts import set_hold
from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Current, Hold, HoldReason

TEXT = "the row was behind its history: compare both before you resume"


def adopt(current: Current, beyond: Sequence[HistoryEntry], now: datetime, actor: str) -> Decision:
    """Go on after the rows that the owner row does not know.

    Args:
        current: The row as it is.
        beyond: The latest rollout's rows after `current.head`, oldest first; at least one.
        now: The moment of the repair.
        actor: Who repairs.
    """
    last = beyond[-1]
    behind = replace(current, sequence=last.sequence, head=last.key, damaged="", next_look=None)
    draft = Draft(behind, now)
    rollout = behind.rollout
    if rollout is not None and PHASES[rollout.phase].forward:
        expires = now + rollout.policy.hold_expires
        draft.rollout = set_hold(rollout, Hold(HoldReason.OPERATOR, actor, now, expires, TEXT))
    text = f"{len(beyond)} rows beyond the end were adopted: {TEXT}"
    draft.note("Repaired", text, actor=actor, data={"adopted": len(beyond)})
    return draft.done()

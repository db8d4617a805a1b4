"""The log line of a saved decision: written right after the save, and never in its way."""

from rollout.core.machine.decision import Decision
from rollout.core.overview.decided import decision_line, is_told
from rollout.core.records.rollout import Current
from rollout.service.dependencies import Dependencies

NO_LINE = "a decision has no line"


def tell(ports: Dependencies, before: Current | None, decision: Decision, saved: Current) -> None:
    """Write the line, if the decision has one. Never raises: rollouts do not need it.

    Args:
        ports: The outside world.
        before: The row that the save replaced; None where there was none.
        decision: What was decided.
        saved: The row as it was saved.
    """
    if not is_told(decision):
        return
    try:
        ports.log.decided(decision_line(before, decision, saved))
    except Exception as error:  # noqa: BLE001 - it is saved: whatever is wrong here stops no rollout
        reason = f"{type(error).__name__}: {error}"
        ports.log.info(NO_LINE, endpoint=saved.endpoint, reason=reason)

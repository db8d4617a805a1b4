"""When a verdict is given, and everything that is needed to give it again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate import Judgement, Moment, settled_from
from rollout.core.gate.history.documents import minute_document, moment_document
from rollout.core.machine.bake_window import the_bake
from rollout.core.records.observation import Minute
from rollout.core.records.rollout import Rollout


def moment_of(rollout: Rollout, now: datetime) -> Moment:
    """Return when the rollout's window is judged."""
    bake = the_bake(rollout)
    return Moment(
        now=now,
        counts_from=settled_from(rollout.policy.gate, bake.window_start),
        baked=now - bake.window_start,
        least=rollout.policy.stages[rollout.stage].bake,
    )


def judged_document(
    rollout: Rollout, verdict: Judgement, moment: Moment, provisional: Sequence[Minute] = ()
) -> dict[str, Any]:
    """Return a verdict as JSON values, with what it was given of beside the minutes folded."""
    judged: dict[str, Any] = {
        "verdict": verdict.verdict.value,
        "numbers": dict(verdict.numbers),
        "judged": moment_document(moment),
        "window": the_bake(rollout).window_start.isoformat(),
        "provisional": [minute_document(minute) for minute in provisional],
    }
    if rollout.accepted:
        judged["accepted"] = list(rollout.accepted)
    return judged

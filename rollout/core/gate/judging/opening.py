"""The gate's state as a rollout begins, made from the baseline."""

from collections.abc import Mapping
from typing import Any

from rollout.core.gate.checks.check import RULES_KEY, rules_of
from rollout.core.gate.checks.stage import RULES, History, Stage
from rollout.core.gate.checks.table import TABLE, checks_of
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check, GatePolicy

MIN_MINUTES = 10
"""With fewer minutes of stable's traffic its burstiness is assumed, not estimated."""


NONE: Mapping[str, Any] = {RULES_KEY: RULES, "minutes": 0, "hours": 0.0, "per_minute": 0.0}
"""The baseline of a stable without a request."""


def opened(policy: GatePolicy, known: Mapping[str, Any], planned: float) -> dict[str, Any]:
    """The state at a rollout's start.

    Args:
        policy: The frozen gate policy.
        known: The baseline; `NONE` where stable has no history.
        planned: The most minutes the whole rollout may bake, above 0.
    """
    rules = rules_of(known)
    kinds = {name: row.kind for name, row in TABLE.items() if row.always}
    kinds |= {
        check.name: type(check)
        for check in checks_of(policy)
        if check.name not in TABLE or TABLE[check.name].since <= rules
    }
    memories = {
        name: kind.opened(name, known, policy.correlation_floor) for name, kind in kinds.items()
    }
    # A check that has nothing to compare with takes no room.
    memories = {name: memory for name, memory in memories.items() if memory is not None}
    requests = memories[Check.ERRORS.value].requests
    state = State(
        # History counts scaled down, so its minutes are too.
        known_minutes=requests / known["per_minute"] if known["per_minute"] else 0.0,
        history=History(requests, known.get("errors", {}).get("scale", 1.0)),
        planned=planned,
        memories=memories,
        stage=Stage.begun(-1, 0, None, Stage(), rules),
        rules=rules,
    )
    return state.dump()

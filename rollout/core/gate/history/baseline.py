"""The baseline: what the gate learns of stable from the day before a rollout.

It is a JSON object of its own, so that the history of a rollout holds everything that its
decisions started from.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rollout.core.gate.checks.check import RULES_KEY, Past
from rollout.core.gate.checks.stage import RULES
from rollout.core.gate.checks.table import TABLE
from rollout.core.gate.judging.opening import MIN_MINUTES, NONE
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute
from rollout.units import MINUTE


def baseline(policy: GatePolicy, history: Sequence[Minute]) -> dict[str, Any]:
    """Summarise stable's minutes before the rollout, oldest first; gaps may be left out.

    Returns:
        rules: The version of the arithmetic that the rollout will be judged by; minutes: Minutes
        with requests; hours: from the first to the last of them; per_minute: mean
        requests in minutes of that span; errors, rejected: bad and requests, both multiplied by
        scale, and correlation; latency: per percentile ln of the threshold in ms, shares over it
        and over its limit, and correlation; None where latency is not checked or not known;
        latency_requests: those that were counted for these shares.
    """
    whole = _without_gaps(history)
    sides = [minute.stable for minute in whole]
    present = [side for side in sides if side is not None and side.requests > 0]
    if not present:
        return dict(NONE)
    hours = len(sides) / 60
    enough = len(present) >= MIN_MINUTES
    short = not enough or len(sides) < _minutes(policy.short_history)
    past = Past(whole, policy.correlation_floor if short else 0.0, enough=enough)
    found = {
        RULES_KEY: RULES,
        "minutes": len(present),
        "hours": round(hours, 2),
        "per_minute": sum(side.requests for side in present) / len(sides),
    }
    for row in TABLE.values():
        found.update(row.kind.learnt(policy, past))
    return found


def _without_gaps(history: Sequence[Minute]) -> list[Minute]:
    """Every minute from stable's first to its last with requests, absent ones put in as absent."""
    by_minute = {
        minute.at: minute
        for minute in history
        if minute.stable is not None and minute.stable.requests
    }
    if not by_minute:
        return []
    at, last = min(by_minute), max(by_minute)
    found = []
    while at <= last:
        found.append(by_minute.get(at) or Minute(at, None, None))
        at += MINUTE
    return found


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60

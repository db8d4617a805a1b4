"""What is known of a stable, for forecasts: a day of its traffic, as `baseline` sums it up."""

from datetime import timedelta
from math import erfc, log, sqrt
from typing import Any

from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.checks.stage import RULES
from rollout.core.gate.forecast import growth
from rollout.core.gate.forecast.needs import needs_of
from rollout.core.gate.forecast.planner import Plan, plan
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Stage

STAGES = (Stage(10), Stage(50), Stage(100, timedelta(minutes=60)))


QUANTILES = {0.5: 0.0, 0.9: 1.2816, 0.95: 1.6449, 0.99: 2.3263}


DAY = 24 * 60


def beyond(deviations: float) -> float:
    return erfc(deviations / sqrt(2)) / 2


LOG_NORMAL = [
    [log(100) + 0.5 * z, 1 - quantile, beyond(z + log(1.2) / 0.5), 0.0]
    for quantile, z in QUANTILES.items()
]
"""What would be known of latencies with a median of 100 ms and sigma 0.5."""


def known(per_minute: float, share: float, **changes: Any) -> dict[str, Any]:
    """A day of stable's minutes, as `baseline` sums it up."""
    requests = min(20_000.0, per_minute * DAY)
    counts = {"bad": requests * share, "requests": requests, "correlation": 0.0}
    return {
        "minutes": DAY,
        "hours": 24.0,
        "per_minute": per_minute,
        "errors": {**counts, "correlation": changes.pop("correlation", 0.0)},
        "rejected": counts,
        "latency": LOG_NORMAL,
        "rules": RULES,
        "latency_requests": per_minute * DAY,
        **changes,
    }


TIGHT = GatePolicy(errors=ErrorsCheck(limit=Margin(1.5, 0.01)), max_bake=timedelta(hours=1))
"""The limit and the patience of the design's simulations, whose figures stand below."""


FIVE_POINTS = ErrorsCheck(limit=Margin(1.5, 0.05))


def failures(policy: GatePolicy, of: dict[str, Any], weight: int) -> growth.Need:
    return next(each for each in needs_of(policy, of, Stage(weight)) if each.name == FAILURES)


def planned(of: dict[str, Any], policy: GatePolicy = TIGHT) -> Plan:
    return plan(policy, of, STAGES)

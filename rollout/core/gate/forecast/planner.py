"""Before a rollout starts: how long each stage will take at stable's traffic, and what it can see.

A plan says so for a healthy candidate and warns where the policy cannot be satisfied. It is
arithmetic with expectations (docs/gate.md tells how near it comes) and decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from rollout.core.gate.forecast.remedies import about, nothing_known, rate, warnings
from rollout.core.gate.forecast.stages import StagePlan, forecast
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import Stage

EVEN = 0.5
"""A stage that fewer healthy candidates pass counts as one that cannot be satisfied."""

_DIGITS = 4


@dataclass(frozen=True)
class Plan:
    """`per_minute` are stable's requests; `stages` is empty where it had none."""

    per_minute: float
    hours: float
    share: float
    stages: tuple[StagePlan, ...]
    warnings: tuple[str, ...]

    @property
    def satisfiable(self) -> bool:
        """Whether a healthy candidate is more likely than not to pass every stage in time."""
        return bool(self.stages) and all(each.chance >= EVEN for each in self.stages)

    @property
    def minutes(self) -> float:
        """How long a healthy candidate's rollout lasts, in minutes of the clock."""
        return sum(each.lasts for each in self.stages) if self.stages else inf

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON values; None stands for never and for not at all."""
        return {
            "requestsPerMinute": round(self.per_minute, _DIGITS),
            "historyHours": self.hours,
            "stableShare": round(self.share, 6),
            "satisfiable": self.satisfiable,
            "stages": [each.document() for each in self.stages],
            "warnings": list(self.warnings),
        }

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each stage."""
        return tuple(_sentence(each) for each in self.stages)


@dataclass(frozen=True)
class NoPlan:
    """A forecast that failed: a fault of this product. `why` is one sentence without a full stop.

    A rollout starts all the same, because a plan decides nothing.
    """

    why: str


def plan(policy: GatePolicy, known: Mapping[str, Any], stages: Sequence[Stage]) -> Plan:
    """Plan a rollout.

    Args:
        policy: The gate policy.
        known: What `baseline` returned of stable's history.
        stages: The policy's stages, in order.
    """
    if not known["per_minute"]:
        return Plan(0.0, 0.0, 0.0, (), (nothing_known(policy),))
    plans = [forecast(policy, known, stage, index) for index, stage in enumerate(stages)]
    errors = known["errors"]
    return Plan(
        per_minute=known["per_minute"],
        hours=known["hours"],
        share=errors["bad"] / errors["requests"],
        stages=tuple(plans),
        warnings=tuple(warnings(policy, known, stages, plans)),
    )


def attempt(policy: GatePolicy, known: Mapping[str, Any], stages: Sequence[Stage]) -> Plan | NoPlan:
    """Plan as `plan` does; a fault in the forecast itself is a result, and stops nobody."""
    try:
        return plan(policy, known, stages)
    except Exception as error:  # noqa: BLE001 - a forecast decides nothing, whatever is wrong in it
        return NoPlan(f"the forecast failed ({type(error).__name__}: {error})")


def _sentence(stage: StagePlan) -> str:
    wait = max(stage.needs, key=lambda each: each.minutes)
    sees = "sees no rise of failures"
    if stage.rise is not None:
        sees = f"sees failures from {stage.rise:.2%}"
    if stage.slowdown is not None:
        sees += f" and slowdowns from {stage.slowdown:.2f} times"
    return (
        f"{stage.weight} %: {rate(stage.requests)} requests a minute, {about(stage.lasts)} "
        f"(longest wait: {wait.name}), {stage.chance:.0%} of healthy candidates pass, {sees}"
    )

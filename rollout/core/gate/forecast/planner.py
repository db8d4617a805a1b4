"""Before a rollout starts: how long each stage will take at stable's traffic, and what it can see.

A plan says so for a healthy candidate and warns where the policy cannot be satisfied. It is
arithmetic with expectations (docs/gate.md tells how near it comes) and decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import inf
from typing import Any

from rollout.core.gate.forecast.needs import Place, Probing
from rollout.core.gate.forecast.probing import lacking
from rollout.core.gate.forecast.remedies import about, nothing_known, rate, warnings
from rollout.core.gate.forecast.stages import StagePlan, forecast
from rollout.core.gate.judging.judge import UNLIKELY_QUIET
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import Stage
from rollout.core.policy.quality_model import Quality
from rollout.core.records.outlook import EvidenceFrom
from rollout.units import MINUTE

EVEN = 0.5
"""A stage that fewer healthy candidates pass counts as one that cannot be satisfied."""

BAKE_STEP = timedelta(minutes=30)
"""In such steps a longer `max_bake` is looked for."""

SERIES_END_AFTER = timedelta(hours=1)
"""So long after a deployment's last request its minutes are still there, with zeros: what the
metrics are asked for begins as much earlier."""

_DIGITS = 4


@dataclass(frozen=True)
class Terms:
    """What a plan depends on beside the gate's policy, the stages and stable's history.

    `probing` None: no probes are sent. `room` is the machine time that all stages together may
    take where `max_bake` is left to the plan; None: the policy's stands. `if_clean`: a stage that
    cannot have evidence passes without, if it is clean. `quality` None: no predictions are judged.
    """

    probing: Probing | None = None
    room: timedelta | None = None
    if_clean: bool = False
    quality: Quality | None = None


AS_WRITTEN = Terms()


@dataclass(frozen=True)
class Plan:
    """`per_minute` are stable's requests; `stages` is empty where nothing could bring evidence.

    `max_bake` is the policy's, or longer where that was left to the plan. `unproven`: stages that
    cannot have evidence pass without.
    """

    per_minute: float
    hours: float
    share: float
    stages: tuple[StagePlan, ...]
    warnings: tuple[str, ...]
    max_bake: timedelta
    unproven: bool = False

    @property
    def satisfiable(self) -> bool:
        """Whether a healthy candidate is more likely than not to pass every stage in time."""
        return bool(self.stages) and all(self._passes(each) for each in self.stages)

    def _passes(self, stage: StagePlan) -> bool:
        unproven = self.unproven and stage.source is EvidenceFrom.NOWHERE
        return stage.chance >= EVEN or unproven

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
            "maxBakeMinutes": self.max_bake / MINUTE,
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


def plan(
    policy: GatePolicy,
    known: Mapping[str, Any],
    stages: Sequence[Stage],
    terms: Terms = AS_WRITTEN,
) -> Plan:
    """Plan a rollout.

    Args:
        policy: The gate policy.
        known: What `baseline` returned of stable's history.
        stages: The policy's stages, in order.
        terms: What else it depends on.
    """
    probing = terms.probing if terms.probing is not None and terms.probing.at(0.0) else None
    if not known["per_minute"] and probing is None:
        return Plan(0.0, 0.0, 0.0, (), (nothing_known(policy),), policy.max_bake)
    if terms.room is not None:
        policy = replace(policy, max_bake=_bake(policy, known, stages, probing, terms.room))
    # Silence is not clean, and nothing passes in it.
    heard = probing is not None or not _falls_silent(policy, known)
    unproven = terms.if_clean and heard
    plans = [
        forecast(
            policy,
            known,
            stage,
            index,
            probing=probing,
            if_clean=unproven,
            quality=terms.quality,
        )
        for index, stage in enumerate(stages)
    ]
    errors = known.get("errors", {"bad": 0.0, "requests": 1.0})
    return Plan(
        per_minute=known["per_minute"],
        hours=known["hours"],
        share=errors["bad"] / errors["requests"],
        stages=tuple(plans),
        warnings=tuple(_warnings(policy, known, stages, plans, probing)),
        max_bake=policy.max_bake,
        unproven=unproven,
    )


def attempt(
    policy: GatePolicy,
    known: Mapping[str, Any],
    stages: Sequence[Stage],
    terms: Terms = AS_WRITTEN,
) -> Plan | NoPlan:
    """Plan as `plan` does; a fault in the forecast itself is a result, and stops nobody."""
    try:
        return plan(policy, known, stages, terms)
    except Exception as error:  # noqa: BLE001 - a forecast decides nothing, whatever is wrong in it
        return NoPlan(f"the forecast failed ({type(error).__name__}: {error})")


def _bake(
    policy: GatePolicy,
    known: Mapping[str, Any],
    stages: Sequence[Stage],
    probing: Probing | None,
    room: timedelta,
) -> timedelta:
    """The least `max_bake` from the policy's on with which every stage can have evidence.

    The policy's own where no bake that fits into `room` gives it to all: then time alone is no
    help, and waiting longer would only be longer.
    """

    def enough(steps: int) -> bool:
        longer = replace(policy, max_bake=policy.max_bake + steps * BAKE_STEP)
        places = (Place.of(longer, known, stage) for stage in stages)
        return all(each.source(probing) is not EvidenceFrom.NOWHERE for each in places)

    each = room / len(stages) - policy.settle - policy.ingestion_delay
    most = (each - policy.max_bake) // BAKE_STEP
    if most < 1 or enough(0) or not enough(most):
        return policy.max_bake
    few = 0
    while most - few > 1:
        middle = (few + most) // 2
        few, most = (few, middle) if enough(middle) else (middle, most)
    return policy.max_bake + most * BAKE_STEP


def _falls_silent(policy: GatePolicy, known: Mapping[str, Any]) -> bool:
    """Whether so few requests are usual that some time without any will count as silence."""
    quiet = (SERIES_END_AFTER + policy.stale_limit) / MINUTE
    return bool(known["per_minute"] * quiet < UNLIKELY_QUIET)


def _warnings(
    policy: GatePolicy,
    known: Mapping[str, Any],
    stages: Sequence[Stage],
    plans: Sequence[StagePlan],
    probing: Probing | None,
) -> Iterator[str]:
    if known["per_minute"]:
        yield from warnings(policy, known, stages, plans)
    if all(each.source is not EvidenceFrom.NOWHERE for each in plans):
        return
    if probing is not None:
        if lack := lacking(policy, probing.probes, probing.inputs, known):
            yield lack
        return
    yield (
        "The app could ask both sides itself and compare their answers: name inputs "
        "(probes.inputs), or add sample requests to validate.requests."
    )
    if _falls_silent(policy, known):
        yield (
            "With so little traffic the metrics fall silent now and then for longer than "
            "gate.stale_limit, which holds the rollout for an operator. Probes end such silence."
        )


def _sentence(stage: StagePlan) -> str:
    wait = max(stage.needs, key=lambda each: each.minutes)
    sees = "sees no rise of failures"
    if stage.rise is not None:
        sees = f"sees failures from {stage.rise:.2%}"
    if stage.slowdown is not None:
        sees += f" and slowdowns from {stage.slowdown:.2f} times"
    return (
        f"{stage.shown}: {rate(stage.requests)} requests a minute, {about(stage.lasts)} "
        f"(longest wait: {wait.name}), {stage.chance:.0%} of healthy candidates pass, {sees}"
    )

"""A first policy for an endpoint that is served already: what `rollout init` writes.

It changes as little as it can: `start_on: manual` starts nothing by itself, `create.from: copy`
needs no template. Stages and the limit on failures are the first of `TRIES` with which the forecast
gives a healthy version its evidence at stable's own traffic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from rollout.core.gate import baseline
from rollout.core.gate.forecast.planner import NoPlan, Plan, attempt
from rollout.core.machine.gate_inputs import terms
from rollout.core.policy.gate_model import ErrorsCheck
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.records.observation import Minute
from rollout.core.records.outlook import EvidenceFrom

CAREFUL, MIDDLING, COARSE = (10, 50, 100), (25, 50, 100), (50, 100)
LAST_BAKE = "60m"
DEFAULT_POINTS = ErrorsCheck().limit.points
TRIES: tuple[tuple[tuple[int, ...], float], ...] = tuple(
    (weights, points)
    for points in (DEFAULT_POINTS, 0.05)
    for weights in (CAREFUL, MIDDLING, COARSE)
)
"""Weights of the stages, and `gate.errors.limit.points`, the most careful first."""

_HOUR = 60
_ROUNDED_ABOVE = 100
_NEAR = 2.0
"""A stable side that fails more than the SLO divided by this would soon break it by itself."""

_TEXT = """\
# Written by `rollout init`: a first policy, to be read and changed. Every field: docs/policy.md
endpoint: "{endpoint}"
model:
  name: "{model}"

start_on: manual   # nothing starts by itself: `rollout start {service} --version ...`
create:
  from: copy       # the live deployment with another model; the folder needs no template

# Give it a sample request, without which nothing is asked before clients are:
# validate:
#   requests:
#     - file: sample-request.json
#       expect: {{absent: [error]}}

{planned}
stages:
{stages}
    bake: {bake}

gate:
  errors:
    # To pass a stage, more failures than this must be excluded.
    limit: {{ratio: {ratio:g}, points: {points:.4g}}}
"""
_LITTLE = (
    "So little traffic is no evidence for every stage, which then passes for being clean: send "
    "probes (docs/gate.md). `rollout plan {service}` says what else would help."
)
_NO_SLO = "    slo: false   # stable's own failures come near the default\n"
_NOT_PLANNED = "# Once it has traffic: `rollout plan {service}` says how long this takes."
_PLANNED = """\
# At {rate}, {share:.2%} failed, over {hours:g} h: {lasts}.
# `rollout plan {service}` says it again, with what each stage can see."""


@dataclass(frozen=True)
class Draft:
    """`text` is the file; `says` one sentence about it, `warnings` what else to know."""

    text: str
    says: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Choice:
    """Weights and a limit, and their forecast; None where there is none. `slo`: the default's."""

    weights: tuple[int, ...] = CAREFUL
    points: float = DEFAULT_POINTS
    plan: Plan | None = None

    @property
    def slo(self) -> bool:
        """Whether stable stays so far below the default that it can stand."""
        slo = ErrorsCheck().slo
        return self.plan is None or slo is None or self.plan.share * _NEAR <= slo


def first_policy(service: str, endpoint: str, model: str) -> Policy:
    """Return the policy with the defaults, with which the recent traffic is read.

    Raises:
        ValueError: A name is none that a policy may have; the message says why.
    """
    document = _document(endpoint, model, _Choice())
    policy, faults = parse_policy(ServiceFolder(service, document))
    if policy is None or faults:
        raise ValueError("; ".join(sentence for _, sentence in faults))
    return policy


def draft(policy: Policy, minutes: Sequence[Minute] | None, why_not: str = "") -> Draft:
    """Choose stages and limits.

    Args:
        policy: What `first_policy` returned.
        minutes: Stable's recent minutes; None: not known, and `why_not` says why.
        why_not: One sentence.
    """
    if minutes is None:
        note = f"Stable's traffic is not known ({why_not}): the defaults stand."
        return Draft(_text(policy, _Choice()), "with the defaults", (note,))
    known = baseline(policy.gate, minutes)
    if not known["per_minute"]:
        note = "Stable had no request lately: a stage finds no evidence without traffic or probes."
        return Draft(_text(policy, _Choice()), "without traffic", (note,))
    for weights, points in TRIES:
        choice = _planned(policy, known, weights, points)
        if choice.plan is not None and _is_proven(choice.plan):
            return Draft(_text(policy, choice), _says(choice, choice.plan), _of_slo(choice))
    choice = _planned(policy, known, *TRIES[0])
    if choice.plan is None:
        return Draft(_text(policy, choice), "with the defaults", ("No forecast could be made.",))
    little = _LITTLE.format(service=policy.service)
    warnings = (little, *_of_slo(choice))
    return Draft(_text(policy, choice), _says(choice, choice.plan), warnings)


def _is_proven(plan: Plan) -> bool:
    """Whether a healthy candidate passes each stage with evidence, not for being clean alone."""
    return plan.satisfiable and all(each.source is not EvidenceFrom.NOWHERE for each in plan.stages)


def _says(choice: _Choice, plan: Plan) -> str:
    stages = ", ".join(map(str, choice.weights))
    loose = "" if choice.points == DEFAULT_POINTS else f", limit at {choice.points:.0%} more"
    return f"stages {stages} %{loose}, {_lasts(plan.minutes)} at {_rate(plan)}"


def _planned(
    policy: Policy, known: Mapping[str, Any], weights: tuple[int, ...], points: float
) -> _Choice:
    choice = _Choice(weights, points)
    document = _document(policy.endpoint, policy.model, choice)
    tried, faults = parse_policy(ServiceFolder(policy.service, document))
    if tried is None or faults:
        return choice
    found = attempt(tried.gate, known, tried.stages, terms(tried, 0))
    return replace(choice, plan=None if isinstance(found, NoPlan) else found)


def _document(endpoint: str, model: str, choice: _Choice) -> dict[str, Any]:
    stages: list[dict[str, Any]] = [{"weight": weight} for weight in choice.weights]
    stages[-1]["bake"] = LAST_BAKE
    limit = {"ratio": ErrorsCheck().limit.ratio, "points": choice.points}
    return {
        "endpoint": endpoint,
        "model": {"name": model},
        "start_on": "manual",
        "create": {"from": "copy"},
        "stages": stages,
        "gate": {"errors": {"limit": limit}},
    }


def _text(policy: Policy, choice: _Choice) -> str:
    plan = choice.plan
    planned = _NOT_PLANNED.format(service=policy.service)
    if plan is not None and plan.stages:
        planned = _PLANNED.format(
            rate=_rate(plan),
            share=plan.share,
            hours=plan.hours,
            lasts=_lasts(plan.minutes),
            service=policy.service,
        )
    text = _TEXT.format(
        endpoint=policy.endpoint,
        model=policy.model,
        service=policy.service,
        planned=planned,
        stages="\n".join(f"  - weight: {weight}" for weight in choice.weights),
        bake=LAST_BAKE,
        ratio=ErrorsCheck().limit.ratio,
        points=choice.points,
    )
    return text if choice.slo else text + _NO_SLO


def _of_slo(choice: _Choice) -> tuple[str, ...]:
    if choice.slo or choice.plan is None:
        return ()
    told = (
        f"Stable itself fails {choice.plan.share:.2%} of its requests: gate.errors.slo is off, "
        f"because its default of {ErrorsCheck().slo:.0%} would soon stop every rollout."
    )
    return (told,)


def _rate(plan: Plan) -> str:
    # Above 999 `g` would write 1.22e+03.
    whole = plan.per_minute >= _ROUNDED_ABOVE
    return f"{plan.per_minute:,.{'0f' if whole else '3g'}} requests a minute"


def _lasts(minutes: float) -> str:
    if not isfinite(minutes):
        return "it may never end"
    return f"about {minutes:,.0f} min" if minutes < 2 * _HOUR else f"about {minutes / _HOUR:,.0f} h"

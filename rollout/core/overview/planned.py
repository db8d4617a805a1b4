"""How a rollout that started now would go: the gate's forecast, with what the app itself sends.

The command line prints it and the API answers it: both from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rollout.core.gate import NONE
from rollout.core.gate.forecast.planner import NoPlan, Plan, attempt
from rollout.core.gate.forecast.probing import lacking, minutes_needed
from rollout.core.gate.forecast.remedies import about, rate
from rollout.core.machine.gate_inputs import terms
from rollout.core.policy.model import Policy
from rollout.core.policy.probes_model import ProbesWhen
from rollout.core.predictions.scores import SHARES
from rollout.core.predictions.shares import exact_interval
from rollout.units import MINUTE

A_GOOD_SHARE = 0.9
"""Of right rows, for which a plan says how well a golden set knows it."""


@dataclass(frozen=True)
class ProbesPlanned:
    """What a service's probes can prove by themselves: `inputs` are distinct ones.

    `minutes` of a stage until they alone have, `inf`: never; `lack` says why not, "" where nothing
    is missing.
    """

    inputs: int
    minutes: float
    lack: str

    @property
    def sentence(self) -> str:
        """What a plan says of them."""
        said = f"probes: {self.inputs} inputs; without live traffic they"
        if isfinite(self.minutes):
            return f"{said} prove a stage in about {self.minutes:,.0f} min"
        return f"{said} never prove a stage"

    def document(self) -> dict[str, Any]:
        """Return JSON values; None stands for never."""
        return {
            "inputs": self.inputs,
            "minutes": round(self.minutes, 1) if isfinite(self.minutes) else None,
        }


@dataclass(frozen=True)
class GoldenPlanned:
    """A golden set: `rows` rows, sent in `minutes`; `known` is where a share of 90 % would lie.

    `known` is the exact 95 % interval; None where the metric is no share.
    """

    rows: int
    minutes: float
    known: tuple[float, float] | None

    @property
    def sentence(self) -> str:
        """What a plan says of it."""
        text = f"golden set: {self.rows:,} rows, sent in about {self.minutes:,.0f} min"
        if self.known is None:
            return text
        low, high = (f"{each:.1%}" for each in self.known)
        return f"{text}; a share of {A_GOOD_SHARE:.0%} of them right says {low} to {high}"

    def document(self) -> dict[str, Any]:
        """Return JSON values."""
        known = None if self.known is None else [round(each, 4) for each in self.known]
        return {"rows": self.rows, "minutes": round(self.minutes, 1), "knownTo": known}


@dataclass(frozen=True)
class Planned:
    """A forecast with its `warnings`; `probes` and `golden` None: nothing of that is sent."""

    plan: Plan
    probes: ProbesPlanned | None
    golden: GoldenPlanned | None
    warnings: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the app itself sends, a sentence each."""
        return tuple(each.sentence for each in (self.probes, self.golden) if each is not None)

    @property
    def says(self) -> str:
        """The forecast in one sentence."""
        if not self.plan.stages:
            return self.plan.warnings[0]
        good = f"At {rate(self.plan.per_minute)} requests a minute a good candidate"
        if self.plan.satisfiable:
            return f"{good} passes every stage in {about(self.plan.minutes)}."
        return f"{good} does not pass every stage: the warnings say what to change."

    def document(self) -> dict[str, Any]:
        """Return JSON values; None stands for never, and for not at all."""
        return {
            **self.plan.document(),
            "probes": None if self.probes is None else self.probes.document(),
            "golden": None if self.golden is None else self.golden.document(),
            "warnings": list(self.warnings),
        }


def planned(
    policy: Policy, known: Mapping[str, Any], inputs: int, rows: int = 0
) -> Planned | NoPlan:
    """Plan a rollout under a policy.

    Args:
        policy: The service's policy.
        known: The baseline: what the gate learnt of stable.
        inputs: The distinct inputs of probes that there are.
        rows: The rows of the golden set that there are.
    """
    probes = planned_probes(policy, inputs, known)
    found = attempt(
        policy.gate, known, policy.stages, terms(policy, 0 if probes is None else inputs)
    )
    if isinstance(found, NoPlan):
        return found
    warnings = (*found.warnings, *_deadline(policy, found))
    return Planned(found, probes, planned_golden(policy, rows), warnings)


def planned_probes(
    policy: Policy, inputs: int, known: Mapping[str, Any] = NONE
) -> ProbesPlanned | None:
    """Say what probes can prove with so many inputs; None where none are sent."""
    probes = policy.probes
    if probes is None or probes.when is ProbesWhen.NEVER or not inputs:
        return None
    minutes = minutes_needed(policy.gate, probes, inputs, known)
    return ProbesPlanned(inputs, minutes, lacking(policy.gate, probes, inputs, known))


def planned_golden(policy: Policy, rows: int) -> GoldenPlanned | None:
    """Say what a golden set of so many rows can show; None where there is none."""
    golden = policy.quality.golden if policy.quality is not None else None
    if golden is None or not rows:
        return None
    known = None
    if golden.labelled.metric in SHARES:
        known = exact_interval(round(A_GOOD_SHARE * rows), rows)
    return GoldenPlanned(rows, rows / golden.rate, known)


def _deadline(policy: Policy, found: Plan) -> Iterator[str]:
    allowed = policy.deadline / MINUTE
    if found.stages and found.minutes > allowed:
        yield (
            f"All stages together take longer than the deadline of {allowed:,.0f} min: the rollout "
            "would be held. Raise `deadline`."
        )

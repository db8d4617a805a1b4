"""How many inputs and minutes the evidence takes where probes alone must provide it.

Like every forecast it is arithmetic with expectations: what an average pair of a healthy candidate
adds, times the pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, erfc, inf, log, sqrt
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value
from rollout.core.gate.algebra.dispersion import spread
from rollout.core.gate.algebra.latency import EVIDENCE_POINTS
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.algebra.streams import Stream, line
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.judging.opening import NONE, opened
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.combining import ON_LIVE
from rollout.core.gate.probing.memory import ASSUMED
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.probes_document import MAX_REPEATS
from rollout.core.policy.probes_model import Probes

COMFORT = 1.4
"""Inputs that are worth so many times the pairs needed let nearly every healthy candidate pass; at
exactly the pairs needed chance decides."""

_BEGIN = log(2) + log(3)
"""What a stage's evidence begins below its alternatives: half of the money waits, and three share
the rest."""


@dataclass(frozen=True)
class PairsNeeded:
    """`worth` is how many pairs, no input counted more than `repeats` times, prove `name`.

    `growth` is what one of them adds, in ln and on average, `varies` its standard deviation;
    `target` what is needed, in ln.
    """

    name: str
    growth: float
    varies: float
    target: float

    @property
    def worth(self) -> float:
        return self.target / self.growth if self.growth > 0 else inf

    def sent(self, most: float) -> float:
        """Pairs to send where they count as `most` at most; `inf`: that many are never enough."""
        if self.growth <= 0:
            return inf
        whole = (self.target + _BEGIN) / self.growth
        if whole <= most:
            return whole
        spare = most * self.growth - self.target
        return most * _BEGIN / spare if spare > 0 else inf

    def given(self, most: float, sent: float) -> float:
        """Ln of the evidence to expect of so many pairs sent that count as `most`; 0 or more."""
        if not sent:
            return 0.0
        return max(min(1.0, most / sent) * (sent * self.growth - _BEGIN), 0.0)

    def chance(self, most: float, sent: float) -> float:
        """How likely so many pairs prove it for a healthy candidate, by the normal approximation.

        Only the last pass counts here; a candidate may pass at any, so a few more do.
        """
        if self.growth <= 0 or not sent:
            return 0.0
        least = self.target / min(1.0, most / sent) + _BEGIN
        away = (sent * self.growth - least) / (self.varies * sqrt(sent))
        return erfc(-away / sqrt(2)) / 2


def pairs_needed(
    policy: GatePolicy, probes: Probes, known: Mapping[str, Any] = NONE
) -> tuple[PairsNeeded, ...]:
    """What each test of a stage takes of probes alone.

    Args:
        policy: The gate policy.
        probes: The policy of probes.
        known: The baseline, for stable's bursts and the shape of its latency; without it the usual
            shape is assumed.
    """
    return tuple(needed_of(policy, State.load(opened(policy, known, 1.0)), float(probes.rate)))


def inputs_needed(
    policy: GatePolicy, probes: Probes, known: Mapping[str, Any] = NONE
) -> int | None:
    """The distinct inputs with which nearly every healthy candidate passes; None: no number of
    them.
    """
    worth = max((each.worth for each in pairs_needed(policy, probes, known)), default=0.0)
    return None if worth == inf else ceil(COMFORT * worth / probes.repeats)


def minutes_needed(
    policy: GatePolicy, probes: Probes, inputs: int, known: Mapping[str, Any] = NONE
) -> float:
    """The minutes of a stage until probes alone have proved everything; `inf`: never."""
    most = float(inputs * probes.repeats)
    sent = max((each.sent(most) for each in pairs_needed(policy, probes, known)), default=0.0)
    return sent / probes.rate


def lacking(
    policy: GatePolicy, probes: Probes, inputs: int, known: Mapping[str, Any] = NONE
) -> str:
    """Why so many inputs do not suffice where there is no traffic, and what would; "": they do."""
    needed = inputs_needed(policy, probes, known)
    if needed is None:
        return "With this gate probes alone never let a stage pass, however many inputs there are."
    if inputs >= needed:
        return ""
    worst = max(pairs_needed(policy, probes, known), key=lambda each: each.worth)
    repeats = ceil(COMFORT * worst.worth / inputs)
    trust = f" (or probes.repeats {repeats}, which trusts each of them more)"
    return (
        f"Without live traffic a stage needs about {COMFORT * worst.worth:,.0f} pairs of probes "
        f"for its evidence on {worst.name}, and {_inputs(inputs)}, counted {probes.repeats} times "
        f"each, can be worth {inputs * probes.repeats}: have {needed} distinct inputs"
        f"{trust if repeats <= MAX_REPEATS else ''}."
    )


def _inputs(count: int) -> str:
    return f"{count} input" if count == 1 else f"{count} inputs"


def needed_of(policy: GatePolicy, state: State, rate: float) -> Iterator[PairsNeeded]:
    """What each test takes at so many pairs a minute, by a state that has begun from a baseline."""
    needed = log(1 / policy.budget.advance)
    if Check.ERRORS not in policy.observe_only:
        limit, share = line(policy.errors.limit), Stream.opened(ASSUMED, 0.0).stable_share
        few, steps = spread(rate, state.errors.correlation), evidence.ERROR_STEPS
        yield PairsNeeded(FAILURES, *_growth(limit, (share, share), steps, few), needed)
    if policy.latency is None or Check.LATENCY in policy.observe_only:
        return
    for name, points, each in zip(NAMES, EVIDENCE_POINTS, state.latency.thresholds, strict=False):
        best = min(each.share_limit, each.share)
        few, steps = spread(rate, each.correlation), evidence.LATENCY_STEPS
        # Live requests prove nothing here, and their part of the money is lost.
        target = needed - log(1 - ON_LIVE)
        yield PairsNeeded(name, *_growth(Line(1.0, points), (best, each.share), steps, few), target)


def _growth(
    limit: Line, healthy: tuple[float, float], steps: Sequence[float], few: float
) -> tuple[float, float]:
    """What a pair of a healthy candidate adds in ln to the alternative it helps most.

    `healthy` are the candidate's share of bad answers, against the limit, and stable's; `few` is
    what counts are divided by. Returns the mean and the standard deviation of one pair.
    """
    best, share = healthy
    most = limit.at(share)

    def added(step: float, candidate: float, stable: float) -> float:
        alternative = (best + step * (most - best), share)
        return log_e_value(limit, alternative, Counts(1.0, candidate), Counts(1.0, stable))

    step = max(steps, key=lambda step: added(step, best, share))
    neither = added(step, 0.0, 0.0)
    variance = sum(
        (each - neither) ** 2 * chance * (1 - chance)
        for each, chance in ((added(step, 1.0, 0.0), best), (added(step, 0.0, 1.0), share))
    )
    return added(step, best, share) / few, sqrt(variance / few)

"""What a stage needs to judge predictions, and what difference it can see.

Like every forecast it is arithmetic with expectations: what an average answer of a candidate with a
given fault adds to the very bets that will judge it, times the answers. An answer to a probe counts
once for each distinct input of the whole rollout, so what a stage has are the inputs compared until
its end; collected outputs come with its live requests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, log, log1p
from typing import Any

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_mean_exp
from rollout.core.gate.algebra.betting import log_harm, log_proof
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.mixture import ALTERNATIVES
from rollout.core.gate.algebra.streams import Stream, one_sided
from rollout.core.gate.algebra.variation import LEAST_OUTPUTS
from rollout.core.gate.algebra.variation import alternatives as spread_alternatives
from rollout.core.gate.forecast.growth import Traffic, growth, smallest, threshold
from rollout.core.gate.forecast.needs import Place, Probing
from rollout.core.gate.quality.answers import MISSED, proof_values
from rollout.core.gate.quality.inputs import asks_twice
from rollout.core.gate.quality.live import ASSUMED, NOT_MEANT
from rollout.core.gate.quality.losses import LIMIT, TOLERATED
from rollout.core.policy.gate_model import Budget, GatePolicy
from rollout.core.policy.quality_model import Compared, Difference, Live, Quality

LOOKS_BEFORE_TRAFFIC = 2
"""Passes of probes before the first weight."""

USUALLY_WRONG = 0.02
"""Assumed where labels are scored: of so many inputs one side alone is wrong by chance."""

A_CLEAR_SHIFT = 0.20
"""The total variation that a plan says the outputs for: half a standard deviation of a score."""

_MOST_DISTANCE = 0.95
_MOST_NEEDED = 1e6
_DIGITS = 4


@dataclass(frozen=True)
class Needed:
    """What one question takes of one kind of observation.

    `has` is what there will be by the end of the stage, `to_pass` what a good candidate needs
    (None: nothing is asked), `finds` the smallest difference that will be seen as likely as not
    (None: none is).
    """

    has: float
    to_pass: float | None
    finds: float | None

    def document(self) -> dict[str, Any]:
        """Return JSON values; None stands for never and for not at all."""
        return {
            "has": round(self.has, 1),
            "toPass": None
            if self.to_pass is None or not isfinite(self.to_pass)
            else round(self.to_pass, 1),
            "finds": None if self.finds is None else round(self.finds, _DIGITS),
        }


@dataclass(frozen=True)
class PredictionsAhead:
    """A stage's forecast. None: the policy does not ask, or nothing can answer.

    `pairs` and `labelled` are distinct inputs; `finds` is a share of different answers, and how
    much more the candidate loses on average. `outputs` are the candidate's collected answers; its
    `finds` is a total variation, and `to_pass` are those that `A_CLEAR_SHIFT` is seen in. `bodies`
    finds a share of answers that are not what every answer must be.
    """

    pairs: Needed | None = None
    labelled: Needed | None = None
    outputs: Needed | None = None
    bodies: Needed | None = None

    def document(self) -> dict[str, Any]:
        named = {
            "pairs": self.pairs,
            "labelledRows": self.labelled,
            "outputs": self.outputs,
            "bodies": self.bodies,
        }
        return {name: None if each is None else each.document() for name, each in named.items()}


@dataclass(frozen=True)
class Inputs:
    """What probes bring: `inputs` distinct ones, of which `compared` by the end of the stage."""

    inputs: int
    compared: float


def predictions_ahead(
    place: Place, index: int, quality: Quality, probing: Probing | None
) -> PredictionsAhead:
    """Say what a stage will know of predictions by the end of `max_bake`.

    Args:
        place: The stage.
        index: Its place among the stages.
        quality: What is judged of predictions.
        probing: The probes that the rollout may send.
    """
    budget, traffic = place.policy.budget, place.traffic
    inputs = _inputs(place, index, quality, probing)
    pairs = labelled = outputs = bodies = None
    if inputs is not None:
        decides = quality.difference is not Difference.EXPECTED
        pairs = _pairs(budget, quality.compared, inputs, decides=decides)
        if quality.probed is not None:
            labelled = _labelled(budget, inputs)
    if quality.live is not None and traffic.minutes:
        correlation = place.state.errors.correlation
        collected = _Collected(place.policy, quality.live, traffic, place.within, correlation)
        outputs = collected.outputs() if quality.live.outputs else None
        bodies = collected.bodies()
    return PredictionsAhead(pairs, labelled, outputs, bodies)


def _inputs(place: Place, index: int, quality: Quality, probing: Probing | None) -> Inputs | None:
    """What is compared until then: where answers decide or are scored, at any traffic."""
    if probing is None or probing.at(0.0) is None:
        return None
    wanted = quality.difference is not Difference.EXPECTED or quality.probed is not None
    if not wanted and probing.at(place.requests) is None:
        return None
    minutes = LOOKS_BEFORE_TRAFFIC + (index + 1) * place.within
    sent = min(probing.probes.rate * minutes, float(probing.probes.max))
    return Inputs(probing.inputs, min(sent, float(probing.inputs)))


def _pairs(budget: Budget, compared: Compared, inputs: Inputs, *, decides: bool) -> Needed:
    needed = _enough(proof_values(compared.limit, Counts(1.0, 0.0)), budget.advance)
    twice = sum(asks_twice(place) for place in range(round(inputs.compared)))

    def found(share: float) -> bool:
        each = max(one_sided(compared.tolerance, Counts(1.0, share)), default=0.0)
        # A stable that is as random must have shown it.
        known = share >= 1 or twice * log1p(-share) <= log(MISSED)
        return known and inputs.compared * each >= _harm(budget.answers)

    finds = smallest(found, compared.tolerance, 1.0)
    # Where all inputs were compared the share is known, and nothing has to be inferred.
    to_pass = min(needed, float(inputs.inputs)) if decides else None
    return Needed(inputs.compared, to_pass, finds)


def _labelled(budget: Budget, inputs: Inputs) -> Needed:
    needed = _enough(_per_label(log_proof, LIMIT, worse=0.0), budget.advance)
    to_pass = min(needed, float(inputs.inputs))

    def found(worse: float) -> bool:
        each = max(_per_label(log_harm, TOLERATED, worse=worse))
        return inputs.compared * each >= _harm(budget.losses)

    return Needed(inputs.compared, to_pass, smallest(found, TOLERATED, 1 - 2 * USUALLY_WRONG))


def _per_label(
    values: Callable[[Sequence[float], float], list[float]], limit: float, *, worse: float
) -> list[float]:
    """What an average labelled input adds in ln, where the candidate alone errs so much more."""
    lost, won, even = (values([each], limit) for each in (1.0, -1.0, 0.0))
    alone = USUALLY_WRONG + worse
    return [
        alone * each[0] + USUALLY_WRONG * each[1] + (1 - alone - USUALLY_WRONG) * each[2]
        for each in zip(lost, won, even, strict=True)
    ]


@dataclass(frozen=True)
class _Collected:
    """What the data collectors bring in `within` minutes at this traffic."""

    policy: GatePolicy
    live: Live
    traffic: Traffic
    within: float
    correlation: float

    @property
    def has(self) -> float:
        return self.traffic.candidate * self.traffic.minutes * self.within * self.live.sampling

    def outputs(self) -> Needed:
        """Told of the output with the least tolerance."""
        tolerance = min(each.tolerance for each in self.live.outputs)
        if not self.traffic.stable:
            return Needed(self.has, None, None)
        least = min(self.traffic.candidate, self.traffic.stable) * self.traffic.minutes
        warm = LEAST_OUTPUTS / (self.live.sampling * least)
        minutes = max(self.within - warm, 0.0)

        def grows(distance: float) -> float:
            return self._shift(tolerance, distance) * self.traffic.minutes

        def found(distance: float) -> bool:
            return minutes * grows(distance) >= _harm(self.policy.budget.outputs)

        clear = max(A_CLEAR_SHIFT, 2 * tolerance)
        each = grows(clear) if clear < 1 else 0.0
        needed = warm + _harm(self.policy.budget.outputs) / each if each > 0 else inf
        a_minute = self.traffic.candidate * self.traffic.minutes * self.live.sampling
        return Needed(self.has, needed * a_minute, smallest(found, tolerance, _MOST_DISTANCE))

    def bodies(self) -> Needed:
        if not self.traffic.stable:
            return Needed(self.has, None, None)
        share = (ASSUMED.bad + 0.5) / (ASSUMED.requests + 1)

        def found(failing: float) -> bool:
            stream = Stream.opened(ASSUMED, self.correlation)
            candidate, stable = self._counts(failing), self._counts(0.0, stable=True)
            stream.bet(NOT_MEANT, candidate, stable, alpha=self.policy.budget.bodies, planned=inf)
            minutes = self.within * self.traffic.minutes
            return growth(stream.process) * minutes >= _harm(self.policy.budget.bodies)

        return Needed(self.has, None, smallest(found, share, 1.0))

    def _shift(self, tolerance: float, distance: float) -> float:
        """What an average minute adds where the outputs lie so far apart.

        The set that has all of the distance is taken to have half of both sides' outputs, which is
        where a distance shows least.
        """
        share = (1 - distance) / 2
        candidate = effective(self._counts(share + distance), self.correlation)
        stable = effective(self._counts(share, stable=True), self.correlation)
        return max(
            (
                log_e_value(Line(1.0, tolerance), (each, share), candidate, stable)
                for each in spread_alternatives(share + tolerance)
            ),
            default=0.0,
        )

    def _counts(self, share: float, *, stable: bool = False) -> Counts:
        side = self.traffic.stable if stable else self.traffic.candidate
        return Counts(side * self.live.sampling, side * self.live.sampling * share)


def _enough(values: Sequence[float], advance: float) -> float:
    """How many observations that add so much in ln to each alternative prove something."""

    def proven(count: float) -> bool:
        return log_mean_exp([count * each for each in values]) >= log(1 / advance)

    found = smallest(proven, 1.0, _MOST_NEEDED)
    return inf if found is None else float(ceil(found))


def _harm(alpha: float) -> float:
    return threshold(alpha, ALTERNATIVES)

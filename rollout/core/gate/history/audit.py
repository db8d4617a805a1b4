"""A verdict computed again from what was stored: the policy, the baseline, every minute folded.

The result equals the stored verdict word for word and digit for digit, as long as the product's
gate is the one that gave it. It needs nothing that a rollout's history does not hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.judging.folding import begin_stage, fold
from rollout.core.gate.judging.judge import Moment, judge
from rollout.core.gate.judging.opening import opened
from rollout.core.gate.judging.prediction_folding import fold_predictions
from rollout.core.gate.judging.probe_folding import fold_round, numbers_of
from rollout.core.gate.judging.verdicts import Judgement
from rollout.core.gate.probing.rounds import ProbeRound
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Quality
from rollout.core.records.observation import Minute
from rollout.core.records.predictions import PredictionsSeen

Folded = Minute | ProbeRound | PredictionsSeen
"""What a gate folds: a minute of metrics, a pass of probes, a look at collected outputs."""


@dataclass(frozen=True)
class Origin:
    """What a rollout's decisions start from.

    `known` is the baseline, `planned` the most minutes the whole rollout may bake. `probes` is None
    where none are sent, `quality` where no predictions are judged.
    """

    policy: GatePolicy
    known: Mapping[str, Any]
    planned: float
    probes: Probes | None = None
    quality: Quality | None = None


@dataclass(frozen=True)
class Window:
    """One stage at its weight, or a restart of it, and what was folded in it, in order."""

    index: int
    weight: int
    minutes: Sequence[Folded]
    mirror: int = 0


class Ledger:
    """A rollout's gate, followed from its start: minutes go in, in order, verdicts come out."""

    def __init__(self, origin: Origin) -> None:
        self._policy, self._probes = origin.policy, origin.probes or Probes()
        self._quality = origin.quality
        self.state: Mapping[str, Any] = opened(origin.policy, origin.known, origin.planned)

    def begin(self, index: int, weight: int, mirror: int = 0) -> None:
        """Start a stage, or restart it."""
        self.state = begin_stage(self.state, index, weight, mirror)

    def fold(self, folded: Iterable[Folded]) -> list[dict[str, Any]]:
        """Fold settled minutes, passes and looks, in order; return the numbers they left.

        A minute that was folded before leaves none.
        """
        found: list[dict[str, Any]] = []
        for each in folded:
            if isinstance(each, ProbeRound):
                found.append(self.probe(each))
            elif isinstance(each, PredictionsSeen):
                found.append(self.look(each))
            else:
                self.state, left = fold(self._policy, self.state, [each])
                found += left
        return found

    def probe(self, seen: ProbeRound) -> dict[str, Any]:
        """Fold one pass of probes; return the numbers it left behind."""
        self.state = fold_round(self._policy, self._probes, self.state, seen, self._quality)
        return numbers_of(self._policy, self.state, self._quality)

    def look(self, seen: PredictionsSeen) -> dict[str, Any]:
        """Fold one look at collected outputs; return the numbers it left behind."""
        if self._quality is not None:
            self.state = fold_predictions(self._policy, self._quality, self.state, seen)
        return numbers_of(self._policy, self.state, self._quality)

    def judge(
        self,
        moment: Moment,
        provisional: Sequence[Minute] = (),
        accepted: Sequence[str] = (),
    ) -> Judgement:
        """Judge with the minutes that were not complete yet at that moment.

        `accepted` are the checks of predictions whose findings an operator had accepted by then.
        """
        copy = fold(self._policy, self.state, provisional)[0] if provisional else None
        policy = self._policy.with_accepted(accepted)
        return judge(policy, self.state, moment, provisional=copy, quality=self._quality)


def recompute(
    origin: Origin, windows: Iterable[Window], moment: Moment, provisional: Sequence[Minute] = ()
) -> Judgement:
    """Judge again.

    Args:
        origin: From the rollout's first history row.
        windows: Everything folded before the verdict; a window without a minute counts too.
        moment: The one that was stored with the verdict.
        provisional: The minutes that were not complete yet, likewise.
    """
    ledger = Ledger(origin)
    for window in windows:
        ledger.begin(window.index, window.weight, window.mirror)
        ledger.fold(window.minutes)
    return ledger.judge(moment, provisional)

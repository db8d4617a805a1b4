"""One pass's pairs, counted: what the stream folds, and what the history keeps of the pass.

A round holds counts only, so that folding it again from the history gives the same state, and no
single answer has to be kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from rollout.core.gate.algebra.percentiles import QUANTILES
from rollout.core.records.answers import AnswerCounts
from rollout.core.records.observation import Percentiles, SideMinute, SlowCounts, SlowThresholds
from rollout.core.records.probes import ProbeAnswer, ProbesSeen


@dataclass(frozen=True)
class ProbeRound:
    """What one pass probed.

    `sent` counts all its pairs, `candidate` and `stable` those that were not left out. Latency is
    counted among the pairs that both sides answered; a side's `slow` is None until stable's
    probes have shown how long it takes. `inputs` and `stopped` are those of `ProbesSeen`. `answers`
    is None where the policy judges none.
    """

    at: datetime
    sent: int
    inputs: int
    candidate: SideMinute
    stable: SideMinute
    stopped: str = ""
    answers: AnswerCounts | None = None


def counted(seen: ProbesSeen, thresholds: SlowThresholds | None) -> ProbeRound:
    """Count a pass's pairs.

    A pair that a side failed says nothing of its speed: a quick refusal would pass for a quick
    answer, on either side.

    Args:
        seen: The pass.
        thresholds: What slow answers are counted against; None: nothing is known of stable yet, or
            latency is not checked.
    """
    answered = [each for each in seen.pairs if not (each.candidate.failed or each.stable.failed)]
    return ProbeRound(
        at=seen.at,
        sent=seen.sent,
        inputs=seen.inputs,
        candidate=_side(
            [each.candidate for each in seen.pairs],
            [each.candidate.took for each in answered],
            None if thresholds is None else (thresholds.candidate, thresholds.limit),
        ),
        stable=_side(
            [each.stable for each in seen.pairs],
            [each.stable.took for each in answered],
            None if thresholds is None else (thresholds.stable, thresholds.limit),
        ),
        stopped=seen.stopped,
    )


def _side(
    answers: Sequence[ProbeAnswer],
    took: Sequence[float],
    thresholds: tuple[Sequence[float], Sequence[float]] | None,
) -> SideMinute:
    slow = None
    if thresholds is not None:
        over, over_limit = ([_beyond(took, each) for each in times] for times in thresholds)
        slow = SlowCounts(float(len(took)), tuple(over), tuple(over_limit))
    return SideMinute(
        requests=float(len(answers)),
        failures=float(sum(each.failed for each in answers)),
        latency=_percentiles(sorted(took)),
        slow=slow,
    )


def _beyond(took: Sequence[float], threshold: float) -> float:
    return float(sum(each > threshold for each in took))


def _percentiles(took: Sequence[float]) -> Percentiles | None:
    """Nearest rank; None without durations."""
    if not took:
        return None
    return Percentiles(*(took[ceil(quantile * len(took)) - 1] for quantile in QUANTILES))

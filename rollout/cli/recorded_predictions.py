"""What `rollout replay` is given of predictions: pairs of answers, and collected outputs."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from rollout.adapters.predictions.recorded_outputs import Sides, read_outputs
from rollout.adapters.predictions.recorded_pairs import RecordedPair, read_pairs
from rollout.cli.policies import UsageError
from rollout.core.gate.history.replay import NOTHING, Predicted
from rollout.core.policy.model import Policy
from rollout.core.policy.probes_model import Probes
from rollout.core.records.probes import ProbesSeen
from rollout.units import MINUTE


def read_predicted(
    policy: Policy, pairs: Path | None, outputs: Path | None, start: datetime, sides: Sides
) -> Predicted:
    """Read the files; without any, or where no predictions are judged, nothing is there.

    Args:
        policy: Says how predictions are judged.
        pairs: A file of pairs.
        outputs: A file of collected outputs.
        start: The first recorded minute.
        sides: The deployments' names, for records of the data collector.

    Raises:
        UsageError: The policy does not say how they are judged.
        RecordedAnswersError: A file cannot be used.
    """
    quality, probes = policy.quality, policy.probes or Probes()
    if quality is None or (pairs is None and outputs is None):
        return NOTHING
    recorded = [] if pairs is None else read_pairs(pairs, quality, start)
    looks = []
    if outputs is not None:
        if quality.live is None:
            raise UsageError("--outputs: the policy has no `quality.live` that says what to read.")
        looks = read_outputs(outputs, quality.live, start, sides)
    return Predicted(
        passes=_passes(recorded, start, probes.rate),
        looks=looks,
        timed=all(each.timed for each in recorded),
    )


def _passes(recorded: Sequence[RecordedPair], start: datetime, rate: int) -> list[ProbesSeen]:
    """One pass a minute; without minutes as many pairs in each as probes would send."""
    inputs = len({each.input for each in recorded})
    placed = [
        (start + index // rate * MINUTE if each.at is None else each.at, each.pair)
        for index, each in enumerate(recorded)
    ]
    placed.sort(key=lambda each: each[0])
    found = []
    for at, group in groupby(placed, key=lambda each: each[0]):
        pairs = tuple(pair for _, pair in group)
        found.append(ProbesSeen(at, inputs, len(pairs), pairs))
    return found

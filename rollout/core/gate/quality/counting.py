"""A pass's answers, counted against what was compared before it."""

from collections import Counter
from collections.abc import Sequence
from math import isfinite

from rollout.core.gate.quality import inputs
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.gate.quality.usual import followed
from rollout.core.records.answers import AnswerCounts, AnswerPair

MAX_LOSS = 1e6
"""A loss beyond this, or none at all, counts as this much: JSON has no infinity."""

_DIGITS = ".7g"
_MOST_WORDS = 8
"""Kinds of faults and of changes of one pass that are kept by their words."""


def counted_answers(
    memory: QualityMemory | None, pairs: Sequence[AnswerPair]
) -> AnswerCounts | None:
    """Count the answers of one pass; None where no pair has any.

    Args:
        memory: What is remembered of the rollout's answers before.
        pairs: In the order in which they were sent.
    """
    if not pairs:
        return None
    before = memory or QualityMemory()
    runs, new = before.answers.runs, []
    for pair in pairs:
        after = inputs.added(runs, pair.input)
        if after is not None:
            runs = after
            new.append(pair)
    twice = [pair for pair in new if pair.again is not None]
    return AnswerCounts(
        pairs=len(pairs),
        faulty=sum(bool(pair.candidate.fault) for pair in pairs),
        stable_faulty=sum(bool(pair.stable.fault) for pair in pairs),
        faults=_words([pair.candidate.fault for pair in pairs]),
        inputs=tuple(pair.input for pair in new),
        differing=sum(pair.differs for pair in new),
        changes=_words([pair.change for pair in new if pair.differs]),
        twice=(
            len(twice),
            sum(bool(pair.again) for pair in twice),
            sum(pair.differs for pair in twice),
        ),
        losses=tuple(
            (_finite(pair.candidate.loss), _finite(pair.stable.loss))
            for pair in new
            if pair.candidate.loss is not None and pair.stable.loss is not None
        ),
        usual=followed(before.constant.usual, new),
    )


def _words(words: Sequence[str]) -> dict[str, int]:
    return dict(Counter(each for each in words if each).most_common(_MOST_WORDS))


def _finite(loss: float) -> float:
    """Rounded, so that the record of a pass is as short as what is folded."""
    bounded = min(max(loss, -MAX_LOSS), MAX_LOSS) if isfinite(loss) else MAX_LOSS
    return float(format(bounded, _DIGITS))

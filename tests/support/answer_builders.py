"""Answers to probes and collected outputs, as the gate gets them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rollout.core.gate import asks_twice, fold_predictions, fold_probes, probes_sent
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Labelled, Live, Metric, Output, OutputKind, Quality
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from tests.support.gate_builders import MINUTE, START
from tests.support.probe_builders import GATE, PROBES, quick, seen

RATE = 20
SCORE = Output("score")
LABEL = Output("label", OutputKind.LABEL)
QUALITY = Quality()
LABELLED = replace(QUALITY, probed=Labelled(Metric.ACCURACY))
LIVE = replace(QUALITY, live=Live(outputs=(SCORE,)))
DECILES = Bins("score", tuple(each / 10 for each in range(1, 10)))


def pair(
    place: int = 0, key: str = "a", stable_key: str | None = None, **fields: Any
) -> AnswerPair:
    """One input's answers; without `stable_key` both predict the same."""
    theirs = key if stable_key is None else stable_key
    differs = fields.pop("differs", key != theirs)
    change = fields.pop("change", f"label {theirs} -> {key}" if differs else "")
    mine = Answer(fields.pop("fault", ""), key, fields.pop("loss", None))
    other = Answer(fields.pop("stable_fault", ""), theirs, fields.pop("stable_loss", None))
    return AnswerPair(place, mine, other, differs, change, **fields)


def same(place: int) -> AnswerPair:
    """Both sides alike, an input in two being another class; stable is asked twice where it is."""
    again = False if asks_twice(place) else None
    return pair(place, "ab"[place % 2], again=again)


def turned(place: int) -> AnswerPair:
    """The other class than stable's."""
    return pair(place, "ab"[place % 2], "ba"[place % 2])


def answered(
    state: Mapping[str, Any],
    answers: Iterable[AnswerPair],
    *,
    quality: Quality | None = QUALITY,
    policy: GatePolicy = GATE,
    inputs: int = 40,
    first: int = 0,
) -> dict[str, Any]:
    """The state after passes of twenty healthy pairs with these answers, one a minute."""
    left, minute, after = list(answers), first, dict(state)
    while left:
        now, left = left[:RATE], left[RATE:]
        one = seen(
            quick(), quick(), first=probes_sent(after), at=START + minute * MINUTE, inputs=inputs
        )
        bodies = zip(one.pairs[: len(now)], now, strict=True)
        pairs = tuple(replace(each, answers=answer) for each, answer in bodies)
        one = replace(one, pairs=pairs, sent=len(pairs))
        after = fold_probes(policy, PROBES, after, one, quality)
        minute += 1
    return after


def side(answers: int, failed: int = 0, counts: Sequence[int] = (), odd: int = 0) -> SideBatch:
    """One side's batch, of the output `score`."""
    return SideBatch(
        answers,
        failed,
        {"score": tuple(counts)} if counts else {},
        {"score": odd} if odd else {},
    )


def look(*batches: tuple[SideBatch, SideBatch], first: int = 0, **fields: Any) -> PredictionsSeen:
    """A look at (candidate, stable), minute by minute."""
    return PredictionsSeen(
        tuple(
            Batch(START + (first + number) * MINUTE, candidate, stable)
            for number, (candidate, stable) in enumerate(batches)
        ),
        **{"bins": (DECILES,), **fields},
    )


def looked(
    state: Mapping[str, Any],
    *batches: tuple[SideBatch, SideBatch],
    quality: Quality = LIVE,
    policy: GatePolicy = GATE,
) -> dict[str, Any]:
    """The state after one look at these batches."""
    return fold_predictions(policy, quality, state, look(*batches))

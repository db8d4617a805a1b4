"""Row 48: how large the state becomes with everything on, and what folding costs then."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from random import Random
from statistics import median
from typing import Any

from dev.bench.gate.answer_streams import Answering, AnswersTruth
from dev.bench.gate.cells import Exact, Measured
from dev.bench.gate.output_streams import CLASSES, DECILES, Outputs, OutputsTruth
from dev.bench.gate.rows_exact import EVERYTHING, STATE_BYTES, everything
from rollout.core.gate import fold, fold_predictions, fold_probes
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import (
    MAX_OUTPUTS,
    Difference,
    Labelled,
    Live,
    Metric,
    Output,
    OutputKind,
    Quality,
)
from rollout.core.predictions.outputs import MAX_CLASSES
from rollout.core.records.observation import Minute
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from rollout.core.records.probes import ProbesSeen

ROW = 48
MOST_TIMES = 2.6
"""Two milliseconds, where a minute without predictions takes 0.75."""

BARE = "a minute without predictions"
MINUTES = 60
A_PASS = 20
INPUTS = 5000
CLASS_CHARACTERS = 16
"""Of a label as services usually have them."""

POLICY = replace(EVERYTHING, latency=LatencyCheck(slo=timedelta(milliseconds=500)))
PATHS = tuple(f"outputs.value_{place}" for place in range(MAX_OUTPUTS))
QUALITY = Quality(
    Difference.HOLD,
    probed=Labelled(Metric.LOG_LOSS),
    live=Live(
        outputs=tuple(
            Output(path, OutputKind.LABEL if place % 2 else OutputKind.NUMBER)
            for place, path in enumerate(PATHS)
        )
    ),
)
EDGES = tuple(0.1 * place for place in range(1, len(DECILES)))
NAMES = tuple(f"{place:x>{CLASS_CHARACTERS}}" for place in range(MAX_CLASSES))
BINS = tuple(
    Bins(path, classes=NAMES) if place % 2 else Bins(path, edges=EDGES)
    for place, path in enumerate(PATHS)
)
TRUTH = AnswersTruth(differs=0.05, again=0.05, faulty=0.02, labelled=True, worse=0.02, better=0.02)


def cells() -> Iterator[Exact]:
    yield Exact(ROW, "size of the state, predictions too", _size)
    yield Exact(ROW, "time of one fold, predictions too", _cost, timed=True)


@dataclass(frozen=True)
class _Pass:
    """What one minute brings."""

    minute: Minute
    probed: ProbesSeen
    collected: PredictionsSeen

    def folds(self) -> Iterator[tuple[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]]:
        yield "a minute", partial(_folded, self.minute)
        yield (
            "a pass of probes",
            lambda state: fold_probes(POLICY, Probes(), state, self.probed, QUALITY),
        )
        yield (
            "a look at outputs",
            lambda state: fold_predictions(POLICY, QUALITY, state, self.collected),
        )


def _passes(seed: str, minutes: int) -> tuple[Mapping[str, Any], list[_Pass]]:
    state, live = everything(seed, minutes)
    rng = Random(seed)  # noqa: S311 - simulation
    answering = Answering(TRUTH, rng)
    numbers = Outputs(OutputsTruth(100, 900, failed=0.01, odd=0.01), rng)
    labels = Outputs(OutputsTruth(100, 900, (*CLASSES, *CLASSES), (*CLASSES, *CLASSES)), rng)
    found = []
    for minute in live:
        probed = ProbesSeen(minute.at, INPUTS, A_PASS, answering.pairs(A_PASS))
        found.append(_Pass(minute, probed, _collected(minute, numbers.batch(), labels.batch())))
    return state, found


def _collected(minute: Minute, numbers: Batch, labels: Batch) -> PredictionsSeen:
    """A batch of all outputs, from one of a number and one of a label."""
    sides = []
    for number, label in ((numbers.candidate, labels.candidate), (numbers.stable, labels.stable)):
        counts = dict.fromkeys(PATHS[::2], number.counts["score"])
        counts |= dict.fromkeys(PATHS[1::2], label.counts["score"][:9])
        odd = dict.fromkeys(PATHS, number.odd["score"])
        sides.append(SideBatch(number.answers, number.failed, counts, odd))
    return PredictionsSeen((Batch(minute.at, *sides),), BINS)


def _size() -> list[Measured]:
    state, passes = _passes("size", MINUTES)
    largest = 0
    for each in passes:
        for _, folded in each.folds():
            state = folded(state)
            largest = max(largest, len(json.dumps(state, separators=(",", ":")).encode()))
    return [
        Measured("bytes of JSON", f"<= {STATE_BYTES}", str(largest), met=largest <= STATE_BYTES)
    ]


def _cost() -> list[Measured]:
    """Processor time, with the state's way from JSON and back.

    Machines differ, and so does one machine under load: each fold is compared with that of the same
    minute into a state without predictions, which takes three quarters of a millisecond where
    nothing else runs.
    """
    state, passes = _passes("cost", 2 * MINUTES)
    text = bare = json.dumps(state)
    times: dict[str, list[float]] = {BARE: []}
    for each in passes:
        bare = _timed(partial(_folded, each.minute), bare, times[BARE])
        for name, folded in each.folds():
            text = _timed(folded, text, times.setdefault(name, []))
    usual = median(times.pop(BARE))
    found = []
    for name, spent in times.items():
        middle = median(spent)
        said = f"{middle / usual:.2f} x ({middle:.2f} ms)"
        met = middle <= MOST_TIMES * usual
        found.append(Measured(f"median, {name}", f"<= {MOST_TIMES:g} x", said, met))
    return found


def _folded(minute: Minute, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return fold(POLICY, state, [minute])[0]


def _timed(
    folded: Callable[[Mapping[str, Any]], Mapping[str, Any]], text: str, times: list[float]
) -> str:
    began = time.process_time()
    after = json.dumps(folded(json.loads(text)))
    times.append(1000 * (time.process_time() - began))
    return after

"""Row 48: how large the state becomes with everything on, and what folding costs then."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from statistics import median
from typing import Any

from dev.bench.gate.answer_streams import Answering, AnswersTruth
from dev.bench.gate.cells import Exact, Measured
from dev.bench.gate.output_streams import CLASSES, DECILES, Outputs, OutputsTruth
from dev.bench.gate.rows_exact import EVERYTHING, STATE_BYTES, everything
from rollout.core.gate import fold, fold_predictions, fold_probes
from rollout.core.gate.quality.live import MAX_OUTPUTS
from rollout.core.policy.gate_model import LatencyCheck
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import (
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
FOLD_MS = 2.0
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
        yield "a minute", lambda state: fold(POLICY, state, [self.minute])[0]
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
    """Processor time, with the state's way from JSON and back."""
    state, passes = _passes("cost", 2 * MINUTES)
    text, times = json.dumps(state), dict[str, list[float]]()
    for each in passes:
        for name, folded in each.folds():
            began = time.process_time()
            text = json.dumps(folded(json.loads(text)))
            times.setdefault(name, []).append(1000 * (time.process_time() - began))
    return list(_medians(times))


def _medians(times: Mapping[str, Sequence[float]]) -> Iterator[Measured]:
    for name, found in times.items():
        middle = median(found)
        target, text = f"<= {FOLD_MS:g}", f"{middle:.2f}"
        yield Measured(f"median ms, {name}", target, text, met=middle <= FOLD_MS)

"""Rows 23, 25 and 26: what does not depend on chance."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from multiprocessing import get_context
from random import Random
from statistics import median
from typing import Any

from dev.bench.gate.cells import Exact, Measured
from dev.bench.gate.error_streams import DAY, Harm, Truth, World
from dev.bench.gate.latency_streams import LatencyTruth, LatencyWorld
from dev.bench.gate.trials import LOOKS, MOMENTS, judged
from rollout.core.gate import Verdict, baseline, begin_stage, fold, opened
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute, SideMinute

EVERYTHING = GatePolicy()
WEIGHT = 10
REPLAYED = 30
FOLD_MS = 5.0
STATE_BYTES = 8192
FOLDS = 400


def cells() -> Iterator[Exact]:
    yield Exact(23, "replay: twice, late rewrites, restart of the process every tick", _replay)
    yield Exact(25, "no data, candidate dark, source gone stale", _silences)
    yield Exact(26, "size of the state, everything on", _size)
    yield Exact(26, "time of one fold, everything on", _cost, timed=True)


def everything(seed: str, minutes: int) -> tuple[dict[str, Any], list[Minute]]:
    """A state at the start of a stage, and minutes with failures, other 4xx and percentiles."""
    rng = Random(seed)  # noqa: S311 - simulation
    durations = LatencyWorld(LatencyTruth("log-normal", 1000.0), rng)
    errors = World(Truth(0.005, 1000.0, harm=Harm(ratio=1.5)), rng)
    history = [
        Minute(
            at, SideMinute(side.requests, failed, client_errors=failed, latency=side.latency), None
        )
        for at, side, (_, failed) in zip(
            MOMENTS,
            (each.seen() for each in durations.history()),
            errors.history(),
            strict=False,
        )
    ]
    state = opened(EVERYTHING, baseline(EVERYTHING, history), LOOKS)
    live = []
    for index in range(minutes):
        counted = errors.minute(WEIGHT)
        stable = durations.stable(100 - WEIGHT).seen()
        candidate = durations.candidate(WEIGHT).seen()
        live.append(
            Minute(
                MOMENTS[DAY + index],
                replace(
                    stable, failures=counted.stable_failed, client_errors=counted.stable_failed
                ),
                replace(
                    candidate,
                    failures=counted.candidate_failed,
                    client_errors=counted.candidate_failed,
                ),
            )
        )
    return begin_stage(state, 0, WEIGHT), live


def _replay() -> list[Measured]:
    """Minutes come twice, old ones come again with other numbers, and every tick is a new process.

    What came late is counted, and nothing else may differ.
    """
    state, minutes = everything("replay", REPLAYED)
    plain, verdicts = state, []
    for index, minute in enumerate(minutes, start=1):
        plain, _ = fold(EVERYTHING, plain, [minute])
        verdicts.append(judged(EVERYTHING, plain, index))
    text, repeated, rejected = json.dumps(state), [], 0
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for index, minute in enumerate(minutes, start=1):
            rewritten = [_rewritten(each) for each in minutes[max(0, index - 3) : index - 1]]
            tick = (text, [*rewritten, minute, minute], index)
            text, verdict = pool.apply(_tick, (tick,))
            repeated.append(verdict)
            rejected += len(rewritten) + 1
    again = json.loads(text)
    late = again.pop("late")
    same = again == {
        key: value for key, value in json.loads(json.dumps(plain)).items() if key != "late"
    }
    return [
        _exact("state", "identical", "identical" if same else "differs"),
        _exact("verdicts", "identical", "identical" if repeated == verdicts else "differ"),
        _exact("late rows counted", str(rejected), str(late)),
    ]


def _tick(task: tuple[str, list[Minute], int]) -> tuple[str, Verdict]:
    text, minutes, count = task
    state, _ = fold(EVERYTHING, json.loads(text), minutes)
    return json.dumps(state), judged(EVERYTHING, state, count)


def _rewritten(minute: Minute) -> Minute:
    if minute.candidate is None:
        return minute
    return replace(minute, candidate=replace(minute.candidate, failures=minute.candidate.requests))


def _silences() -> list[Measured]:
    hold, gone, on = Verdict.HOLD, Verdict.INCONCLUSIVE, Verdict.CONTINUE
    back = Verdict.ROLLBACK
    nothing: list[SideMinute | None] = [None] * 31
    stable: list[SideMinute | None] = [SideMinute(100.0, 0.0)] * 31
    few: list[SideMinute | None] = [SideMinute(2.0, 0.0)] * 31
    quiet: list[SideMinute | None] = [SideMinute(0.0, 0.0)] * 31
    some: list[SideMinute | None] = [SideMinute(5.0, 0.0)] * 3
    return [
        _told("no data", _verdicts(nothing, nothing), [on] * 9 + [hold] * 20 + [gone] * 2),
        _told("dark", _verdicts(stable, quiet), [on] * 9 + [hold] * 10 + [back] * 12),
        _told("dark, 6 to be expected", _verdicts(few, quiet), [on] * 31),
        _told(
            "stale after 3 minutes",
            _verdicts([*some, *nothing[3:]], [*some, *nothing[3:]]),
            [on] * 12 + [hold] * 19,
        ),
    ]


def _verdicts(
    stable: Sequence[SideMinute | None], candidate: Sequence[SideMinute | None]
) -> list[Verdict]:
    """Each minute's verdict, from a day of 100 requests a minute on."""
    policy = GatePolicy(latency=None, rejected=None)
    history = [Minute(at, SideMinute(100.0, 0.0), None) for at in MOMENTS[:DAY]]
    state: Mapping[str, Any] = begin_stage(
        opened(policy, baseline(policy, history), LOOKS), 0, WEIGHT
    )
    found = []
    for index, (stable_side, candidate_side) in enumerate(zip(stable, candidate, strict=True)):
        state, _ = fold(policy, state, [Minute(MOMENTS[DAY + index], stable_side, candidate_side)])
        found.append(judged(policy, state, index + 1))
    return found


def _told(name: str, found: Sequence[Verdict], expected: Sequence[Verdict]) -> Measured:
    return _exact(name, _runs(expected), _runs(found))


def _runs(verdicts: Sequence[Verdict]) -> str:
    """As in "continue 9, hold 20"."""
    parts: list[tuple[Verdict, int]] = []
    for verdict in verdicts:
        if parts and parts[-1][0] is verdict:
            parts[-1] = (verdict, parts[-1][1] + 1)
        else:
            parts.append((verdict, 1))
    return ", ".join(f"{verdict} {count}" for verdict, count in parts)


def _size() -> list[Measured]:
    state, minutes = everything("size", LOOKS)
    largest = 0
    for minute in minutes:
        state, _ = fold(EVERYTHING, state, [minute])
        largest = max(largest, len(json.dumps(state, separators=(",", ":")).encode()))
    return [
        Measured("bytes of JSON", f"<= {STATE_BYTES}", str(largest), met=largest <= STATE_BYTES)
    ]


def _cost() -> list[Measured]:
    """With the state's way from JSON and back."""
    state, minutes = everything("cost", FOLDS)
    text, times = json.dumps(state), []
    for minute in minutes:
        began = time.perf_counter()
        state, _ = fold(EVERYTHING, json.loads(text), [minute])
        text = json.dumps(state)
        times.append(1000 * (time.perf_counter() - began))
    middle = median(times)
    return [Measured("median ms", f"<= {FOLD_MS:g}", f"{middle:.2f}", met=middle <= FOLD_MS)]


def _exact(metric: str, target: str, measured: str) -> Measured:
    return Measured(metric, target, measured, met=target == measured)

"""`rollout replay`: what a policy would have said of recorded minutes."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

from rollout.adapters.metrics.recorded_minutes import Recorded, RecordedMinutesError, read_recorded
from rollout.adapters.predictions.recorded_lines import RecordedAnswersError
from rollout.adapters.predictions.recorded_outputs import Sides
from rollout.cli.policies import UsageError, policy_in
from rollout.cli.recorded_predictions import read_predicted
from rollout.cli.safe_text import say
from rollout.cli.scenarios import SCENARIOS, play
from rollout.core.gate import NONE, Verdict, baseline
from rollout.core.gate.history.audit import Origin
from rollout.core.gate.history.replay import Judged, Predicted, Recording, replay
from rollout.core.machine.gate_inputs import planned_minutes
from rollout.core.policy.model import Policy, Stage
from rollout.core.predictions.outputs import LEAST_LEARNT
from rollout.core.records.observation import Minute
from rollout.units import MINUTE

AS_EXPECTED, OTHERWISE, WRONG_USAGE = 0, 1, 2
SPARE_MINUTES = 10
"""A scenario outlasts the longest bake of a stage by this much, so that every verdict can come."""


@dataclass(frozen=True)
class Given:
    """What is replayed: stable's minutes before (None: not known), and the recorded ones."""

    history: Sequence[Minute] | None
    recorded: Sequence[Recorded]


def add_replay(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "replay",
        help="judge recorded minutes with a policy; exit code 1 if it differs from --expect",
        description="Feeds recorded minutes through the gate, as a rollout would, and prints each "
        "verdict with its reason. The files are described in docs/gate.md.",
    )
    parser.add_argument("--policy", type=Path, required=True, help="a rollout.yaml")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--minutes", type=Path, help="recorded minutes: .csv, .json or .jsonl")
    texts = "; ".join(f"{name}: {each.text}" for name, each in SCENARIOS.items())
    source.add_argument(
        "--scenario",
        choices=sorted(SCENARIOS),
        # argparse formats help texts: a percent sign must be doubled.
        help=f"bundled minutes: {texts}".replace("%", "%%"),
    )
    parser.add_argument("--history", type=Path, help="stable's minutes before, in the same forms")
    parser.add_argument("--pairs", type=Path, help="both sides' answers to the same inputs: .jsonl")
    parser.add_argument("--outputs", type=Path, help="what data collectors wrote: .jsonl")
    parser.add_argument("--stage-weight", type=int, help="the stage all minutes belong to")
    parser.add_argument(
        "--stable", help="stable's deployment, for the metrics API's JSON and collected records"
    )
    parser.add_argument("--candidate", help="the candidate's, likewise")
    parser.add_argument(
        "--immediate",
        action="store_true",
        help="every minute counts and is complete at once: no settle time, no ingestion delay",
    )
    parser.add_argument("--expect", choices=[each.value for each in Verdict])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_replay)


def run_replay(parsed: argparse.Namespace) -> int:
    """Replay, print, and return the exit code."""
    try:
        policy = policy_in(parsed.policy)
        if parsed.immediate:
            at_once = replace(policy.gate, settle=timedelta(0), ingestion_delay=timedelta(0))
            policy = replace(policy, gate=at_once)
        given = _scenario(parsed, policy) if parsed.scenario else _files(parsed)
        recordings = _recordings(policy, given.recorded, parsed.stage_weight)
        start = recordings[0].minutes[0].at
        sides = Sides(parsed.stable or "", parsed.candidate or "")
        predicted = read_predicted(policy, parsed.pairs, parsed.outputs, start, sides)
    except (UsageError, RecordedMinutesError, RecordedAnswersError) as error:
        say(str(error), error=True)
        return WRONG_USAGE
    known = NONE if given.history is None else baseline(policy.gate, given.history)
    last = recordings[-1].minutes[-1].at
    for note in (*_notes(policy, given, known), *_predicted_notes(policy, predicted, last)):
        print(f"note: {note}", file=sys.stderr)
    planned = planned_minutes(policy)
    origin = Origin(policy.gate, known, planned, policy.probes, policy.quality)
    looks = list(replay(origin, recordings, predicted))
    if not looks:
        settle = policy.gate.settle / MINUTE
        print(
            f"no minute counts: all lie in the settle time of {settle:g} min (--immediate ignores "
            "it)",
            file=sys.stderr,
        )
        return WRONG_USAGE
    if parsed.json:
        print(json.dumps(_document(looks, parsed.expect), indent=2))
    else:
        _print(looks)
    return _compared(looks[-1], parsed.expect)


def _scenario(parsed: argparse.Namespace, policy: Policy) -> Given:
    given = ["history"] if parsed.outputs is not None else ["history", "stable", "candidate"]
    for option in given:
        if getattr(parsed, option) is not None:
            raise UsageError(f"--{option} goes with --minutes: a scenario has its own.")
    # The mirror stage has the weight 0.
    weight = policy.stages[0].weight if parsed.stage_weight is None else parsed.stage_weight
    gate, stage = policy.gate, _stage(policy, weight)[1]
    length = max(gate.max_bake, stage.bake) + gate.settle + gate.ingestion_delay
    played = play(parsed.scenario, stage, ceil(length / MINUTE) + SPARE_MINUTES)
    return Given(played.history, [Recorded(minute, weight) for minute in played.minutes])


def _files(parsed: argparse.Namespace) -> Given:
    names = {"stable": parsed.stable, "candidate": parsed.candidate}
    recorded = read_recorded(parsed.minutes, **names)
    if parsed.history is None:
        return Given(None, recorded)
    history = read_recorded(parsed.history, stable=parsed.stable)
    return Given([each.minute for each in history], recorded)


def _recordings(
    policy: Policy, recorded: Sequence[Recorded], weight: int | None
) -> list[Recording]:
    """Divide the minutes into stages: wherever their weight changes."""
    if weight is not None:
        recorded = [Recorded(each.minute, weight) for each in recorded]
    found = []
    for of_stage, group in groupby(recorded, key=lambda each: each.weight):
        if of_stage is None:
            raise UsageError(
                "the file does not give the candidate's weight: add a column `weight`, or use "
                "--stage-weight."
            )
        index, stage = _stage(policy, of_stage)
        minutes = [each.minute for each in group]
        found.append(Recording(index, of_stage, stage.bake, minutes, stage.mirror))
    return found


def _stage(policy: Policy, weight: int) -> tuple[int, Stage]:
    for index, stage in enumerate(policy.stages):
        if stage.weight == weight:
            return index, stage
    stages = ", ".join(stage.shown for stage in policy.stages)
    raise UsageError(f"the policy has no stage of {weight} %: its stages are {stages}.")


def _notes(policy: Policy, given: Given, known: Any) -> list[str]:
    """What a reader must know to interpret the verdicts."""
    found = []
    if not known["minutes"]:
        found.append(
            "stable's history is not known (--history): its failures are learnt from the first "
            f"minute on, with a correlation of {policy.gate.correlation_floor:g} assumed"
        )
    candidates = (each.minute.candidate for each in given.recorded)
    answered = [side for side in candidates if side is not None and side.requests]
    measured = any(side.latency or side.slow for side in answered)
    if policy.gate.latency is not None and answered and not measured:
        found.append(
            "the candidate's minutes have no latency, but the policy checks it: no stage can be "
            "passed. Record it, or write `latency: false`"
        )
    return found


def _predicted_notes(policy: Policy, predicted: Predicted, last: datetime) -> list[str]:
    found = []
    for what, minutes in (
        ("pairs", [each.at for each in predicted.passes for _ in each.pairs]),
        ("minutes of outputs", [at for at, _ in predicted.looks]),
    ):
        if late := sum(at > last for at in minutes):
            found.append(
                f"{late:,} of {len(minutes):,} {what} lie after the last recorded minute: nothing "
                "judges them"
            )
    if predicted.passes and not predicted.timed:
        found.append("the pairs have no durations: they say nothing of speed")
    live = None if policy.quality is None else policy.quality.live
    outputs = () if live is None else live.outputs
    if predicted.looks and outputs and not predicted.looks[-1][1].bins:
        found.append(
            f"stable answered fewer than {LEAST_LEARNT} times before the last minute: no "
            "distribution was compared"
        )
    return found


def _document(looks: Sequence[Judged], expected: str | None) -> dict[str, Any]:
    return {
        "looks": [
            {
                "at": look.now.isoformat(),
                "stage": look.index,
                "weight": look.weight,
                "mirror": look.mirror,
                "settledMinutes": look.settled,
                "provisionalMinutes": look.provisional,
                "verdict": look.judgement.verdict.value,
                "reason": look.judgement.text,
                "clean": look.judgement.clean,
                "numbers": dict(look.judgement.numbers),
            }
            for look in looks
        ],
        "verdict": looks[-1].judgement.verdict.value,
        "reason": looks[-1].judgement.text,
        "expected": expected,
    }


def _print(looks: Sequence[Judged]) -> None:
    for look in looks:
        verdict = look.judgement.verdict.value
        print(f"{look.now:%d %H:%M}  {look.shown:>5}  {verdict:<12}  {look.judgement.text}")
    last = looks[-1]
    print(
        f"\n{last.judgement.verdict.value} at {last.shown}, with {last.settled} settled and "
        f"{last.provisional} provisional minutes"
    )


def _compared(last: Judged, expected: str | None) -> int:
    found = last.judgement.verdict.value
    if expected is None or found == expected:
        return AS_EXPECTED
    print(f"expected {expected}, but the verdict is {found}", file=sys.stderr)
    return OTHERWISE

"""What a state says: where every check stands, as numbers that are stored and as what decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.checks.check import Action, Charge, HarmCheck
from rollout.core.gate.checks.table import checks_of
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.check import probed
from rollout.core.gate.probing.combining import from_probes, on_failures, on_latency
from rollout.core.gate.probing.memory import ProbeMemory
from rollout.core.gate.quality.check import charges
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Quality

_DIGITS = 4

Numbers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """One charge and ln of its odds of harm. `decides`: it does more than report.

    `pause`: for how many minutes it only holds, after the first of two alarms.
    """

    check: Charge[Any]
    ln: float
    pause: int = 0

    @property
    def decides(self) -> bool:
        return self.check.action is not Action.REPORT

    @property
    def proven(self) -> bool:
        """The odds are those at which the check wins."""
        return self.ln >= self.check.ln_needed and not self.pause


def watched(policy: GatePolicy, state: State) -> list[HarmCheck[Any]]:
    """Return the policy's checks, without those that came after the rollout had begun."""
    return [check.under(state.rules) for check in checks_of(policy) if check.name in state.memories]


def standings(policy: GatePolicy, state: State, quality: Quality | None = None) -> list[Standing]:
    """Return where every charge stands, in the order in which they are judged.

    Probes come after what is fed with minutes, and predictions last.
    """
    found: list[Charge[Any]] = [*watched(policy, state)]
    if state.probes is not None:
        found.append(probed(policy))
    return standing_of([*found, *charges(policy, quality, state.quality)], state)


def standing_of(asked: Sequence[Charge[Any]], state: State) -> list[Standing]:
    """Return where these charges stand."""
    found = []
    for each in asked:
        memory = state.memory_of(each.name)
        found.append(Standing(each, each.ln_odds(memory), each.pause_left(memory)))
    return found


def numbers(policy: GatePolicy, state: State, standing: Sequence[Standing]) -> Numbers:
    """The evidence of every check: ln of its odds, and the counts it rests on."""
    stage = state.stage
    found: Numbers = {
        "stage": stage.index,
        "minutes": stage.answered,
        "candidate": _rounded(state.totals.candidate),
        "stable": _rounded(state.totals.stable),
        "stageCandidate": _rounded(stage.totals.candidate),
        "stageStable": _rounded(stage.totals.stable),
        "harm": {each.check.name: round(each.ln, _DIGITS) for each in standing},
        "evidence": round(stage.errors.ln, _DIGITS),
    }
    if policy.latency is not None:
        found["latencyEvidence"] = [round(each.ln, _DIGITS) for each in stage.latency]
    paused = {each.check.name: each.pause for each in standing if each.pause}
    if paused:
        found["pause"] = paused
    if stage.unknown:
        found["unknown"] = round(stage.unknown, _DIGITS)
    if state.crowded is not None:
        found["refused"] = [round(state.crowded.refused, _DIGITS), state.crowded.left]
    if state.quiet.minutes:
        found["quiet"] = [state.quiet.minutes, round(state.quiet.expected, 1)]
    if state.fired:
        found["fired"] = dict(state.fired)
    if state.late or state.gaps:
        found["late"], found["gaps"] = state.late, state.gaps
    if state.probes is not None:
        found["probes"] = _of_probes(state.probes, found["evidence"])
    if state.quality is not None:
        found["predictions"] = _of_predictions(state.quality)
    return found


def _of_probes(probes: ProbeMemory, ln_live: float) -> Numbers:
    stage = probes.stage
    return {
        "sent": probes.sent,
        "pairs": _rounded(probes.tally),
        "stagePairs": stage.pairs,
        "rounds": stage.rounds,
        "evidence": round(on_failures(stage), _DIGITS),
        "latencyEvidence": _rounded(on_latency(stage)),
        "fromProbes": round(from_probes(probes, ln_live), _DIGITS),
    }


def _of_predictions(memory: QualityMemory) -> Numbers:
    """Counts as [the candidate's, bad ones, stable's, bad ones], and ln of the evidence to pass."""
    found: Numbers = {}
    answers = memory.answers
    if answers.of:
        found["answers"] = [*_rounded(answers.tally), answers.of]
        found["twice"] = _rounded(answers.twice)
        found["evidence"] = round(answers.ln_proof, _DIGITS)
        found["faults"] = _rounded(memory.faults.tally)
    if memory.losses is not None:
        found["losses"] = _rounded(memory.losses.tally)
        found["lossesEvidence"] = round(memory.losses.ln_proof, _DIGITS)
    live = memory.live
    if live is not None:
        found["bodies"] = _rounded(live.bodies.tally)
        found["odd"] = {path: _rounded(each.tally) for path, each in live.odd.items()}
        found["variation"] = {
            path: round(each.distance, _DIGITS) for path, each in live.outputs.items()
        }
    return found


def excused(standing: Sequence[Standing], state: State) -> Iterator[tuple[Standing, float, str]]:
    """Each limit that the candidate breaks; whether it is to blame is asked before this.

    Yields where the check stands, ln of the odds that the limit is broken, and the excuse.
    """
    for each in standing:
        found = each.check.excuse(state.memory_of(each.check.name))
        if found is not None:
            yield (each, *found)


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, _DIGITS) for value in values]

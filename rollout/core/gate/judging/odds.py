"""What a state says: where every check stands, as numbers that are stored and as what decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.checks.check import Action, HarmCheck
from rollout.core.gate.checks.table import checks_of
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy

_DIGITS = 4

Numbers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """One check and ln of its odds of harm. `decides`: it does more than report.

    `pause`: for how many minutes it only holds, after the first of two alarms.
    """

    check: HarmCheck[Any]
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


def standings(policy: GatePolicy, state: State) -> list[Standing]:
    """Return where every check stands, in the order in which they are judged."""
    return standing_of(watched(policy, state), state)


def standing_of(checks: Sequence[HarmCheck[Any]], state: State) -> list[Standing]:
    """Return where these checks stand."""
    found = []
    for check in checks:
        memory = state.memories[check.name]
        found.append(Standing(check, check.ln_odds(memory), check.pause_left(memory)))
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
    return found


def excused(standing: Sequence[Standing], state: State) -> Iterator[tuple[Standing, float, str]]:
    """Each limit that the candidate breaks; whether it is to blame is asked before this.

    Yields where the check stands, ln of the odds that the limit is broken, and the excuse.
    """
    for each in standing:
        found = each.check.excuse(state.memories[each.check.name])
        if found is not None:
            yield (each, *found)


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, _DIGITS) for value in values]

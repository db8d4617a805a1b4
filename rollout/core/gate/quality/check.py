"""What a policy asks of predictions: one charge for each way in which they are judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollout.core.gate.checks.check import Action, Charge, Tallies
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.quality import wording
from rollout.core.gate.quality.answers import Answers
from rollout.core.gate.quality.live import NOT_MEANT, ODD, Odd, Seen
from rollout.core.gate.quality.losses import TOLERATED, Losses
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.gate.quality.usual import Constant
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.quality_model import Difference, Quality

_ACTIONS = {
    Difference.HOLD: Action.HOLD,
    Difference.ROLLBACK: Action.ROLLBACK,
    Difference.EXPECTED: Action.REPORT,
}


@dataclass(frozen=True, kw_only=True)
class AnswersDiffer(Charge[Answers]):
    def ln_odds(self, memory: Answers) -> float:
        return memory.ln_harm

    def seen(self, memory: Answers, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.differing(memory)


@dataclass(frozen=True, kw_only=True)
class LosesMore(Charge[Losses]):
    def ln_odds(self, memory: Losses) -> float:
        return memory.process.ln_wealth

    def seen(self, memory: Losses, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.losses(memory)


@dataclass(frozen=True, kw_only=True)
class Faulty(Charge[Odd]):
    """`words` says how often which fault was seen; "" before the first."""

    words: str

    def ln_odds(self, memory: Odd) -> float:
        return memory.stream.process.ln_wealth

    def seen(self, memory: Odd, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.faulty(memory, self.words)


@dataclass(frozen=True, kw_only=True)
class AlwaysTheSame(Charge[Constant]):
    def ln_odds(self, memory: Constant) -> float:
        return memory.ln_harm

    def seen(self, memory: Constant, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.constant(memory)


@dataclass(frozen=True, kw_only=True)
class BadBodies(Charge[Seen]):
    def ln_odds(self, memory: Seen) -> float:
        return memory.bodies.stream.process.ln_wealth

    def seen(self, memory: Seen, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.bodies(memory)


@dataclass(frozen=True, kw_only=True)
class OutputsShift(Charge[Seen]):
    def ln_odds(self, memory: Seen) -> float:
        return memory.ln_outputs

    def seen(self, memory: Seen, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.shifted(memory)


@dataclass(frozen=True, kw_only=True)
class OddOutputs(Charge[Seen]):
    def ln_odds(self, memory: Seen) -> float:
        return memory.ln_odd

    def seen(self, memory: Seen, totals: Totals, tallies: Tallies) -> str:
        del totals, tallies
        return wording.odd(memory)


def charges(
    policy: GatePolicy, quality: Quality | None, memory: QualityMemory | None
) -> list[Charge[Any]]:
    """Return what predictions are charged with, as far as anything was seen, in order."""
    if quality is None or memory is None:
        return []
    found: list[Charge[Any]] = []
    if memory.answers.of:
        found += _of_answers(policy, quality, memory)
    if memory.live is not None:
        found += _of_live(policy, memory.live)
    return [
        replace(each, action=Action.REPORT) if each.name in policy.observe_only else each
        for each in found
    ]


def _of_answers(
    policy: GatePolicy, quality: Quality, memory: QualityMemory
) -> Sequence[Charge[Any]]:
    budget, compared = policy.budget, quality.compared
    found: list[Charge[Any]] = [
        AnswersDiffer(
            name=Check.ANSWERS.value,
            title="the candidate answers differently",
            limit=f"tolerated {compared.tolerance:.1%} of the inputs",
            alpha=budget.answers,
            action=_ACTIONS[quality.difference],
        ),
        Faulty(
            name=Check.FAULTS.value,
            title="the candidate answers what no release is meant to answer",
            limit=f"tolerated {wording.line(NOT_MEANT)}",
            alpha=budget.faults,
            action=Action.ROLLBACK,
            words=wording.kinds(memory.fault_words),
        ),
        AlwaysTheSame(
            name=Check.CONSTANT.value,
            title="the candidate predicts one and the same where stable does not",
            limit="tolerated half of those",
            alpha=budget.constant,
            action=Action.ROLLBACK,
        ),
    ]
    if memory.losses is not None:
        found.append(
            LosesMore(
                name=Check.LOSSES.value,
                title="the candidate is worse by the labels",
                limit=f"tolerated {100 * TOLERATED:g} points",
                alpha=budget.losses,
                action=Action.HOLD,
            )
        )
    return found


def _of_live(policy: GatePolicy, live: Seen) -> Sequence[Charge[Any]]:
    budget = policy.budget
    found: list[Charge[Any]] = [
        BadBodies(
            name=Check.BODIES.value,
            title="the candidate's live answers are not what every answer must be",
            limit=f"tolerated {wording.line(NOT_MEANT)}",
            alpha=budget.bodies,
            action=Action.ROLLBACK,
        )
    ]
    if live.outputs:
        found.append(
            OutputsShift(
                name=Check.OUTPUTS.value,
                title="the candidate's live outputs are distributed otherwise",
                limit="tolerated what the policy says of each output",
                alpha=budget.outputs,
                action=Action.HOLD,
            )
        )
    if live.odd:
        found.append(
            OddOutputs(
                name=Check.ODD.value,
                title="more of the candidate's live outputs are null or out of range",
                limit=f"tolerated {wording.line(ODD)}",
                alpha=budget.odd,
                action=Action.HOLD,
            )
        )
    return found

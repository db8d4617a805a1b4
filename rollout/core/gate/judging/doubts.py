"""What predictions ask a person: whether a change is meant.

A hold for anything else ends by itself. This one does not, as long as nothing new is compared.
"""

from collections.abc import Iterator, Mapping
from math import log
from typing import Any

from rollout.core.gate.checks.check import Action
from rollout.core.gate.judging import sentences
from rollout.core.gate.judging.judge import SUSPICIOUS
from rollout.core.gate.judging.odds import standing_of, standings
from rollout.core.gate.judging.state import State
from rollout.core.gate.judging.verdicts import Doubt
from rollout.core.gate.quality.check import charges
from rollout.core.gate.quality.proof import proofs
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.quality_model import Quality

_FED_BY_PROBES = frozenset(
    {Check.PROBES, Check.ANSWERS, Check.LOSSES, Check.FAULTS, Check.CONSTANT}
)


def doubted(policy: GatePolicy, stored: Mapping[str, Any], quality: Quality | None) -> Doubt | None:
    """Return what predictions hold a rollout for, None where they do not.

    Args:
        policy: The gate policy, in which accepted checks are among those that only report.
        stored: The state.
        quality: The frozen policy of predictions; None: none are judged.
    """
    found: dict[str, str] = {}
    for name, sentence in _doubts(policy, State.load(stored), quality):
        found.setdefault(name, sentence)
    return Doubt(tuple(found), "; ".join(found.values())) if found else None


def undecided(policy: GatePolicy, stored: Mapping[str, Any], quality: Quality | None) -> bool:
    """Say whether only further probes can end a hold: a check that they feed leans towards harm.

    Arguments as of `doubted`.
    """
    return any(
        each.decides
        and each.check.name in _FED_BY_PROBES
        and SUSPICIOUS * each.check.ln_needed <= each.ln < each.check.ln_needed
        for each in standings(policy, State.load(stored), quality)
    )


def _doubts(policy: GatePolicy, state: State, quality: Quality | None) -> Iterator[tuple[str, str]]:
    """Yield each check that asks, with its sentence: what is proven before what is unclear."""
    for each in standing_of(charges(policy, quality, state.quality), state):
        if each.check.action is Action.HOLD and each.proven:
            yield each.check.name, sentences.held(state, each)
    sent = 0 if state.probes is None else state.probes.sent
    needed = log(1 / policy.budget.advance)
    for proof in proofs(policy, quality, state.quality, sent=sent, needed=needed):
        if proof.unclear:
            yield proof.check.value, sentences.unclear(state, proof)

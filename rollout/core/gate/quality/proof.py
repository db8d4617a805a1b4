"""What answers must show before a stage is passed, and what becomes of a set that says too little.

Evidence is that the limit is excluded (`answers`, `losses`). Where every distinct input there is
was compared, nothing is left to infer: the share is known. Answers then pass if no more than the
tolerance differ, and losses if the candidate is worse by no more than the limit. A whole set that
shows more, and not enough to be called harm, is *unclear*: a person decides.

Inputs that some side never answers cannot be compared. So a set counts as compared, too, once it
was sent `ROUNDS` times.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rollout.core.gate.quality import inputs
from rollout.core.gate.quality.losses import LIMIT
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.policy.quality_model import Difference, Quality

ROUNDS = 3


@dataclass(frozen=True)
class Proof:
    """What is shown of one thing that answers must show.

    `ln` are ln of the odds so far, `needed` those that are enough. `left` are the inputs that were
    not compared yet, of `of`; with 0 left the whole set is known, and `good` says whether it may
    pass by that.
    """

    check: Check
    what: str
    ln: float
    needed: float
    left: int
    of: int
    good: bool

    @property
    def passed(self) -> bool:
        return self.ln >= self.needed or (not self.left and self.good)

    @property
    def unclear(self) -> bool:
        """More pairs would show nothing new, and it is not passed."""
        return not self.left and not self.passed


def decides(policy: GatePolicy, quality: Quality | None) -> bool:
    """Say whether answers to probes have to show anything before a stage is passed."""
    return quality is not None and any(_asked(policy, quality))


def proofs(
    policy: GatePolicy,
    quality: Quality | None,
    memory: QualityMemory | None,
    *,
    sent: int,
    needed: float,
) -> Iterator[Proof]:
    """Yield what answers must show and how far they are; nothing before any were compared.

    Args:
        policy: The frozen gate policy.
        quality: The frozen policy of predictions.
        memory: What is remembered of them.
        sent: The pairs sent in the rollout.
        needed: ln of the odds that are enough.
    """
    if quality is None or memory is None or not memory.answers.of:
        return
    answers, (of_answers, of_losses) = memory.answers, _asked(policy, quality)
    left = 0
    if sent < ROUNDS * answers.of:
        left = max(answers.of - inputs.count(answers.runs), 0)
    if of_answers:
        good = answers.share <= quality.compared.tolerance
        yield Proof(Check.ANSWERS, "answers", answers.ln_proof, needed, left, answers.of, good)
    losses = memory.losses
    if of_losses and losses is not None:
        good = losses.worse <= LIMIT
        yield Proof(Check.LOSSES, "labels", losses.ln_proof, needed, left, answers.of, good)


def _asked(policy: GatePolicy, quality: Quality) -> tuple[bool, bool]:
    """Whether answers decide, and whether labels do."""
    watched = set(Check) - set(policy.observe_only)
    return (
        quality.difference is not Difference.EXPECTED and Check.ANSWERS in watched,
        quality.probed is not None and Check.LOSSES in watched,
    )

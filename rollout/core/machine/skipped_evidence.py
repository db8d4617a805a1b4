"""What an operator's `advance` goes on without: the gate's verdict on the stage that bakes."""

from collections.abc import Mapping

from rollout.core.gate import Verdict
from rollout.core.machine.wanted import wanted_share
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Command
from rollout.errors import RefusedError


def evidence_skipped(rollout: Rollout, command: Command) -> dict[str, str]:
    """Return the verdict and its evidence that `advance` goes on without; empty if it passed.

    An approval is asked for only once the gate let the stage pass; later minutes may lack evidence
    again without taking that back, but not lean towards harm.

    Raises:
        RefusedError: It did not pass, and the command does not say to skip that.
    """
    baking, hold = rollout.baking, rollout.hold
    verdict = baking.verdict if baking is not None else ""
    approves = hold is not None and hold.reason is HoldReason.APPROVAL
    if verdict == Verdict.ADVANCE or (approves and verdict != Verdict.HOLD):
        return {}
    evidence = baking.evidence if baking is not None else ""
    skipped = {"verdict": verdict, "evidence": evidence or "no minute was judged yet"}
    if not command.skip_evidence:
        raise RefusedError(
            f"the gate has not passed {wanted_share(rollout)}: {told(skipped)}; wait, or send "
            '"skip_evidence": true to go on without'
        )
    return skipped


def told(skipped: Mapping[str, str]) -> str:
    """Return both as a sentence has them."""
    return f"{skipped['verdict'] or 'no verdict'}: {skipped['evidence']}"

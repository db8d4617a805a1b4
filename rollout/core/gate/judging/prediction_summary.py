"""What a state says of predictions, for whoever shows it or sends probes, and does not judge."""

from collections.abc import Mapping
from math import log
from typing import Any

from rollout.core.gate.judging.state import State
from rollout.core.gate.quality import wording
from rollout.core.gate.quality.live import Seen
from rollout.core.gate.quality.memory import QualityMemory
from rollout.core.gate.quality.proof import decides, proofs
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Quality

Stored = Mapping[str, Any]


def answers_wanted(policy: GatePolicy, quality: Quality | None, stored: Stored) -> bool:
    """Say whether more pairs would help to pass: answers have to show something and do not yet."""
    if not decides(policy, quality):
        return False
    state = State.load(stored)
    if state.quality is None or not state.quality.answers.of:
        return True
    needed = log(1 / policy.budget.advance)
    found = proofs(policy, quality, state.quality, sent=_sent(state), needed=needed)
    return any(each.left and not each.passed for each in found)


def answers_told(quality: Quality | None, stored: Stored) -> dict[str, Any]:
    """What is known of predictions, under the names that views have; empty where nothing is.

    Returns:
        text: Both sides' answers in a sentence ("19 of 240 answers differ (8 %): ...");
        compared, inputs, differing: inputs compared, there are, and answered differently;
        changes: by first difference; askedTwice, differedTwice: inputs that stable answered twice,
        and in two ways; pairs, faulty, stableFaulty, faults: of every pair with answers;
        labels: labelled inputs, both sides' mean loss, and by how much the candidate is worse;
        live: answers, failed, odd and total variation of live answers.
        Parts of which nothing was seen are left out.
    """
    memory = State.load(stored).quality
    if quality is None or memory is None:
        return {}
    told: dict[str, Any] = _of_answers(memory) if memory.answers.of else {}
    if memory.losses is not None:
        labelled, candidate, stable = memory.losses.tally
        told["labels"] = {
            "labelled": labelled,
            "candidateLoss": candidate / labelled,
            "stableLoss": stable / labelled,
            "worse": memory.losses.worse,
        }
    if memory.live is not None:
        told["live"] = _of_live(memory.live)
    return told


def _of_answers(memory: QualityMemory) -> dict[str, Any]:
    answers, faults = memory.answers, memory.faults
    return {
        "text": wording.differing(answers),
        "compared": answers.tally[0],
        "inputs": answers.of,
        "differing": answers.tally[1],
        "changes": dict(answers.changes),
        "askedTwice": answers.twice[0],
        "differedTwice": answers.twice[1],
        "pairs": faults.tally[0],
        "faulty": faults.tally[1],
        "stableFaulty": faults.tally[3],
        "faults": dict(memory.fault_words),
    }


def _of_live(live: Seen) -> dict[str, Any]:
    candidate, failed, stable, stable_failed = live.bodies.tally
    return {
        "candidate": candidate,
        "candidateFailed": failed,
        "stable": stable,
        "stableFailed": stable_failed,
        "odd": {path: [each.tally[1], each.tally[3]] for path, each in live.odd.items()},
        "variation": {path: each.distance for path, each in live.outputs.items()},
    }


def _sent(state: State) -> int:
    return 0 if state.probes is None else state.probes.sent

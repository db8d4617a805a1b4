"""Both sides' answers to one input become what may leave the adapter: an `AnswerPair`."""

from collections.abc import Sequence
from typing import Any

from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Labelled, OutputKind, Quality
from rollout.core.predictions.bodies import Body, read_body
from rollout.core.predictions.comparing import (
    Comparison,
    first_difference,
    key_of,
    missing_paths,
)
from rollout.core.predictions.contracts import breaches
from rollout.core.predictions.faults import FAULT_CHARACTERS, faults_of
from rollout.core.predictions.labels import safe_line
from rollout.core.predictions.scoring import loss_of
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.learnt_contract import LearntContract

_NOTHING = LearntContract()


def compare(
    quality: Quality,
    expect: Expectation | None,
    *,
    input: int,  # noqa: A002 - the word of the glossary, as in `AnswerPair`
    label: Any | None,
    candidate: bytes,
    stable: bytes,
    again: bytes | None,
    learnt: LearntContract = _NOTHING,
) -> AnswerPair:
    """Compare two answers with status 2xx to the same input; never raises.

    A fault of both sides at once says nothing of the candidate, and does not hide one that only
    one side has: it is told only where there is no other.

    Args:
        quality: The policy's part.
        expect: What the input's own sample request expects of the body; None: it is none.
        input: Its place among the distinct inputs.
        label: The input's label, scored as the policy's `probed` says; None: it has none. An
            answer that cannot be read has the worst loss.
        candidate: The candidate's body.
        stable: Stable's body.
        again: Stable's body when it was asked twice.
        learnt: What stable's earlier answers have in common (`contracts.learn`); counts where the
            policy's contract is learnt. Without it no field is known to be required.
    """
    how = comparison(quality)
    mine, theirs = read_body(candidate), read_body(stable)
    expects = (quality.expect,) if expect is None else (expect, quality.expect)
    change = first_difference(how, theirs, mine)
    own = _faults(quality, how, expects, mine, learnt)
    other = _faults(quality, how, expects, theirs, learnt)
    return AnswerPair(
        input=input,
        candidate=Answer(_told(own, other), key_of(how, mine), _loss(quality, mine, label)),
        stable=Answer(_told(other, own), key_of(how, theirs), _loss(quality, theirs, label)),
        differs=bool(change),
        change=change,
        again=None if again is None else bool(first_difference(how, theirs, read_body(again))),
    )


def comparison(quality: Quality) -> Comparison:
    """Return what answers are compared by.

    Live outputs and the contract's fields say which paths hold labels, and which hold numbers.
    """
    kinds: dict[str, OutputKind] = {}
    if quality.live is not None:
        kinds = {output.path: output.kind for output in quality.live.outputs}
    if quality.contract is not None:
        for path, rule in quality.contract.fields.items():
            if rule.labels is not None:
                kinds[path] = OutputKind.LABEL
            elif rule.range is not None or rule.sums_to is not None:
                kinds[path] = OutputKind.NUMBER
    added = quality.contract is None or quality.contract.added
    return Comparison(quality.compared, added, kinds)


def _faults(
    quality: Quality,
    how: Comparison,
    expects: Sequence[Expectation],
    body: Body,
    learnt: LearntContract,
) -> tuple[str, ...]:
    found = [*faults_of(body, expects, quality.contract)]
    if body.is_read:
        lacking = missing_paths(how, body.document)
        found += (safe_line(f"no '{path}'", FAULT_CHARACTERS) for path in lacking)
    if quality.contract is not None:
        found += breaches(quality.contract, learnt, body)
    return tuple(dict.fromkeys(found))


def _told(faults: Sequence[str], others: Sequence[str]) -> str:
    own = [fault for fault in faults if fault not in others]
    common_only = set(faults) == set(others)
    return own[0] if own else faults[0] if faults and common_only else ""


def _loss(quality: Quality, body: Body, label: Any | None) -> float | None:
    labelled: Labelled | None = quality.probed
    if labelled is None or label is None:
        return None
    return loss_of(labelled, body.document, label)

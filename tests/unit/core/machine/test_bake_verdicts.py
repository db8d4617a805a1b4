"""What too little evidence, silence and an approval mean for a stage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.policy.model import Approval, OnInconclusive, Stage
from rollout.core.records.outlook import EvidenceFrom, Outlook
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from tests.support.bakes import (
    baked,
    hold_of,
    with_policy,
)
from tests.support.builders import (
    POLICY,
    after,
    metrics,
    rollout_of,
    side,
    some_minutes,
)


@pytest.mark.parametrize(
    ("choice", "failed", "phase", "reason"),
    [
        (OnInconclusive.HOLD, 0, Phase.BAKING, HoldReason.INCONCLUSIVE),
        (OnInconclusive.ROLLBACK, 0, Phase.ROLLING_BACK, None),
        (OnInconclusive.ADVANCE_IF_CLEAN, 0, Phase.SHIFTING, None),
        (OnInconclusive.ADVANCE_IF_CLEAN, 1, Phase.BAKING, HoldReason.INCONCLUSIVE),
    ],
)
def test_too_little_evidence_ends_as_the_policy_says(
    choice: OnInconclusive, failed: int, phase: Phase, reason: HoldReason | None
) -> None:
    few = metrics(
        *some_minutes(1, side(1, failed), side(900), after(1)),
        *some_minutes(59, side(1), side(900), after(2)),
    )
    gate = replace(POLICY.gate, max_bake=timedelta(minutes=60))
    decision = baked(few, with_policy(on_inconclusive=choice, gate=gate), now=after(62))
    assert (rollout_of(decision).phase, hold_of(decision)) == (phase, reason)


@pytest.mark.parametrize(
    ("foreseen", "phase", "reason"),
    [
        (EvidenceFrom.NOWHERE, Phase.SHIFTING, None),
        (EvidenceFrom.LIVE, Phase.BAKING, HoldReason.INCONCLUSIVE),
        (None, Phase.BAKING, HoldReason.INCONCLUSIVE),
    ],
)
def test_without_evidence_a_clean_stage_passes_where_that_was_foreseen(
    foreseen: EvidenceFrom | None, phase: Phase, reason: HoldReason | None
) -> None:
    """A good candidate that lacks what nearly all others find is for a person to look at."""
    few = metrics(*some_minutes(60, side(1), side(900), after(1)))
    gate = replace(POLICY.gate, max_bake=timedelta(minutes=60))
    outlook = Outlook(1, () if foreseen is None else (foreseen,) * 3)
    rollout = replace(with_policy(on_inconclusive=OnInconclusive.AUTO, gate=gate), outlook=outlook)
    decision = baked(few, rollout, now=after(62))
    assert (rollout_of(decision).phase, hold_of(decision)) == (phase, reason)
    said = [entry.text for entry in decision.history if "advanced without evidence" in entry.text]
    assert bool(said) is (phase is Phase.SHIFTING)


def test_what_is_not_clean_goes_on_where_no_evidence_was_foreseen() -> None:
    """One failure among sixty requests says little; the next ones say more, to the deadline."""
    few = metrics(
        *some_minutes(1, side(1, 1), side(900), after(1)),
        *some_minutes(59, side(1), side(900), after(2)),
    )
    gate = replace(POLICY.gate, max_bake=timedelta(minutes=60))
    outlook = Outlook(1, (EvidenceFrom.NOWHERE,) * 3)
    rollout = replace(with_policy(on_inconclusive=OnInconclusive.AUTO, gate=gate), outlook=outlook)
    decision = baked(few, rollout, now=after(62))
    baking = rollout_of(decision).baking
    assert (rollout_of(decision).phase, hold_of(decision)) == (Phase.BAKING, None)
    assert baking is not None
    assert baking.verdict == "inconclusive"
    silent = metrics(*some_minutes(60, None, None, after(1)))
    assert hold_of(baked(silent, rollout, now=after(62))) is HoldReason.INCONCLUSIVE


@pytest.mark.parametrize("choice", list(OnInconclusive))
def test_silence_never_advances_and_never_rolls_back(choice: OnInconclusive) -> None:
    silent = metrics(*some_minutes(60, None, None, after(1)))
    decision = baked(silent, with_policy(on_inconclusive=choice), now=after(62))
    assert rollout_of(decision).phase is Phase.BAKING
    assert hold_of(decision) is HoldReason.INCONCLUSIVE


@pytest.mark.parametrize("choice", list(OnInconclusive))
def test_silence_after_good_minutes_never_advances_and_never_rolls_back(
    choice: OnInconclusive,
) -> None:
    fell_silent = metrics(
        *some_minutes(3, side(9), side(900), after(1)), *some_minutes(57, None, None, after(4))
    )
    decision = baked(fell_silent, with_policy(on_inconclusive=choice), now=after(62))
    assert rollout_of(decision).phase is Phase.BAKING
    assert hold_of(decision) is HoldReason.INCONCLUSIVE


def test_a_next_stage_with_approval_waits_for_a_person() -> None:
    asks = with_policy(stages=(POLICY.stages[0], Stage(50, approval=Approval.ANYBODY), Stage(100)))
    assert hold_of(baked(rollout=asks)) is HoldReason.APPROVAL
    approved = replace(asks, approved_stage=1)
    assert rollout_of(baked(rollout=approved)).phase is Phase.SHIFTING

"""What live answers add to a conclusion, and what they cause while stable is kept."""

from dataclasses import replace

from rollout.core.gate import begin_stage, judge, opened
from rollout.core.machine.conclusion import Conclusion, wait
from rollout.core.machine.judged import judged_document, moment_of
from rollout.core.machine.live_told import look_in_keep, with_live_told
from rollout.core.machine.look import look_at
from rollout.core.machine.transitions import Finding
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live, Quality
from rollout.core.records.collected import Collected
from rollout.core.records.phases import Phase
from rollout.core.records.predictions import Batch, PredictionsSeen, SideBatch
from rollout.core.records.rollout import Cause, Rollout
from tests.support.builders import (
    GREEN,
    KNOWN_OF_STABLE,
    NOW,
    POLICY,
    a_current,
    a_rollout,
    after,
    ours,
    seen,
)

JUDGED = replace(POLICY, quality=Quality(live=Live(expect=Expectation(absent=("error",)))))
SILENT = Collected(silent="blue does not collect")
TOLD = "live answers are not judged as the policy asks: blue does not collect"
KEPT = a_rollout(
    Phase.PROMOTED,
    policy=JUDGED,
    gate=begin_stage(opened(POLICY.gate, KNOWN_OF_STABLE, 60.0), 1, 50),
)


def baking(collected: Collected = SILENT) -> Rollout:
    return a_rollout(Phase.BAKING, policy=JUDGED, collected=collected)


def test_where_a_rollout_goes_on_or_is_held_it_says_what_was_not_judged() -> None:
    for finding in (Finding.STAGE_PASSED, Finding.ALL_PASSED, Finding.UNCLEAR):
        told = with_live_told(Conclusion(finding, baking(), "healthy"))
        assert told.text == f"healthy; {TOLD}"
    assert with_live_told(wait(baking(), "healthy")).text == "healthy"


def test_another_notice_goes_first() -> None:
    """Operators are told at the next look then."""
    other = replace(wait(baking()), notice="the plan failed")
    assert with_live_told(other) == other

    told = with_live_told(wait(baking()))
    assert (told.notice, told.rollout.collected.told) == (TOLD, True)


def kept(*batches: Batch) -> Conclusion | None:
    observed = seen({GREEN: 100}, ours(1), predictions=PredictionsSeen(batches))
    look = look_at(a_current(KEPT), observed, after(5), first_look=True)
    return look_in_keep(look)[2]


def test_harm_in_the_keep_is_a_conclusion_that_can_be_given_again() -> None:
    good = Batch(after(1), SideBatch(60), SideBatch(600))
    assert kept(good) is None

    found = kept(good, *(Batch(after(n), SideBatch(60, 60), SideBatch(60)) for n in (2, 3, 4)))
    assert found is not None
    assert (found.finding, found.cause) == (Finding.HARM, Cause.GATE)
    again = judge(
        POLICY.gate, found.rollout.gate, moment_of(found.rollout, after(5)), quality=JUDGED.quality
    )
    assert found.data == judged_document(found.rollout, again, moment_of(found.rollout, after(5)))
    assert found.text == again.text


def test_where_live_answers_are_not_judged_the_keep_is_as_it_was() -> None:
    plain = a_rollout(Phase.PROMOTED)
    look = look_at(a_current(plain), seen({GREEN: 100}, ours(1)), NOW, first_look=True)

    assert look_in_keep(look) == (look, (), None)


def test_a_verdict_says_what_an_operator_accepted() -> None:
    rollout = replace(KEPT, accepted=("answers",))
    verdict = judge(POLICY.gate, rollout.gate, moment_of(rollout, NOW))

    found = judged_document(rollout, verdict, moment_of(rollout, NOW))
    assert found["accepted"] == ["answers"]
    assert "accepted" not in judged_document(KEPT, verdict, moment_of(KEPT, NOW))

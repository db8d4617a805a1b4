"""Before any traffic both sides answer a golden set, over as many passes as it takes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.policy.model import Approval
from rollout.core.predictions.golden_verdict import rejudged
from rollout.core.records.examination import ExamVerdict
from rollout.core.records.failures import FailureKind
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from tests.doubles.seam import CrashError, raising
from tests.support.stories.azure import Behaviour
from tests.support.stories.examined import (
    GOLDEN,
    QUALITY,
    ROWS,
    TRIED,
    held_text,
    sent,
    trial,
    wrong_in,
)
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, held_for, succeeds
from tests.support.stories.stage import Story


def judged_again(story: Story) -> list[tuple[ExamVerdict, str]]:
    """The verdicts of the history's rows, computed from those rows alone."""
    rows = [each.data["golden"] for each in story.history() if "golden" in each.data]
    found = [rejudged(each) for each in rows]
    assert [verdict.value for verdict, _ in found] == [each["verdict"] for each in rows]
    return found


def test_an_equal_candidate_goes_on_once_every_row_was_answered_once() -> None:
    story = trial()

    story.until_phase(Phase.SHIFTING, within=HOUR)

    assert sent(story) == list(range(ROWS))
    assert len(story.scoring.examined) > 3
    assert story.rollout.exam.verdict is ExamVerdict.PASSED
    change = story.history()[-1]
    assert "300 rows: accuracy 100.0 % (exact interval 98.8 % to 100.0 %)" in change.text
    assert change.data["golden"]["candidate"]["value"] == 1.0
    assert judged_again(story) == [(ExamVerdict.PASSED, story.rollout.exam.text)]
    succeeds(story)


def test_a_candidate_ten_points_worse_fails_and_its_version_is_quarantined() -> None:
    story = trial(wrong_in(10))

    story.until_quiet(within=HOUR)

    assert story.phase is Phase.FAILED
    assert story.rollout.failure is FailureKind.ANSWERS
    assert story.offer_of("2").state is OfferState.QUARANTINED
    assert "10 points worse than stable, 1 point allowed" in story.rollout.cause_text
    assert judged_again(story) == [(ExamVerdict.FAILED, story.rollout.cause_text)]
    check(story)


@pytest.mark.parametrize("after", [False, True], ids=["not saved", "saved"])
def test_a_crash_repeats_a_slice_and_counts_no_row_twice(after: bool) -> None:  # noqa: FBT001
    story = trial()
    story.until(lambda: len(sent(story)) > 0)
    before = story.rollout.exam.done

    # The next slice is sent, and the process dies around its commit.
    once = story.seam.once_after if after else story.seam.once_before
    once("store.commit", raising(CrashError()))
    story.pass_time(2 * MINUTE)
    story.until_phase(Phase.SHIFTING, within=HOUR)

    assert before < ROWS
    assert set(sent(story)) == set(range(ROWS))
    scores = story.rollout.exam.scores
    assert scores["paired"]["rows"] == scores["candidate"]["rows"] == ROWS
    check(story)


def test_a_429_slows_the_set_down_and_leaves_no_row_out() -> None:
    story = trial()
    turns = iter(range(10**6))

    def busy(version: str, body: bytes) -> tuple[int, bytes]:
        if next(turns) in (200, 201, 350):
            return 429, b""
        return story.clients.predict(version, body)

    story.scoring.predict = busy
    story.until_phase(Phase.SHIFTING, within=HOUR)

    assert sent(story) == list(range(ROWS))
    exam = story.rollout.exam
    assert (exam.verdict, exam.stops) == (ExamVerdict.PASSED, 3)
    slices = [len(each.pairs) for each in story.scoring.examined]
    assert max(slices[-3:]) < max(slices)
    check(story)


def test_a_set_too_small_for_its_margin_holds_for_a_person_whose_advance_goes_on() -> None:
    story = trial(rows=20)

    story.until(lambda: story.rollout.hold is not None, within=HOUR)

    assert (story.phase, held_for(story)) == (Phase.VALIDATING, HoldReason.GOLDEN)
    assert "one row moves it by 5 points: too small a set to tell, write 100 rows" in held_text(
        story
    )
    story.pass_time(HOUR)
    assert story.phase is Phase.VALIDATING
    assert sent(story) == list(range(20))

    outcome = story.command(Verb.ADVANCE)

    assert "without the golden set's proof" in outcome.answer.text
    story.until_phase(Phase.SHIFTING, within=HOUR)
    assert story.rollout.exam.verdict is ExamVerdict.ACCEPTED
    succeeds(story)


def test_resume_sends_the_set_once_more() -> None:
    story = trial(rows=20)
    story.until(lambda: story.rollout.hold is not None, within=HOUR)

    story.command(Verb.RESUME)
    story.until(lambda: story.rollout.hold is not None, within=HOUR)

    assert sent(story) == 2 * list(range(20))
    assert story.rollout.exam.scores["paired"]["rows"] == 20


def test_a_set_that_takes_too_long_holds_and_resume_goes_on_where_it_was() -> None:
    slow = replace(GOLDEN, rate=10, time=timedelta(minutes=10))
    story = trial(quality=replace(QUALITY, golden=slow))

    story.until(lambda: story.rollout.hold is not None, within=HOUR)

    assert held_for(story) is HoldReason.GOLDEN
    done = story.rollout.exam.done
    assert 50 < done < ROWS
    assert f"{done} of 300 rows of the golden set were answered within 0:10:00" in held_text(story)
    story.command(Verb.RESUME)
    story.until(lambda: story.rollout.exam.done > done and story.rollout.hold is not None)
    assert sent(story) == list(range(story.rollout.exam.done))


def test_a_first_deployment_is_held_to_the_absolute_limits_alone() -> None:
    story = Story(replace(POLICY, quality=replace(QUALITY, golden=replace(GOLDEN, least=0.95))))
    story.bundle.golden = ROWS
    story.serves("1", Behaviour(answers=wrong_in(10)))

    story.register("1")
    story.until_quiet(within=HOUR)

    assert story.phase is Phase.FAILED
    assert "accuracy 90.0 % (exact interval 86.0 % to 93.2 %)" in story.rollout.cause_text
    assert "the least allowed is 95.0 %" in story.rollout.cause_text
    assert "stable" not in story.rollout.cause_text


def test_a_set_that_the_service_does_not_take_holds_and_is_no_proof() -> None:
    """Both sides refuse its rows, and are equally wrong."""

    def refuses(number: int) -> tuple[int, Any]:
        del number
        return 400, {"detail": "no field 'data'"}

    story = trial(refuses, stable=Behaviour(answers=refuses))

    story.until(lambda: story.rollout.hold is not None, within=HOUR)

    assert held_for(story) is HoldReason.GOLDEN
    assert "300 rows got no prediction from either side" in held_text(story)


def test_a_row_that_cannot_be_scored_fails_validation_and_blames_no_model() -> None:
    story = trial()
    story.bundle.golden_fault = "golden.jsonl, line 17: The row has no label."

    story.until_quiet(within=HOUR)

    assert story.phase is Phase.FAILED
    assert story.rollout.failure is FailureKind.SAMPLE
    assert "line 17" in story.rollout.cause_text
    assert story.offer_of("2").state is OfferState.REJECTED


def test_a_set_that_changes_meanwhile_ends_the_rollout_and_the_version_is_offered_again() -> None:
    story = trial()
    story.until(lambda: len(sent(story)) > 0)
    first = story.rollout.id

    story.bundle.digest = "template-2"
    story.until(lambda: story.rollout.id != first, within=HOUR)
    story.until_phase(Phase.SHIFTING, within=2 * HOUR)

    assert story.rollout.exam.verdict is ExamVerdict.PASSED
    assert story.rollout.exam.scores["paired"]["rows"] == ROWS
    check(story)


@pytest.mark.parametrize("suspended", [True, False], ids=["suspended", "paused"])
def test_nothing_is_sent_in_a_halt(suspended: bool) -> None:  # noqa: FBT001 - a table's column
    story = trial()
    story.until(lambda: len(sent(story)) > 0)
    if suspended:
        story.settings(suspended=True)
    else:
        story.command(Verb.PAUSE)
    before = len(sent(story))

    story.pass_time(HOUR)
    assert len(sent(story)) == before
    if suspended:
        story.settings(suspended=False)
    else:
        story.command(Verb.RESUME)
    story.until_phase(Phase.SHIFTING, within=HOUR)

    assert sent(story) == list(range(ROWS))


def test_an_approval_follows_the_proof() -> None:
    stages = (replace(POLICY.stages[0], approval=Approval.ANYBODY), *POLICY.stages[1:])
    story = Story(replace(TRIED, stages=stages))
    story.bundle.golden = 20
    story.adopt()
    story.pass_time(2 * MINUTE)
    story.register("2")
    story.until_phase(Phase.VALIDATING, within=HOUR)
    story.until(lambda: story.rollout.hold is not None, within=HOUR)
    assert held_for(story) is HoldReason.GOLDEN

    story.command(Verb.ADVANCE)
    story.pass_time(2 * MINUTE)
    assert held_for(story) is HoldReason.APPROVAL
    story.command(Verb.ADVANCE)

    assert story.phase is Phase.SHIFTING

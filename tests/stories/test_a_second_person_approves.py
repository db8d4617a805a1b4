"""A rollout that somebody started goes on only with somebody else, and nothing gets around that."""

from dataclasses import replace

import pytest

from rollout.core.policy.model import Approval
from rollout.core.records.offers import OfferSource
from rollout.core.records.orders import Proof, Starter
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError, SecondPersonError
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, SETTLED, held_for, succeeds
from tests.support.stories.stage import Story

ANN, BOB = Proof("1-ann"), Proof("2-bob")
APPROVED = tuple(replace(stage, approval=Approval.SECOND_PERSON) for stage in POLICY.stages)


def asks() -> Story:
    """Every stage asks for a second person."""
    story = Story(replace(POLICY, stages=APPROVED))
    story.adopt()
    story.pass_time(SETTLED)
    story.put_model("2")
    return story


def until_it_asks(story: Story) -> None:
    story.until(lambda: story.is_held, within=HOUR)
    assert held_for(story) is HoldReason.APPROVAL


def test_each_stage_asks_somebody_who_did_not_start_it() -> None:
    story = asks()
    story.offer("2", "ann@contoso", proof=ANN)
    for _ in story.policy.stages:
        until_it_asks(story)
        hold = story.rollout.hold
        assert hold is not None
        assert "a second person, not of ann@contoso, who started it" in hold.text
        with pytest.raises(SecondPersonError, match="started it"):
            story.command(Verb.ADVANCE, proof=ANN)
        story.command(Verb.ADVANCE, proof=BOB)
    succeeds(story)


def test_an_event_starts_what_any_person_may_approve_and_no_app() -> None:
    story = asks()
    story.event("2")
    until_it_asks(story)
    with pytest.raises(SecondPersonError, match="is an app"):
        story.command(Verb.ADVANCE, proof=Proof("3-app", app=True))
    with pytest.raises(SecondPersonError, match="no sign-in proves"):
        story.command(Verb.ADVANCE)
    story.command(Verb.ADVANCE, proof=ANN)
    assert story.phase is Phase.SHIFTING


def test_to_cancel_and_start_again_makes_nobody_a_second_person() -> None:
    story = asks()
    story.offer("2", "ann@contoso", proof=ANN)
    until_it_asks(story)
    story.command(Verb.CANCEL, proof=ANN)
    story.until_quiet(within=HOUR)
    story.event("2")
    story.pass_time(MINUTE)
    assert story.phase is Phase.SUPERSEDED
    story.command(Verb.RETRY, proof=ANN)
    until_it_asks(story)
    assert story.rollout.starter == Starter("ann", ANN.subject)
    with pytest.raises(SecondPersonError, match="ann started it"):
        story.command(Verb.ADVANCE, proof=ANN)
    check(story)


def test_to_change_the_template_makes_nobody_a_second_person() -> None:
    story = asks()
    story.offer("2", "ann@contoso", proof=ANN)
    until_it_asks(story)
    first = story.rollout.id
    story.bundle.digest = "template-2"
    story.until(lambda: story.rollout.id != first, within=HOUR)
    until_it_asks(story)
    assert story.rollout.created_by is OfferSource.START
    with pytest.raises(SecondPersonError, match="started it"):
        story.command(Verb.ADVANCE, proof=ANN)


def test_an_alert_and_a_resume_lead_around_no_approval() -> None:
    story = asks()
    story.offer("2", "ann@contoso", proof=ANN)
    until_it_asks(story)
    story.command(Verb.ADVANCE, proof=BOB)
    story.until_phase(Phase.BAKING, within=HOUR)
    story.alert("blue-0", window_end=story.clock.now)
    assert held_for(story) is HoldReason.ALERT
    with pytest.raises(SecondPersonError):
        story.command(Verb.ADVANCE, proof=ANN, skip_evidence=True)
    story.command(Verb.RESUME, proof=ANN)
    until_it_asks(story)
    assert story.rollout.stage == 0
    with pytest.raises(RefusedError, match="an approval is given with advance"):
        story.command(Verb.RESUME, proof=ANN)


def test_who_started_it_may_always_take_it_back() -> None:
    story = asks()
    story.offer("2", "ann@contoso", proof=ANN)
    until_it_asks(story)
    story.command(Verb.ADVANCE, proof=BOB)
    story.until_phase(Phase.BAKING, within=HOUR)
    story.command(Verb.ROLLBACK, proof=ANN)
    story.until_quiet(within=6 * HOUR)
    assert story.phase is Phase.ROLLED_BACK
    check(story)

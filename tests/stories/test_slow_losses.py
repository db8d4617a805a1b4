"""Every release is within the tolerance of the one before it; together they lose too much."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.policy.gate_model import ErrorsCheck, Margin, OnCreep
from rollout.core.policy.model import Policy, Stage
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from tests.support.stories.audits import verdicts_computed_again
from tests.support.stories.azure import Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story

HOUR = timedelta(hours=1)
GOOD = ("1", "2", "3", "4")
WORSE = "5"
WIDE = ErrorsCheck(tolerance=Margin(1.5, 0.1), limit=Margin(1.5, 0.2), slo=None)


def policy(creep: OnCreep) -> Policy:
    # One minute alone never decides.
    stages = (*POLICY.stages[:2], Stage(100, timedelta(minutes=8)))
    gate = replace(POLICY.gate, errors=WIDE, creep=creep)
    return replace(POLICY, stages=stages, gate=gate)


def promoted_one_after_another(creep: OnCreep) -> Story:
    """The first four releases succeed; the fifth begins, and fails 6 % of its requests."""
    story = Story(policy(creep))
    for version in GOOD:
        story.register(version)
        story.until_started(version)
        story.until_quiet(within=HOUR)
    story.serves(WORSE, Behaviour(failures=0.06))
    story.register(WORSE)
    story.until_started(WORSE)
    return story


def test_what_was_promoted_is_kept_and_known_to_the_next_rollout() -> None:
    story = promoted_one_after_another(OnCreep.REPORT)
    kept = story.current.promotions
    # The first deployment had nothing to be compared with, so nothing was counted.
    assert [each.count for each in kept] == [1, 1, 1]
    assert all(each.requests > 0 and each.failures == 0 for each in kept)
    (started,) = [each for each in story.history() if each.kind == "RolloutStarted"]
    assert started.data["baseline"]["creep"]["promotions"] == 1


@pytest.mark.parametrize("creep", list(OnCreep))
def test_a_slow_loss_is_reported_or_held_and_computed_again(creep: OnCreep) -> None:
    story = promoted_one_after_another(creep)
    if creep is OnCreep.HOLD:
        story.until(lambda: story.rollout.hold is not None, within=HOUR)
        hold = story.rollout.hold
        assert hold is not None
        assert (hold.reason, story.rollout.stage) == (HoldReason.GATE, 2)
        assert "fails more than what was promoted before it" in hold.text
        story.command(Verb.ADVANCE, skip_evidence=True)
    story.until_quiet(within=HOUR)
    assert (story.phase, story.version) == (Phase.SUCCEEDED, WORSE)
    notices = [
        e.text for e in story.history() if "promoted before it" in e.text and e.kind == "Notice"
    ]
    told = [text for text in notices if "reported from 200:1 on" in text]
    assert len(told) == (1 if creep is OnCreep.REPORT else 0)
    assert [each.count for each in story.current.promotions] == [1, 1, 1, 1]
    assert verdicts_computed_again(story, story.rollout) > 0
    check(story)

"""Answers to probes are compared: what stops a version whose every status is 200, and what does not."""

from dataclasses import replace

import pytest

from localazure.stack.predictions import Kind, Prediction
from rollout.core.policy.quality_model import Compared, Difference, Quality
from rollout.core.records.phases import Phase
from tests.support.stories.azure import Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.probed import ALWAYS, QUICK, quiet
from tests.support.stories.scenes import held_for
from tests.support.stories.stage import Story

JUDGED = replace(QUICK, quality=Quality())

def test_x():
    story = quiet(1.0, Story(JUDGED))
    story.serves("2", Behaviour(predicts=Prediction(Kind.FLIPPED, 0.2)))
    story.register("2")
    story.until(lambda: story.phase is Phase.VALIDATING);story.until(lambda: story.rollout.hold is not None)
    print([e.text for e in story.history()])
    print(story.describe(), story.rollout.hold)
    print(story.log.attentions)
    assert 0

"""Stories about predictions: a policy that judges them, and a version that never answers 5xx."""

from dataclasses import replace
from datetime import timedelta

from localazure.stack.predictions import Kind, Prediction
from rollout.core.policy.expectation import Expectation, Interval, JsonType
from rollout.core.policy.model import Policy
from rollout.core.policy.quality_model import Difference, Quality
from tests.support.stories.azure import USUAL, Behaviour
from tests.support.stories.probed import QUICK, quiet
from tests.support.stories.stage import Story

HOUR = timedelta(hours=1)
WRITTEN = Expectation(
    absent=("error",),
    types={"label": JsonType.INTEGER, "score": JsonType.NUMBER},
    ranges={"score": Interval(0, 1)},
)
QUALITY = Quality(contract=None, expect=WRITTEN)
"""No contract: that is asked before any traffic, and not by probes."""

EXPECTED = replace(QUALITY, difference=Difference.EXPECTED)
"""As `QUALITY`, of a release that is meant to answer differently."""

JUDGED = replace(QUICK, quality=QUALITY)
INPUTS = 240


def predicting(
    kind: Kind,
    share: float = 1.0,
    *,
    policy: Policy = JUDGED,
    inputs: int = INPUTS,
    per_minute: float = 1.0,
    stable: Prediction = USUAL,
) -> Story:
    """Version 2, which predicts so, is offered beside an adopted stable."""
    story = Story(policy)
    story.bundle.inputs = inputs
    quiet(per_minute, story)
    story.serves("0", Behaviour(predicts=stable))
    story.serves("2", Behaviour(predicts=Prediction(kind, share)))
    story.register("2")
    story.until_started("2")
    return story

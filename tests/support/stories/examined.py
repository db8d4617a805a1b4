"""Stories with an examination: what both sides answer before any traffic."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rollout.core.policy.quality_model import Difference, Golden, Labelled, Metric, Quality
from rollout.core.records.examination import ExamStep
from rollout.core.records.phases import Phase
from tests.support.stories.azure import HEALTHY, Behaviour, always_right
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE
from tests.support.stories.stage import Story

ROWS = 300
GOLDEN = Golden("golden.jsonl", Labelled(Metric.ACCURACY, answer="label"), rate=600)
QUALITY = Quality(difference=Difference.EXPECTED, golden=GOLDEN)
TRIED = replace(POLICY, quality=QUALITY)
Predicts = Callable[[int], tuple[int, Any]]


def wrong_in(share: int) -> Predicts:
    """One label of so many is wrong."""

    def answers(number: int) -> tuple[int, Any]:
        status, answer = always_right(number)
        return status, {**answer, "label": answer["label"] + (number % share == 0)}

    return answers


def trial(
    answers: Predicts = always_right,
    quality: Quality = QUALITY,
    rows: int = ROWS,
    stable: Behaviour = HEALTHY,
) -> Story:
    """Version 2 answers so, beside a stable that is always right by default; it is validated."""
    story = Story(replace(POLICY, quality=quality))
    story.bundle.golden = rows
    story.serves("0", stable)
    story.serves("2", Behaviour(answers=answers))
    story.adopt()
    story.pass_time(2 * MINUTE)
    story.register("2")
    story.until_phase(Phase.VALIDATING, within=HOUR)
    return story


def sent(story: Story) -> list[int]:
    """The numbers of all golden rows that were answered, as often as they were."""
    return [
        pair.number
        for each in story.scoring.examined
        if each.step is ExamStep.GOLDEN
        for pair in each.pairs
    ]


def held_text(story: Story) -> str:
    hold = story.rollout.hold
    assert hold is not None, story.describe()
    return hold.text

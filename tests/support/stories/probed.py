"""Stories with probes: a policy that sends them, and a version on trial at little traffic."""

from dataclasses import replace
from datetime import timedelta

from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Stage
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.phases import Phase
from rollout.core.records.probes import ProbesSeen
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import SETTLED
from tests.support.stories.stage import Story

MINUTE = timedelta(minutes=1)
QUICK = replace(
    POLICY,
    probes=Probes(),
    stages=tuple(replace(stage, bake=5 * MINUTE) for stage in POLICY.stages),
)
"""Wide limits and short bakes: a few minutes of probes pass a stage."""

ALWAYS = replace(QUICK, probes=Probes(when=ProbesWhen.ALWAYS))
USUAL = replace(
    POLICY,
    probes=Probes(),
    gate=GatePolicy(max_bake=timedelta(hours=2), errors=ErrorsCheck(limit=Margin(1.5, 0.03))),
    stages=(Stage(10, 15 * MINUTE), Stage(50, 15 * MINUTE), Stage(100, timedelta(hours=1))),
    deadline=timedelta(hours=24),
)
"""The gate's defaults, with time enough for them."""


def quiet(per_minute: float = 1.0, story: Story | None = None) -> Story:
    """An adopted endpoint with little traffic, and a history of it."""
    story = story or Story(QUICK)
    story.metrics.per_minute = per_minute
    story.adopt()
    story.pass_time(timedelta(hours=1) + SETTLED)
    return story


def probing(phase: Phase, story: Story | None = None) -> Story:
    """Version 2 is on trial there, and the pass that just ended probed in this phase."""
    story = story or quiet()
    story.register("2")
    story.until(lambda: story.phase is phase and bool(story.probing.rounds))
    before = len(story.probing.rounds) - int(phase is Phase.VALIDATING)
    story.until(lambda: len(story.probing.rounds) > before)
    assert story.phase is phase, story.describe()
    return story


def sent(story: Story) -> list[int]:
    """How many pairs each pass sent."""
    return [each.sent for each in story.probing.rounds]


def numbers(seen: ProbesSeen) -> range:
    """The numbers of a pass's pairs, where none was left out."""
    first = seen.pairs[0].number
    found = range(first, first + len(seen.pairs))
    assert [each.number for each in seen.pairs] == list(found)
    return found

"""Stories with data collectors: what every version answered its clients, written down and late."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from localazure.stack.predictions import predicted
from rollout.core.gate.history.prediction_documents import predictions_from
from rollout.core.policy.expectation import Expectation, Interval
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import Difference, Live, Output, OutputKind, Quality
from rollout.core.records.predictions import Batch
from rollout.units import FULL_WEIGHT, MINUTE
from tests.support.stories.azure import USUAL, Behaviour
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story

LIVE = Live(
    outputs=(Output("label", OutputKind.LABEL), Output("score", range=Interval(0.0, 1.0))),
    expect=Expectation(absent=("error",)),
)
SILENT_PROBES = Probes(when=ProbesWhen.NEVER)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUDGED = replace(
    POLICY,
    probes=SILENT_PROBES,
    quality=Quality(difference=Difference.EXPECTED, contract=None, live=LIVE),
    stages=tuple(replace(stage, bake=10 * MINUTE) for stage in POLICY.stages),
    keep=timedelta(hours=1),
)
"""Live answers alone are judged: no probes, and no difference that decides."""


@dataclass
class Collectors:
    """Every deployment of a story collects what its version answers, `lag` late.

    A minute brings `per_minute` answers, divided by the split when it is written down; copies of
    requests are answered too, and collected. `behind`: the candidate's are written down so much
    later, and each side's only every `every`, stable's first.
    """

    story: Story
    per_minute: int = 100
    lag: timedelta = MINUTE
    behind: timedelta = timedelta(0)
    every: timedelta = MINUTE
    written: int = 0
    _kept: list[tuple[datetime, str, datetime, Any]] = field(default_factory=list)
    _next: datetime | None = None
    _chance: random.Random = field(default_factory=lambda: random.Random(20260106))  # noqa: S311 - a story

    def __post_init__(self) -> None:
        self._next = self.story.clock.now.replace(second=0, microsecond=0)
        self.story.predictions.make_up = self._write

    def _write(self) -> None:
        assert self._next is not None
        while self._next + MINUTE + self.lag <= self.story.clock.now:
            for name, weight in {**self.story.mirror, **self.story.split}.items():
                for _ in range(self.per_minute * weight // FULL_WEIGHT):
                    self._answer(name, self._next)
            self._next += MINUTE
        due = [each for each in self._kept if each[0] <= self.story.clock.now]
        self._kept = [each for each in self._kept if each[0] > self.story.clock.now]
        for _, name, at, answer in due:
            self.story.predictions.collect(self.story.policy.endpoint, name, at, answer)

    def _answer(self, deployment: str, at: datetime) -> None:
        how = self.story.clients.of(deployment).predicts or USUAL
        body = json.dumps({"client": self.written}).encode()
        self.written += 1
        answer: Any = json.loads(predicted(how, body, self._chance))
        self._kept.append((self._readable(deployment, at), deployment, at, answer))

    def _readable(self, deployment: str, at: datetime) -> datetime:
        written = at + MINUTE + self.lag
        written += (EPOCH - written) % self.every
        return written if deployment == "blue-0" else written + self.behind


def collecting(story: Story | None = None, **changes: Any) -> tuple[Story, Collectors]:
    """An adopted endpoint whose stable has collected for an hour."""
    story = story or Story(JUDGED)
    for version in ("0", "2"):
        # To probes they answer as to clients.
        story.clients.behaviours.setdefault(version, Behaviour(predicts=USUAL))
    story.adopt()
    collectors = Collectors(story, **changes)
    story.pass_time(timedelta(hours=1))
    return story, collectors


def looks(story: Story) -> Iterator[tuple[Batch, ...]]:
    """What each look read of live answers, as the rollout's rows have it."""
    with story.unseen():
        records = story.store.minutes(story.endpoint, story.rollout.id)
    for record in sorted(records, key=lambda each: each.minute):
        if record.answers:
            yield predictions_from(record.data["predictions"]).batches


def answers(story: Story) -> tuple[int, int]:
    """How many live answers of candidate and stable were folded in all."""
    batches = [batch for look in looks(story) for batch in look]
    return (
        sum(each.candidate.answers for each in batches),
        sum(each.stable.answers for each in batches),
    )

"""Every view that operators could have read while stories went on is what the API describes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import Quality
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.inbound.order_views import ordered_view, shown_view
from rollout.inbound.page_doors import history_answer, minutes_answer, offers_answer
from rollout.inbound.views import bodies_view
from tests.support.described import deviations
from tests.support.stories.azure import FAILING, SOMEBODY, Behaviour
from tests.support.stories.collecting import collecting
from tests.support.stories.examined import trial
from tests.support.stories.policies import MIRRORING, POLICY
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import Story
from tests.support.stories.surroundings import Committed

PAGES = {
    "HistoryPage": history_answer,
    "MinutesPage": minutes_answer,
    "OffersPage": offers_answer,
}


@dataclass
class Reader:
    """Reads the view after each commit of a story."""

    story: Story
    phases: set[Phase] = field(default_factory=set)

    def read(self, committed: Committed) -> None:
        del committed
        view = self.story.service.show("fraud")
        assert view.current is not None
        shown = shown_view(view, self.story.clock.now)
        assert deviations("Service", shown) == []
        self.phases.add(view.current.phase)


@contextmanager
def read(story: Story, seen: Phase = Phase.CREATING) -> Iterator[Reader]:
    reader = Reader(story)
    story.store.listeners.append(reader.read)
    yield reader
    assert seen in reader.phases
    for name, answer in PAGES.items():
        page = json.loads(answer(story.service, "fraud", {}, {}).body)
        assert deviations(name, page) == []


def test_of_a_rollout_that_mirrors_probes_and_wins() -> None:
    story = Story(replace(MIRRORING, probes=Probes(when=ProbesWhen.ALWAYS), quality=Quality()))
    with read(story) as reader:
        on_trial(Phase.BAKING, story=story)
        story.until_quiet(within=6 * HOUR)
    assert {Phase.VALIDATING, Phase.SHIFTING, Phase.PROMOTED, Phase.SUCCEEDED} <= reader.phases


def test_of_a_rollout_whose_live_answers_are_judged() -> None:
    story, _ = collecting()
    with read(story) as reader:
        story.register("2")
        story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    assert Phase.BAKING in reader.phases


def test_of_a_rollout_that_is_examined() -> None:
    story = trial()
    with read(story, Phase.VALIDATING):
        story.until_phase(Phase.SHIFTING, within=HOUR)


def test_of_a_rollout_that_is_held_and_rolled_back() -> None:
    story = Story()
    with read(story) as reader:
        on_trial(Phase.BAKING, story=story)
        story.command(Verb.PAUSE)
        story.pass_time(2 * MINUTE)
        story.command(Verb.ROLLBACK)
        story.until_quiet(within=6 * HOUR)
    assert {Phase.ROLLING_BACK, Phase.DISCARDING, Phase.ROLLED_BACK} <= reader.phases


def test_of_a_rollout_that_the_gate_takes_back_and_one_that_fails() -> None:
    story = Story()
    with read(story) as reader:
        story.serves("2", FAILING)
        on_trial(Phase.BAKING, story=story)
        story.until_quiet(within=6 * HOUR)
        story.serves("3", Behaviour(validation="500 from the model"))
        story.register("3")
        story.until_phase(Phase.FAILED, within=6 * HOUR)
    assert {Phase.ROLLED_BACK, Phase.FAILED} <= reader.phases


def test_of_a_rollout_that_is_lost_and_one_that_is_replaced() -> None:
    lost = on_trial(Phase.BAKING, 1)
    with read(lost, Phase.LOST):
        lost.world.endpoints.delete(lost.policy.endpoint, SOMEBODY)
        lost.until(lambda: lost.phase is Phase.LOST, within=HOUR)
    replaced = on_trial(Phase.BAKING)
    with read(replaced, Phase.SUPERSEDED):
        replaced.register("3")
        replaced.until_started("3", within=HOUR)


def test_of_orders() -> None:
    story = on_trial(Phase.BAKING)
    for outcome in (story.command(Verb.PAUSE), story.offer("3")):
        after = story.service.after(outcome)
        shown = ordered_view(outcome.answer, after, story.clock.now, repeated=outcome.repeated)
        assert deviations("Ordered", shown) == []


def test_of_what_views_hold_back() -> None:
    story = on_trial(Phase.BAKING)
    found = story.service.bodies(POLICY.service, 1)
    assert deviations("Bodies", bodies_view(found.rollout, found.sequence, found.data)) == []

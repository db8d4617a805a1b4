"""Every call around a write that Azure refuses for good is a boundary, as in `test_crashes`.

First at the rehearsal, which ends the start until somebody clears the way and retries; then with a
candidate live, where an operator must never be left in silence.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from localazure.world import ASSIGN_IDENTITY, Caller
from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG
from rollout.core.records.failures import FailureKind
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferState
from rollout.core.records.orders import OrderKey
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from tests.doubles.wire import APP
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Nth, Trouble

# The same lines hundreds of times: see test_crashes.
pytestmark = pytest.mark.no_cover

IDENTITY = (
    "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/serving"
)
AGAIN = OrderKey("retry-1", "retry of version 2")
BARRED_FOR = 3 * MINUTE
TO_SEVERAL_LOOKS = 26
"""Calls from the alert on: the refusal, the attention, and several looks that are refused again."""
TO_THE_END_OF_IT = 14
"""Calls from the moment on at which the right is back."""


def with_identity() -> Story:
    """Stable serves on an endpoint whose identity the app may use."""
    story = Story()
    story.adopt()
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    story.world.endpoints.patch(story.policy.endpoint, Caller("somebody"), identity=assigned)
    give_right(story)
    return story


def give_right(story: Story) -> None:
    story.wire.access.grant(APP, IDENTITY, [ASSIGN_IDENTITY])


def take_right(story: Story) -> None:
    story.wire.access.revoke(APP, IDENTITY)


def asked_for_operator(entries: list[HistoryEntry]) -> list[HistoryEntry]:
    return [entry for entry in entries if entry.kind == "AttentionNeeded"]


def has_failed(story: Story) -> bool:
    return story.phase is Phase.FAILED


def refused_and_retried(trouble: Nth | None) -> tuple[Story, str]:
    """Play until the second start's candidate is there; return the first one's id, too."""
    story = with_identity()
    take_right(story)
    if trouble is not None:
        trouble.begin(story.seam)

    def repaired() -> None:
        give_right(story)
        # Sent until it is answered: under its key it counts once.
        story.when(
            lambda: has_failed(story),
            lambda: story.command(Verb.RETRY, version="2", key=AGAIN),
        )

    story.when(lambda: has_failed(story), repaired)
    story.register("2")
    story.until_phase(Phase.FAILED, within=HOUR)
    first = story.rollout.id
    story.until(lambda: len(story.deployments) > 1, within=HOUR)
    return story, first


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_start_is_refused_once_and_retried_once(trouble: Trouble) -> None:
    boundary = 0
    while True:
        nth = Nth(boundary, trouble)
        story, first = refused_and_retried(nth)
        where = f"{trouble} call {boundary}, {nth.name}"
        refused = story.as_it_ended(first)
        assert (refused.phase, refused.failure) == (Phase.FAILED, FailureKind.WAY_BACK), where
        assert len(asked_for_operator(story.history(first))) == 1, where
        assert story.rollout.id != first, where
        assert story.offer_of("2").state is OfferState.ROLLOUT, where
        tags = [each.tags for each in story.world.log.of("deployments.put")]
        created = [each[ROLLOUT_TAG] for each in tags if ROLLOUT_TAG in each]
        assert set(created) == {story.rollout.id}, where
        assert not asked_for_operator(story.history()), where
        check(story)
        if not nth.happened:
            return
        boundary += 1


@dataclass
class Barred:
    """A bad candidate that is live while the app has no right to take it back.

    `attentions` are counted each minute while it has none.
    """

    story: Story = field(default_factory=with_identity)
    attentions: list[int] = field(default_factory=list)

    def played(self, nth: Nth | None, *, begins: timedelta) -> Story:
        """Play to the end of the way back; the trouble begins so long after the right was lost."""
        story = self.story
        story.register("2")
        story.until_phase(Phase.BAKING, within=4 * HOUR)
        story.pass_time(timedelta(seconds=10))
        lost_at = story.clock.now
        take_right(story)
        story.at(lost_at + BARRED_FOR, lambda: give_right(story))
        if nth is not None:
            story.at(lost_at + begins, lambda: nth.begin(story.seam))
        story.at(lost_at, lambda: story.delivered(lambda: story.alert("green-2")))
        for _ in range(BARRED_FOR // MINUTE):
            story.pass_time(MINUTE)
            self.attentions.append(len(story.log.attentions))
            assert story.split == {"blue-0": 90, "green-2": 10}
        story.until_phase(Phase.DISCARDING, within=HOUR)
        return story


def boundaries_of_a_lost_right(trouble: Trouble, *, begins: timedelta, most: int) -> None:
    for boundary in range(most):
        nth = Nth(boundary, trouble)
        barred = Barred()
        story = barred.played(nth, begins=begins)
        where = f"{trouble} call {boundary}, {nth.name}: {barred.attentions}"
        assert nth.happened, where
        told = [0, *barred.attentions]
        # A crash takes the next look with it; the tick brings another within the minute.
        assert all(later > earlier for earlier, later in zip(told, told[2:], strict=False)), where
        assert len(asked_for_operator(story.history())) == 1, where
        quiet = len(story.log.attentions)
        assert story.split == {"blue-0": 100}, where
        check(story)
        story.pass_time(2 * MINUTE)
        assert len(story.log.attentions) == quiet, where


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_right_that_is_lost_while_a_candidate_is_live_is_told_until_it_is_back(
    trouble: Trouble,
) -> None:
    boundaries_of_a_lost_right(trouble, begins=timedelta(0), most=TO_SEVERAL_LOOKS)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_the_way_back_ends_as_without_crash_once_the_right_is_back(trouble: Trouble) -> None:
    boundaries_of_a_lost_right(trouble, begins=BARRED_FOR, most=TO_THE_END_OF_IT)

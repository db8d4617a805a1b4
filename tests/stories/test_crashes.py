"""Every call of whole rollouts is a boundary: whatever happens there, the end is the same.

A boundary is each call to storage, ARM, queue or topic. Before it and after it the process dies,
once or twice in a row; its answer is lost; or it is refused: at every boundary, from the first
event to the last row. The shares only divide the work between processes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest

from rollout.core.policy.model import Policy
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from tests.support.stories.azure import UNABLE
from tests.support.stories.invariants import check
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Nth, Trouble

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

HOUR = timedelta(hours=1)
WITHIN = 6 * HOUR
SHARES = 4
BEGINNING = (Phase.NONE, 0)


@dataclass(frozen=True)
class Outcome:
    """What must not depend on crashes."""

    phase: Phase
    split: tuple[tuple[str, int], ...]
    mirror: tuple[tuple[str, int], ...]
    deployments: tuple[str, ...]
    offers: tuple[tuple[str, OfferState], ...]
    phases: tuple[tuple[Phase, int], ...]
    promotions: int


def first_deployment(story: Story) -> None:
    story.register("1")


def second_version(story: Story) -> None:
    story.adopt()
    story.register("2")


def rolled_back_by_an_alert(story: Story) -> None:
    story.adopt()
    story.register("2")
    _alert_in(story, Phase.BAKING, 1)


def undone_while_kept(story: Story) -> None:
    story.adopt()
    story.register("2")
    _alert_in(story, Phase.PROMOTED, 2)


def failed_validation(story: Story) -> None:
    story.adopt()
    story.serves("2", UNABLE)
    story.register("2")


def failed_first_deployment(story: Story) -> None:
    story.serves("1", UNABLE)
    story.register("1")


def _alert_in(story: Story, phase: Phase, stage: int) -> None:
    """The alert comes in this phase, and is delivered until it is heard."""
    story.when(
        lambda: story.phase is phase and story.rollout.stage == stage,
        lambda: story.alert("green-2"),
    )


def played(
    scenario: Callable[[Story], None],
    trouble: Nth | None,
    begins: tuple[Phase, int],
    policy: Policy = POLICY,
) -> Story:
    """Play a scenario; its boundaries count from the moment it reaches `begins`."""
    story = Story(policy)
    if trouble is not None:
        # Registered first, so that it is there when the scenario's own moment comes.
        story.when(lambda: story.standing == begins, lambda: trouble.begin(story.seam))
    scenario(story)
    story.until_quiet(within=WITHIN)
    return story


def outcome(story: Story) -> Outcome:
    moves = [(e.phase, e.stage) for e in story.history() if e.kind == "PhaseChanged"]
    return Outcome(
        story.phase,
        tuple(sorted(story.split.items())),
        tuple(sorted(story.mirror.items())),
        tuple(sorted(story.deployments)),
        tuple((version, story.offer_of(version).state) for version in story.accepted),
        tuple(moves),
        sum(each.count for each in story.current.promotions),
    )


@cache  # the same for every trouble and share
def undisturbed(scenario: Callable[[Story], None], begins: tuple[Phase, int]) -> Outcome:
    return outcome(played(scenario, None, begins, policy_of(scenario)))


def policy_of(scenario: Callable[[Story], None]) -> Policy:
    """The policy that a scenario names as its own, else the usual one."""
    own: Policy = getattr(scenario, "policy", POLICY)
    return own


def enumerate_boundaries(
    scenario: Callable[[Story], None],
    trouble: Trouble,
    *,
    begins: tuple[Phase, int] = BEGINNING,
    share: int = 0,
    shares: int = 1,
    most: int | None = None,
) -> None:
    """Try each boundary from `begins` on, or the first `most` of them."""
    expected = undisturbed(scenario, begins)
    boundary = share
    while most is None or boundary < most:
        nth = Nth(boundary, trouble)
        story = played(scenario, nth, begins, policy_of(scenario))
        if not nth.happened:
            return
        where = f"{trouble} call {boundary}, {nth.name}"
        assert outcome(story) == expected, where
        try:
            check(story)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from error
        boundary += shares


@pytest.mark.parametrize("trouble", list(Trouble))
def test_first_deployment_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(first_deployment, trouble)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("trouble", list(Trouble))
def test_second_version_ends_as_without_crash(trouble: Trouble, share: int) -> None:
    enumerate_boundaries(second_version, trouble, share=share, shares=SHARES)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_rollback_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(rolled_back_by_an_alert, trouble, begins=(Phase.BAKING, 1))


@pytest.mark.parametrize("trouble", list(Trouble))
def test_rollback_during_keep_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(undone_while_kept, trouble, begins=(Phase.PROMOTED, 2))


@pytest.mark.parametrize("trouble", list(Trouble))
def test_failed_first_deployment_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(failed_first_deployment, trouble)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_failed_validation_ends_as_without_crash(trouble: Trouble) -> None:
    enumerate_boundaries(failed_validation, trouble)

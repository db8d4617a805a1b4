"""Everything around the product fails for a while: it waits, and ends where it would have ended."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import (
    AccessDeniedError,
    ArmRefusedError,
    RolloutError,
    StaleRowError,
    StoreUnavailableError,
    UnknownOutcomeError,
)
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, busy, unavailable

PHASES = [
    (Phase.CREATING, 0),
    (Phase.SHIFTING, 0),
    (Phase.BAKING, 0),
    (Phase.SHIFTING, 2),
    (Phase.PROMOTED, 2),
    (Phase.RETIRING, 2),
]


def denied(name: str) -> RolloutError:
    return AccessDeniedError(f"{name}: 403")


def stale(name: str) -> RolloutError:
    return StaleRowError(f"{name}: 412")


def arm(name: str) -> bool:
    return name.partition(".")[0] in ("endpoints", "deployments", "operations", "models", "scoring")


def arm_writes(name: str) -> bool:
    return name in ("endpoints.put", "deployments.delete")


def storage(name: str) -> bool:
    return name.startswith("store.")


def commits(name: str) -> bool:
    return name == "store.commit"


OUTAGES: list[tuple[str, Callable[[str], bool], Callable[[str], RolloutError]]] = [
    ("ARM answers 429 or 503", arm, unavailable),
    ("ARM writes answer 409", arm_writes, busy),
    ("ARM writes answer 403", arm_writes, denied),
    ("storage is down", storage, unavailable),
    ("commits answer 412", commits, stale),
    ("the queue is down", lambda name: name == "queue.wake", unavailable),
    ("the topic is down", lambda name: name == "lifecycle.publish", unavailable),
]


@pytest.mark.parametrize(("phase", "stage"), PHASES)
@pytest.mark.parametrize("outage", OUTAGES, ids=[name for name, _, _ in OUTAGES])
def test_an_outage_of_ten_minutes_only_costs_time(
    outage: tuple[str, Callable[[str], bool], Callable[[str], RolloutError]],
    phase: Phase,
    stage: int,
) -> None:
    _, wanted, error = outage
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(phase, stage=stage, within=HOUR)
    end = always(story.seam, wanted, error)
    story.pass_time(10 * MINUTE)
    end()
    story.until_quiet(within=3 * HOUR)
    assert (story.phase, story.split) == (Phase.SUCCEEDED, {"green-2": 100})
    check(story)


@pytest.mark.parametrize("outage", OUTAGES, ids=[name for name, _, _ in OUTAGES])
def test_an_outage_during_a_rollback_only_costs_time(
    outage: tuple[str, Callable[[str], bool], Callable[[str], RolloutError]],
) -> None:
    _, wanted, error = outage
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    end = always(story.seam, wanted, error)
    heard = story.clock.now + timedelta(seconds=1)
    story.at(heard, lambda: story.delivered(lambda: story.alert("green-2")))
    story.pass_time(10 * MINUTE)
    end()
    story.until_quiet(within=3 * HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})
    check(story)


@pytest.mark.parametrize("nth", [1, 2], ids=["the rehearsal", "10 %"])
def test_a_timed_out_put_with_effect_is_not_sent_again_when_it_is_seen(nth: int) -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def lost() -> None:
        raise unavailable("endpoints.put")

    story.seam.once_after("endpoints.put", lost, nth=nth)
    story.until_phase(Phase.BAKING, within=HOUR)
    assert len(story.world.log.of("endpoints.put")) == 4, "made, adopted, rehearsed, 10 %"
    story.until_quiet(within=HOUR)
    check(story)


@pytest.mark.parametrize("nth", [1, 2], ids=["the rehearsal", "10 %"])
def test_a_timed_out_put_without_effect_is_sent_again(nth: int) -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def dropped() -> None:
        raise unavailable("endpoints.put")

    story.seam.once_before("endpoints.put", dropped, nth=nth)
    story.until_phase(Phase.BAKING, within=HOUR)
    assert story.split == {"blue-0": 90, "green-2": 10}
    story.until_quiet(within=HOUR)
    check(story)


def test_a_commit_whose_answer_was_lost_is_known_by_its_commit_id() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)

    def lost() -> None:
        raise UnknownOutcomeError("reset by peer")

    story.seam.once_after("store.commit", lost)
    assert story.alert("green-2").outcome == "rolling back"
    received = [e for e in story.history() if e.kind == "AlertReceived"]
    assert len(received) == 1, "the lost answer hid our own success: nothing is decided twice"
    story.until_quiet(within=HOUR)
    check(story)


def test_our_own_success_that_a_repeated_request_turned_into_412_counts() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)

    def repeated() -> None:
        raise StaleRowError("412")

    story.seam.once_after("store.commit", repeated)
    story.command(Verb.PAUSE)
    assert [e.kind for e in story.history()].count("Commanded") == 1


def test_a_topic_that_is_down_for_an_hour_blocks_nothing_and_gets_everything_in_order() -> None:
    story = Story()
    story.adopt()
    end = always(story.seam, lambda name: name == "lifecycle.publish", unavailable)
    story.register("2")
    story.until_phase(Phase.SUCCEEDED, within=HOUR)
    story.pass_time(HOUR)
    assert not story.lifecycle.published
    end()
    story.until_quiet(within=10 * MINUTE)
    keys = story.lifecycle.keys(story.endpoint)
    assert keys == sorted(set(keys))
    assert keys[-1] == story.current.head
    check(story)


def test_a_door_says_503_while_storage_is_down_and_the_alert_is_heard_later() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    end = always(story.seam, storage, unavailable)
    with pytest.raises(StoreUnavailableError):
        story.alert("green-2")
    with pytest.raises(StoreUnavailableError):
        story.command(Verb.ROLLBACK)
    end()
    assert story.alert("green-2").outcome == "rolling back"
    story.until_quiet(within=HOUR)
    check(story)


def test_a_creation_refused_for_good_fails_with_the_reason() -> None:
    story = Story()
    story.adopt()

    def refuse(name: str) -> RolloutError:
        return ArmRefusedError(f"{name}: the SKU is not offered in this region", code="BadArgument")

    end = always(story.seam, lambda name: name == "deployments.put", refuse)
    story.register("2")
    story.until_quiet(within=HOUR)
    end()
    assert story.phase is Phase.FAILED
    assert "not offered in this region" in story.rollout.cause_text
    assert story.offer_of("2").state is OfferState.REJECTED
    check(story)

"""Everything around the product fails for a while: it waits, and ends where it would have ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.signals import Verb
from rollout.core.state import OfferState, Phase
from rollout.errors import (
    AccessDeniedError,
    ArmRefusedError,
    RolloutError,
    StaleRecordError,
    StoreUnavailableError,
    UnknownOutcomeError,
)
from tests.stories.invariants import check
from tests.stories.policies import MODEL, POLICY
from tests.stories.stage import Story
from tests.stories.trouble import always, busy, unavailable

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
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
    return StaleRecordError(f"{name}: 412")


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


def test_a_timed_out_put_with_effect_is_not_sent_again_when_it_is_seen() -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def lost() -> None:
        raise unavailable("endpoints.put")

    story.seam.once_after("endpoints.put", lost)
    story.until_phase(Phase.BAKING, within=HOUR)
    assert len(story.world.log.of("endpoints.put")) == 3, "made, adopted, 10 %"
    story.until_quiet(within=HOUR)
    check(story)


def test_a_timed_out_put_without_effect_is_sent_again() -> None:
    story = Story()
    story.adopt()
    story.register("2")

    def dropped() -> None:
        raise unavailable("endpoints.put")

    story.seam.once_before("endpoints.put", dropped)
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
        raise StaleRecordError("412")

    story.seam.once_after("store.commit", repeated)
    story.press(Verb.PAUSE)
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
        story.press(Verb.ROLLBACK)
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
    assert story.offer_of("2").state is OfferState.QUARANTINED
    check(story)


def test_an_unreadable_row_is_left_alone_and_stops_no_other_endpoint() -> None:
    story = Story()
    other = replace(POLICY, service="other", endpoint="other-endpoint")
    story.bundle.policies["other"] = other
    story.register("1")
    story.until_phase(Phase.SHIFTING, within=HOUR)
    entity = story.store.entity(story.endpoint)
    broken = {**entity, "schema": 99, "Schema": 99}
    damaged = {
        name: value if name in ("PartitionKey", "RowKey") else "{" for name, value in broken.items()
    }
    story.store.plant(damaged)
    second = story.world.workspace.endpoint("other-endpoint").lower()
    story.pass_time(20 * MINUTE)
    stored = story.store._load(second)
    assert stored is not None
    assert stored.current.phase is Phase.SUCCEEDED
    assert any("left alone" in text for text in story.log.attentions)
    assert story.store.entity(story.endpoint) == damaged
    # Repaired by hand, it goes on.
    story.store.plant(entity)
    story.until(lambda: story.phase is Phase.SUCCEEDED, within=HOUR)


def test_a_row_without_its_live_row_is_mended_by_the_sweep() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.store._live.clear()
    story.queue._messages.clear()
    story.until_phase(Phase.SUCCEEDED, within=2 * HOUR)
    story.until_quiet(within=HOUR)
    check(story)


def test_passes_that_keep_failing_ask_for_a_person_once() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)

    def bug(name: str) -> None:
        if name == "endpoints.get":
            raise ValueError("a bug of ours")

    story.seam.before.append(bug)
    story.pass_time(12 * MINUTE)
    story.seam.before.remove(bug)
    assert sum("passes in a row failed" in text for text in story.log.attentions) == 1
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.SUCCEEDED
    assert story.current.failures == 0
    check(story)


def test_a_slow_clock_never_runs_time_backwards() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    late = story.current.saved_at
    story.service.work(story.endpoint, late - HOUR, None)
    assert story.current.saved_at >= late
    assert story.alert("green-2").outcome == "rolling back"
    story.until_quiet(within=HOUR)
    times = [entry.at for entry in story.history()]
    assert times == sorted(times)
    check(story)


def test_two_services_of_one_model_roll_out_side_by_side() -> None:
    story = Story()
    story.bundle.policies["other"] = replace(POLICY, service="other", endpoint="other-endpoint")
    story.register("1")
    second = story.world.workspace.endpoint("other-endpoint").lower()
    story.until_quiet(within=HOUR)
    stored = story.store._load(second)
    assert stored is not None
    assert (story.phase, stored.current.phase) == (Phase.SUCCEEDED, Phase.SUCCEEDED)
    with story.unseen():
        records = story.store.offers(second)
    assert [(r.offer.model, r.state) for r in records] == [(MODEL, OfferState.ROLLOUT)]


def test_a_watchdog_reports_a_rollout_that_nobody_looks_at() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)

    def lose(name: str) -> None:
        if name == "queue.wake":
            story.queue._messages.clear()

    story.seam.after.append(lose)
    story.pass_time(50 * MINUTE)
    assert any("stuck" in text for text in story.log.attentions)
    story.seam.after.remove(lose)
    story.until_quiet(within=HOUR)
    assert story.phase is Phase.SUCCEEDED

"""Damage that is found: unreadable rows, lost rows, failing passes, stopped clocks."""

from dataclasses import replace

from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.scenes import HOUR, MINUTE
from tests.support.stories.stage import Story

PHASES = [
    (Phase.CREATING, 0),
    (Phase.SHIFTING, 0),
    (Phase.BAKING, 0),
    (Phase.SHIFTING, 2),
    (Phase.PROMOTED, 2),
    (Phase.RETIRING, 2),
]


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
    check(story, bugs=True)


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

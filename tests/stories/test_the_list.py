"""The list of services is one query, and shows what rows say: at once, or soon after a crash."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.overview.standing import SUMMARY_EVERY, standing
from rollout.core.policy.model import Stage
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import RefusedError, StoreUnavailableError
from rollout.inbound.summary_views import FORM
from rollout.ports import Catalogue, FaultyService, Stored
from tests.doubles.seam import CrashError, raising
from tests.support.stories.policies import POLICY
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, unavailable

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SWEEP = timedelta(minutes=15)
FULL_SWEEP = timedelta(hours=3)
FAULTY = FaultyService("fraud", POLICY.model, (("fraud/rollout.yaml: endpoint", "is missing."),))
LONG_BAKE = replace(POLICY, stages=(Stage(10, timedelta(hours=1)), Stage(100, 5 * MINUTE)))


def shown(story: Story) -> list[dict[str, Any]]:
    page = story.service.page("", 1000, story.clock.now)
    return [json.loads(text) for text in page.views]


def one(story: Story) -> dict[str, Any]:
    (view,) = shown(story)
    return view


def is_right(story: Story) -> bool:
    """What the list would show is what the row says."""
    (row,) = story.store.summaries()
    return row.standing == standing(story.current)


def on_trial(phase: Phase = Phase.BAKING, stage: int = 0, **changes: Any) -> Story:
    story = Story(replace(LONG_BAKE, **changes))
    story.adopt()
    story.register("2")
    story.until_phase(phase, stage=stage, within=HOUR)
    return story


def listing_calls(story: Story) -> dict[str, int]:
    before = story.seam.calls.copy()
    shown(story)
    return dict(story.seam.calls - before)


def test_the_list_is_one_query() -> None:
    story = on_trial()
    assert listing_calls(story) == {"store.summaries": 1}


def test_a_service_that_was_never_rolled_out_is_read_once() -> None:
    story = Story()
    assert listing_calls(story)["store.load"] == 1
    assert listing_calls(story) == {"store.summaries": 1}
    assert one(story)["says"] == "no version was rolled out yet"
    story.adopt()
    story.register("1")
    story.pass_time(MINUTE)
    assert one(story)["phase"] == "CREATING"


def test_every_step_of_a_rollout_is_in_the_list_as_soon_as_its_pass_ends() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    seen: list[str] = []
    wrong: list[str] = []

    def look() -> bool:
        if story.store.journal and not is_right(story):
            wrong.append(story.describe())
        seen.append(one(story)["phase"])
        return story.idle and story.phase is Phase.SUCCEEDED

    story.until(look, within=2 * HOUR)
    assert not wrong
    assert list(dict.fromkeys(seen)) == [
        "NONE",
        "CREATING",
        "SHIFTING",
        "BAKING",
        "PROMOTED",
        "RETIRING",
        "SUCCEEDED",
    ]


def test_orders_and_alerts_are_in_the_list_when_they_are_answered() -> None:
    story = on_trial()
    story.command(Verb.PAUSE)
    assert one(story)["needsPerson"]
    assert one(story)["rollout"]["hold"]["reason"] == "operator"
    story.command(Verb.RESUME)
    assert not one(story)["needsPerson"]
    story.alert(story.rollout.candidate)
    assert one(story)["phase"] == story.phase == "ROLLING_BACK"


def test_the_traffic_put_of_an_alert_does_not_wait_for_the_list() -> None:
    story = on_trial()
    calls: list[str] = []
    story.seam.before.append(calls.append)
    story.alert(story.rollout.candidate)
    assert calls.index("endpoints.put") < calls.index("store.put_summary")


def test_evidence_in_the_list_is_at_most_minutes_old_while_it_bakes() -> None:
    story = on_trial()
    oldest = timedelta(0)
    for _ in range(30):
        story.pass_time(MINUTE)
        (row,) = story.store.summaries()
        oldest = max(oldest, story.clock.now - row.made_at)
        # What a pass has just saved is not older than the pass.
        assert one(story)["rollout"]["evidence"]["text"] or oldest < 3 * MINUTE
    assert oldest <= SUMMARY_EVERY + MINUTE
    baking = [c for c in story.costs if c.before == c.after and c.before[0] is Phase.BAKING]
    assert sum(cost.listed for cost in baking) <= 7
    assert max(cost.storage for cost in baking) <= 2


def test_a_suspension_that_ended_by_itself_leaves_the_list_at_once() -> None:
    story = Story()
    story.adopt()
    story.command(Verb.SUSPEND, until=story.clock.now + HOUR)
    assert one(story)["suspension"]["by"] == "ann"
    story.pass_time(HOUR)
    assert one(story)["suspension"] is None
    assert listing_calls(story) == {"store.summaries": 1}


def _pause(story: Story) -> None:
    story.command(Verb.PAUSE)


def _alert(story: Story) -> None:
    story.alert(story.rollout.candidate)


CRASHES: dict[str, Callable[[Story], None]] = {"an order": _pause, "an alert": _alert}


@pytest.mark.parametrize("at", ["store.put_summary", "after the save", "store.load"])
@pytest.mark.parametrize("what", CRASHES)
def test_a_crash_between_save_and_summary_is_repaired_within_a_sweep(what: str, at: str) -> None:
    story = on_trial()
    story.pass_time(10 * timedelta(seconds=1))
    if at == "after the save":
        story.seam.once_after("store.commit", raising(CrashError("between")))
    elif at == "store.load":
        # The last one: the row is read again for its summary.
        story.seam.once_after(
            "queue.wake",
            lambda: story.seam.once_before("store.load", raising(CrashError("between"))),
        )
    else:
        story.seam.once_before(at, raising(CrashError("between")))
    with pytest.raises(CrashError):
        CRASHES[what](story)
    assert not is_right(story)
    story.restart()
    story.pass_time(SWEEP)
    assert is_right(story)


def test_the_last_summary_is_written_before_an_endpoint_leaves_live() -> None:
    story = on_trial()
    story.alert(story.rollout.candidate)
    story.until(lambda: story.current.idle and bool(story.store._live), within=2 * HOUR)
    (row,) = story.store.summaries()
    story.store.put_summary(replace(row, standing="lost"))
    story.bundle.policies.clear()
    story.until(lambda: not story.store._live, within=5 * MINUTE)
    assert is_right(story)


def test_storage_that_refuses_summaries_stops_no_rollout_and_the_list_catches_up() -> None:
    story = Story()
    story.adopt()
    story.store._summaries.clear()
    end = always(story.seam, lambda name: name.endswith("_summary"), unavailable)
    story.register("2")
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    assert not story.store.summaries()
    assert one(story)["phase"] == "SUCCEEDED", "made for this answer"
    end()
    story.pass_time(FULL_SWEEP)
    assert is_right(story)


def test_a_view_that_cannot_be_made_stops_no_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    story.adopt()

    def broken(*_: object, **__: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(type(story.ports.summarizer), "text", broken)
    story.register("2")
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    assert any("the list is behind" in line for line in story.log.lines)


def test_storage_that_does_not_answer_is_said() -> None:
    story = on_trial()
    always(story.seam, lambda name: name == "store.summaries", unavailable)
    with pytest.raises(StoreUnavailableError):
        shown(story)


@pytest.mark.parametrize("form", [0, FORM - 1, FORM + 1])
def test_a_summary_of_another_form_is_made_again_by_the_list(form: int) -> None:
    story = on_trial()
    (row,) = story.store.summaries()
    story.store.put_summary(replace(row, form=form, text="{}"))
    assert one(story)["phase"] == "BAKING"
    assert listing_calls(story) == {"store.summaries": 1}


def test_after_an_upgrade_a_sweep_makes_every_summary() -> None:
    story = on_trial()
    story.store._summaries.clear()
    story.restart()
    story.pass_time(SWEEP)
    assert is_right(story)


def test_after_an_upgrade_what_is_live_is_listed_before_any_sweep() -> None:
    story = on_trial()
    story.store._summaries.clear()
    story.bundle.policies.clear()
    assert one(story)["phase"] == "BAKING"
    assert story.service.row("fraud").current == story.current


def test_a_damaged_summary_is_made_again() -> None:
    story = on_trial()
    (entity,) = (row.entity for row in story.store._summaries.values())
    story.store.plant_summary({**entity, "parts": 7})
    assert story.service.row("fraud").current == story.current
    assert one(story)["phase"] == "BAKING"
    assert listing_calls(story) == {"store.summaries": 1}


def test_a_pass_that_was_paused_does_not_write_an_older_summary_over_a_newer_one() -> None:
    boundary = 0
    while True:
        story = on_trial()
        story.until(lambda s=story: s.clock.now >= (s.current.next_look or s.clock.now))  # type: ignore[misc]  # bound now
        made = story.interrupt(boundary, lambda s=story: s.alert(s.rollout.candidate))  # type: ignore[misc]  # bound now
        with suppress(RefusedError):  # where the alert was first
            _pause(story)
        if not made.happened:
            assert boundary > 5, "an order makes several calls"
            return
        if not is_right(story):
            # Between reading the row and writing its summary there is nothing that could be locked.
            assert story.seam.calls["store.put_summary"]
            story.pass_time(SWEEP)
        assert is_right(story)
        boundary += 1


def test_a_sweep_takes_nothing_back_that_a_pass_wrote_meanwhile() -> None:
    boundary = 0
    while True:
        story = on_trial()
        (row,) = story.store.summaries()
        story.store.put_summary(replace(row, standing="lost"))
        story.store.lose_rounds()
        story.restart()
        made = story.interrupt(boundary, lambda s=story: _pause(s))  # type: ignore[misc]  # bound now
        story.tick()
        if not made.happened:
            assert boundary > 5, "a sweep makes several calls"
            return
        assert is_right(story), boundary
        boundary += 1


def test_a_list_takes_nothing_back_that_a_door_wrote_meanwhile() -> None:
    boundary = 0
    while True:
        story = Story()
        story.adopt()
        story.put_model("2")
        story.store._summaries.clear()
        made = story.interrupt(boundary, lambda s=story: s.registered("2"))  # type: ignore[misc]  # bound now
        shown(story)
        if not made.happened:
            assert boundary > 1, "a list without summaries makes several calls"
            return
        assert is_right(story), boundary
        boundary += 1


def test_a_row_that_cannot_be_read_is_shown_as_a_fault_after_the_next_sweep() -> None:
    story = on_trial()
    entity = story.store.entity(story.endpoint)
    story.store.plant({**entity, "parts": 7})
    story.pass_time(SWEEP)
    assert "document" in str(one(story)["fault"])
    assert listing_calls(story) == {"store.summaries": 1}
    story.store.plant(entity)
    story.pass_time(SWEEP)
    assert one(story)["fault"] is None


def test_a_removed_service_is_listed_while_it_is_live() -> None:
    story = on_trial()
    story.bundle.policies.clear()
    assert one(story)["service"] == "fraud"
    story.until_quiet(within=3 * HOUR)
    story.pass_time(2 * MINUTE)
    assert shown(story) == []
    story.bundle.policies["fraud"] = POLICY
    assert one(story)["phase"] == "SUCCEEDED"


def test_a_newcomer_on_an_endpoint_that_is_live_shows_whose_it_is() -> None:
    story = on_trial()
    newcomer = replace(POLICY, service="aaa")
    story.bundle.policies = {"aaa": newcomer}
    first, second = shown(story)
    assert (first["service"], second["service"]) == ("aaa", "fraud")
    assert first["rollout"] == second["rollout"]
    assert listing_calls(story) == {"store.summaries": 1}


def test_an_endpoint_that_changed_hands_leaves_no_summary_behind() -> None:
    story = on_trial()
    story.until_quiet(within=3 * HOUR)
    story.pass_time(2 * MINUTE)
    newcomer = replace(POLICY, service="aaa")
    story.bundle.policies, story.policy = {"aaa": newcomer}, newcomer
    story.put_model("3")
    story.offer("3")
    assert [view["service"] for view in shown(story)] == ["aaa"]
    story.store.lose_rounds()
    story.restart()
    story.tick()
    assert [row.service for row in story.store.summaries()] == ["aaa"]


def test_a_fault_in_a_services_files_stands_beside_its_rollout() -> None:
    story = on_trial()
    story.bundle.faulty = (FAULTY,)
    view = one(story)
    assert view["phase"] == "BAKING"
    assert "is missing" in view["fault"]


def test_pages_follow_one_another_in_the_order_of_names() -> None:
    story = Story()
    names = [f"s{number:02}" for number in range(25)] + ["a", "a-b", "ab"]
    story.bundle.policies = {name: replace(POLICY, service=name, endpoint=name) for name in names}
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = story.service.page(after, 7, story.clock.now)
        found += [json.loads(text)["service"] for text in page.views]
        after = page.after
    assert found == sorted(names)


def test_marks_change_when_a_view_does_and_only_then() -> None:
    story = on_trial()
    marks = story.service.page("", 50, story.clock.now).marks
    assert story.service.page("", 50, story.clock.now).marks == marks
    story.command(Verb.PAUSE)
    changed = story.service.page("", 50, story.clock.now).marks
    assert changed != marks
    story.bundle.faulty = (FAULTY,)
    assert story.service.page("", 50, story.clock.now).marks != changed


def test_a_summary_that_is_behind_sends_no_order_to_another_services_rollout() -> None:
    story = on_trial()
    (row,) = story.store.summaries()
    story.store.put_summary(replace(row, service="aaa"))
    story.bundle.policies["aaa"] = replace(POLICY, service="aaa", endpoint="other")
    assert story.service.row("aaa").current is None
    assert isinstance(story.store.load(story.endpoint), Stored)
    assert isinstance(story.bundle.all(), Catalogue)

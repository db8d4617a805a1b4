"""Readiness names what rollouts depend on, and how it is."""

from datetime import timedelta

import pytest

from rollout.core.records.rounds import Round, RoundKind, trouble
from rollout.core.records.suspensions import OrderForAll
from rollout.errors import StoreUnavailableError
from rollout.inbound.readiness_views import readiness_view
from rollout.inbound.unverified import UNVERIFIED
from rollout.ports import Catalogue, FaultyService
from rollout.service.outcomes import Row, State
from rollout.service.readiness import NAMES_SHOWN, STALE_BUNDLE
from tests.doubles.seam import raising
from tests.support.described import deviations
from tests.support.stories.stage import Story
from tests.support.stories.surroundings import Bundle


def after_a_tick() -> Story:
    story = Story()
    story.tick()
    return story


def rows(story: Story) -> dict[str, Row]:
    found = story.service.readiness(story.clock.now)
    shown = readiness_view(
        found.says, ((row.name, row.state.value, row.text) for row in found.rows), ready=found.ready
    )
    assert deviations("Readiness", shown) == []
    assert len(shown["unverified"]) == len(UNVERIFIED)
    return {row.name: row for row in found.rows}


def test_an_app_without_trouble_has_only_what_it_cannot_see_and_what_is_off() -> None:
    found = rows(after_a_tick())

    assert {name: row.state for name, row in found.items()} == {
        "controller": State.OK,
        "storage": State.OK,
        "endpoints": State.OK,
        "services": State.OK,
        "bundle": State.OK,
        "sign-in": State.WARN,
        "suspension": State.OK,
        "events": State.WARN,
        "messages": State.WARN,
        "alert rules": State.UNKNOWN,
    }
    assert found["controller"].text == "The last tick was marked just now."


def test_settings_are_told_with_what_they_mean() -> None:
    story = after_a_tick()
    story.settings(sign_in=True, announces=True, suspended=True)
    found = rows(story)

    assert (found["sign-in"].state, found["events"].state) == (State.OK, State.OK)
    assert found["suspension"].state is State.WARN
    assert "Ways back stay open" in found["suspension"].text
    story.settings(sign_in=False, sign_in_missing=True)
    assert rows(story)["sign-in"].state is State.BAD


def test_channels_for_messages_are_told_by_name_and_so_are_faults() -> None:
    story = after_a_tick()
    story.settings(channels=("on-call", "team"), announces=True)
    assert rows(story)["messages"] == Row("messages", State.OK, "They may go to on-call; team.")
    story.settings(message_faults=("NOTIFY_CHANNELS is not a JSON object.",))
    found = rows(story)["messages"]
    assert found.state is State.BAD
    told = "only on-call; team can be told: NOTIFY_CHANNELS is not a JSON object."
    assert found.text == f"Messages have faults, {told}"
    story.settings(channels=())
    assert "nobody is told" in rows(story)["messages"].text


def test_channels_without_lifecycle_events_are_told_nothing_and_that_is_bad() -> None:
    story = after_a_tick()
    story.settings(channels=("on-call",), announces=False)
    assert rows(story)["messages"].state is State.BAD


def test_a_controller_that_does_not_run_is_bad() -> None:
    story = Story()
    assert rows(story)["controller"].state is State.BAD
    story = after_a_tick()
    story.clock.by(timedelta(hours=2))
    late = rows(story)["controller"]
    assert late.state is State.BAD
    assert late.text.startswith("The last tick was marked 2h ago. Nothing moves")


def test_an_order_that_suspends_all_services_is_told() -> None:
    story = after_a_tick()
    order = OrderForAll(story.clock.now, "ann", "an incident", suspends=True)
    story.service.order_for_all(order)
    found = rows(story)["suspension"]
    assert found.state is State.WARN
    assert "All services are suspended by ann: an incident" in found.text


def test_a_suspension_that_cannot_be_read_is_bad() -> None:
    story = after_a_tick()
    story.seam.once_before("store.suspension", raising(StoreUnavailableError("down")))
    assert rows(story)["suspension"].state is State.BAD


@pytest.mark.parametrize("call", ["store.live", "store.rounds", "queue.check"])
def test_storage_that_does_not_answer_is_bad_and_hides_nothing_else(call: str) -> None:
    story = after_a_tick()
    story.service.health(story.clock.now)
    story.seam.once_before(call, raising(StoreUnavailableError("down")))
    found = rows(story)
    assert found["storage"].state is State.BAD
    assert "endpoints" not in found
    assert found["services"].state is State.OK


def test_services_with_faults_are_named() -> None:
    story = after_a_tick()
    story.bundle.faulty = tuple(
        FaultyService(f"churn-{number}", None, (("rollout.yaml: keep", "no duration"),))
        for number in range(NAMES_SHOWN + 2)
    )
    found = rows(story)["services"]
    assert found.state is State.WARN
    assert "12 cannot be used" in found.text
    assert "churn-0 (rollout.yaml: keep: no duration)" in found.text
    assert found.text.endswith("; and 2 more") or found.text.endswith("...")


def test_an_endpoint_that_needs_an_operator_is_told_with_the_reason() -> None:
    story = after_a_tick()
    now = story.clock.now
    made = Round(RoundKind.LIVE, now, now, now, None, found=trouble("fraud-endpoint is stuck"))
    story.store.mark_tick(now, [made])
    found = rows(story)["endpoints"]
    assert (found.state, found.text) == (
        State.WARN,
        "An operator is needed: fraud-endpoint is stuck",
    )


def test_a_bundle_that_cannot_be_read_is_bad() -> None:
    story = after_a_tick()
    story.bundle.readable = False
    found = rows(story)
    assert found["services"].state is State.BAD
    assert "bundle" not in found


@pytest.mark.parametrize(
    ("age", "state"),
    [(timedelta(seconds=61), State.OK), (STALE_BUNDLE + timedelta(seconds=1), State.WARN)],
)
def test_a_copy_of_the_bundle_says_how_old_it_is(
    monkeypatch: pytest.MonkeyPatch, age: timedelta, state: State
) -> None:
    story = after_a_tick()
    monkeypatch.setattr(Bundle, "all", lambda _: Catalogue([], (), age))
    found = rows(story)["bundle"]
    assert found.state is state
    assert f"{round(age.total_seconds())}s ago" in found.text

"""A forecast for the next rollout, from what is known of stable now."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.gate.forecast import planner
from rollout.core.records.phases import Phase
from rollout.errors import ArmUnavailableError, InvalidInputError, MetricsUnavailableError
from rollout.inbound.policy_views import plan_view
from rollout.service import foreseeing
from rollout.service.foreseeing import SERVES_FOR
from tests.doubles.seam import raising
from tests.support.described import deviations
from tests.support.stories.examined import ROWS, TRIED
from tests.support.stories.policies import MIRRORING
from tests.support.stories.scenes import HOUR, on_trial
from tests.support.stories.stage import Story

SECOND = timedelta(seconds=1)


def adopted(story: Story | None = None) -> Story:
    story = story or Story()
    story.adopt()
    story.pass_time(2 * HOUR)
    return story


def foreseen(story: Story) -> dict[str, Any]:
    found = story.service.plan("fraud", story.clock.now)
    view = plan_view(found.service, found.planned, found.why, found.at, found.source)
    assert deviations("Plan", view) == []
    return view


def reads(story: Story) -> list[str]:
    """From now on, the names of the calls that read metrics."""
    calls: list[str] = []
    story.seam.before.append(lambda name: calls.append(name) if "metrics" in name else None)
    return calls


def test_a_plan_is_made_of_stables_traffic_as_it_is_now() -> None:
    view = foreseen(adopted())
    assert (view["knownFrom"], view["knownAt"]) == ("metrics", "2026-01-05T12:03:00Z")
    assert view["satisfiable"] is True
    assert [stage["weight"] for stage in view["stages"]] == [10, 50, 100]
    assert view["says"].startswith("At ")
    assert "passes every stage in about" in view["says"]
    assert len(view["sentences"]) == 3, "one a stage"


def test_what_was_read_serves_for_some_minutes_and_for_this_policy_alone() -> None:
    story = adopted()
    calls = reads(story)
    first = foreseen(story)
    story.clock.by(SERVES_FOR - SECOND)
    assert foreseen(story)["knownAt"] == first["knownAt"]
    once = len(calls)
    story.bundle.policies["fraud"] = replace(
        story.policy, gate=replace(story.policy.gate, min_minutes=2)
    )
    foreseen(story)
    assert len(calls) == 2 * once > 0
    story.clock.by(SERVES_FOR + SECOND)
    foreseen(story)
    assert len(calls) == 3 * once


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreseeing, "KEPT_SERVICES", 0)
    story = adopted()
    foreseen(story)
    assert len(story.service._foreseeing._cached) == 1


def test_while_a_rollout_is_under_way_what_its_start_learnt_counts() -> None:
    story = on_trial(Phase.BAKING)
    calls = reads(story)
    view = foreseen(story)
    assert view["knownFrom"] == "rollout"
    assert calls == []


@pytest.mark.parametrize("call", ["endpoints.get", "metrics.get"])
def test_without_an_answer_of_azure_the_last_start_says_what_it_learnt(call: str) -> None:
    story = on_trial(Phase.BAKING)
    story.until_quiet(within=6 * HOUR)
    error = ArmUnavailableError if call == "endpoints.get" else MetricsUnavailableError
    story.seam.before.append(lambda name: raising(error("down"))() if name == call else None)
    assert foreseen(story)["knownFrom"] == "rollout"


def test_where_nothing_is_known_the_reason_is_said() -> None:
    story = Story()
    view = foreseen(story)
    assert view["says"] == "Nothing can be foreseen: there is no endpoint yet."
    assert (view["stages"], view["satisfiable"], view["knownFrom"]) == ([], None, None)

    story = adopted()
    story.foreign_split({})
    story.pass_time(HOUR)
    assert "no deployment has all traffic" in foreseen(story)["says"]

    story = adopted()
    story.seam.once_before("endpoints.get", raising(ArmUnavailableError("host xyz is down")))
    view = foreseen(story)
    assert view["says"] == (
        "Nothing can be foreseen: Azure gives no answer about stable's traffic now."
    )


def test_a_service_whose_policy_mirrors_or_is_examined_has_that_in_its_plan() -> None:
    view = foreseen(adopted(Story(MIRRORING)))
    assert view["stages"][0]["mirror"] == 20
    story = Story(TRIED)
    story.bundle.golden = ROWS
    assert foreseen(adopted(story))["golden"]["rows"] == ROWS
    story.bundle.digest = "another"
    assert foreseen(story)["golden"]["rows"] == ROWS


def test_a_forecast_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(planner, "forecast", fails)
    view = foreseen(adopted())
    assert "the forecast failed" in view["says"]
    assert view["knownFrom"] == "metrics"


def test_a_service_that_the_bundle_lacks_is_not_found() -> None:
    with pytest.raises(InvalidInputError, match="no service") as refused:
        Story().service.plan("nobody", Story().clock.now)
    assert refused.value.status == 404

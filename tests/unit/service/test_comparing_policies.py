"""The policy that is frozen beside the one that is published."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from rollout.core.records.phases import Phase
from rollout.errors import InvalidInputError, InvalidPolicyError
from rollout.inbound.policy_views import policies_view
from rollout.service.comparing import UNREADABLE
from tests.support.described import deviations
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story
from tests.support.stories.surroundings import Bundle


def shown(story: Story) -> dict[str, Any]:
    found = story.service.policies("fraud")
    view = policies_view(found.rollout, found.frozen, found.published, found.faults, found.bundle)
    assert deviations("Policies", view) == []
    return view


def test_before_the_first_rollout_nothing_is_frozen() -> None:
    view = shown(Story())
    assert view["frozen"] is None
    assert yaml.safe_load(view["published"]["text"])["endpoint"] == "fraud-endpoint"
    assert view["published"]["bundle"] == Story().bundle.service("fraud").bundle_digest
    assert view["differences"] == []


def test_both_are_the_same_until_another_is_published() -> None:
    story = on_trial(Phase.BAKING)
    view = shown(story)
    assert view["frozen"]["rollout"] == story.rollout.id
    assert view["frozen"]["digest"] == view["published"]["digest"]

    story.bundle.policies["fraud"] = replace(story.policy, keep=timedelta(hours=3))
    view = shown(story)
    assert view["frozen"]["digest"] != view["published"]["digest"]
    assert view["differences"] == [{"path": "keep", "frozen": "5m", "published": "3h"}]


def test_a_service_that_left_the_bundle_has_its_frozen_policy_alone() -> None:
    story = on_trial(Phase.BAKING)
    story.bundle.policies.clear()
    view = shown(story)
    assert view["published"] is None
    assert view["frozen"] is not None


def test_a_bundle_that_cannot_be_read_hides_no_frozen_policy() -> None:
    story = on_trial(Phase.BAKING)
    story.bundle.readable = False
    view = shown(story)
    assert view["published"] == {"faults": [{"place": "", "text": UNREADABLE}]}
    assert view["frozen"] is not None


def test_faults_of_the_published_one_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    story = on_trial(Phase.BAKING)

    def faulty(*_: object) -> None:
        raise InvalidPolicyError((("fraud/rollout.yaml: keep", "no duration"),))

    monkeypatch.setattr(Bundle, "service", faulty)
    view = shown(story)
    assert view["published"] == {
        "faults": [{"place": "fraud/rollout.yaml: keep", "text": "no duration"}]
    }
    assert view["differences"] == []


def test_a_service_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(InvalidInputError, match="no service") as refused:
        Story().service.policies("nobody")
    assert refused.value.status == 404

"""History, minutes and offers come in pages that join without a gap, during a rollout and after."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.policy.model import Stage
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import InvalidInputError
from rollout.inbound.answers import Answer
from rollout.inbound.page_doors import PageAnswer, history_answer, minutes_answer, offers_answer
from rollout.service import paging
from tests.support.probe_builders import PROBES
from tests.support.stories.policies import POLICY
from tests.support.stories.probed import quiet
from tests.support.stories.stage import Story

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LONG_BAKE = replace(POLICY, stages=(Stage(10, HOUR / 3), Stage(100, HOUR / 3)))


@pytest.fixture(scope="module")
def over() -> Story:
    """Two rollouts: the first was rolled back, the second is promoted and over."""
    story = Story(LONG_BAKE)
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.pass_time(5 * MINUTE)
    story.alert(story.rollout.candidate)
    story.until_quiet(within=2 * HOUR)
    story.register("3")
    story.until_quiet(within=4 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    return story


def asked(
    story: Story, door: PageAnswer, headers: dict[str, str] | None = None, **query: Any
) -> Answer:
    texts = {name: str(value) for name, value in query.items()}
    return door(story.service, "fraud", texts, headers or {})


def got(story: Story, door: PageAnswer, **query: Any) -> dict[str, Any]:
    answer = asked(story, door, **query)
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body)
    return found


def all_pages(story: Story, door: PageAnswer, key: str, **query: Any) -> list[list[dict[str, Any]]]:
    pages = []
    mark: Any = None
    while True:
        page = got(story, door, **query, **({key: mark} if mark else {}))
        pages.append(page["value"])
        mark = page[key]
        if mark is None:
            return pages


def first_rollout(story: Story) -> str:
    return next(
        e.rollout for e in story.store.history_after(story.endpoint, "", 1000) if e.rollout != "0"
    )


@pytest.mark.parametrize("which", ["latest", "earlier"])
def test_history_is_paged_from_its_end_to_its_beginning(over: Story, which: str) -> None:
    rollout = over.rollout.id if which == "latest" else first_rollout(over)
    pages = all_pages(over, history_answer, "before", limit=3, rollout=rollout)
    numbers = [entry["sequence"] for page in reversed(pages) for entry in page]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(pages[0]) == 3
    entries = [entry for page in pages for entry in page]
    assert {entry["rollout"] for entry in entries} == {rollout}
    assert got(over, history_answer, limit=200)["rollout"] == over.rollout.id


@pytest.mark.parametrize("which", ["latest", "earlier"])
def test_minutes_are_paged_from_the_first_to_the_last(over: Story, which: str) -> None:
    rollout = over.rollout.id if which == "latest" else first_rollout(over)
    whole = got(over, minutes_answer, rollout=rollout)["value"]
    settled = [each["minute"] for each in whole if each["settled"]]
    assert len(settled) >= 2
    assert settled == sorted(set(settled))
    paged = [
        m
        for page in all_pages(over, minutes_answer, "after", limit=2, rollout=rollout)
        for m in page
    ]
    assert paged == whole


def test_a_minute_has_what_a_plot_of_both_sides_needs(over: Story) -> None:
    page = got(over, minutes_answer)
    minute = page["value"][0]
    assert (minute["stage"], minute["weight"], minute["settled"]) == (0, 10, True)
    for side in (minute["candidate"], minute["stable"]):
        assert side["requests"] > 0
        assert side["failed"] == side["rejected"] == 0
    assert minute["stable"]["requests"] > minute["candidate"]["requests"]
    assert any(each["verdict"] for each in page["value"])


def test_the_marks_say_when_which_weight_was_asked_for(over: Story) -> None:
    marks = [mark for mark in got(over, minutes_answer)["marks"] if mark["kind"] == "PhaseChanged"]
    weights = [mark["weight"] for mark in marks]
    assert weights == sorted(weights)
    assert weights[-1] == 100
    assert 10 in weights
    rolled_back = got(over, minutes_answer, rollout=first_rollout(over))["marks"]
    assert rolled_back[-1]["weight"] == 0


def test_a_page_of_minutes_has_the_marks_of_its_time(over: Story) -> None:
    first = got(over, minutes_answer, limit=2)
    assert all(mark["at"] <= first["after"] for mark in first["marks"])
    rest = got(over, minutes_answer, after=first["after"])
    assert all(mark["at"] > first["after"] for mark in rest["marks"])
    both = [*first["marks"], *rest["marks"]]
    assert both == got(over, minutes_answer)["marks"]


def test_marks_are_found_behind_a_flood_of_other_entries(
    over: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = got(over, minutes_answer)["marks"]
    monkeypatch.setattr(paging, "ENTRIES_READ", 4)
    assert got(over, minutes_answer)["marks"] == whole
    monkeypatch.setattr(paging, "MARKS_PAGES", 1)
    assert len(got(over, minutes_answer)["marks"]) < len(whole)


def test_a_minute_whose_records_were_cut_is_left_to_the_next_page(
    over: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [m for m in got(over, minutes_answer)["value"] if m["settled"]]
    monkeypatch.setattr(paging, "RECORDS_READ", 3)
    page = got(over, minutes_answer)
    assert [m["minute"] for m in page["value"]] == [m["minute"] for m in whole[:2]]
    assert page["after"] == whole[1]["minute"]
    paged = [m for each in all_pages(over, minutes_answer, "after") for m in each if m["settled"]]
    assert paged == whole


def test_probes_stand_beside_the_minutes_requests() -> None:
    story = quiet(1.0, Story(replace(LONG_BAKE, probes=PROBES)))
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.pass_time(15 * MINUTE)
    probed = [m for m in got(story, minutes_answer)["value"] if m["probes"]]
    assert probed
    assert probed[0]["probes"]["candidate"]["requests"] > 0


def test_offers_are_paged_by_key(over: Story) -> None:
    pages = all_pages(over, offers_answer, "after", limit=1)
    assert [page[0]["version"] for page in pages] == ["2", "3"]
    assert {page[0]["state"] for page in pages} == {"rollout", "quarantined"}


def test_a_page_that_is_known_is_not_sent_again(over: Story) -> None:
    for door in (history_answer, minutes_answer, offers_answer):
        tag = asked(over, door).headers["ETag"]
        again = asked(over, door, {"if-none-match": tag})
        assert (again.status, again.body) == (304, b"")
        assert asked(over, door, {"if-none-match": tag}, limit=1).status == 200


def test_a_service_without_a_rollout_has_empty_pages() -> None:
    story = Story()
    assert got(story, history_answer) == {"rollout": "0", "value": [], "before": None}
    assert got(story, minutes_answer)["value"] == []
    assert got(story, offers_answer) == {"value": [], "after": None}


WRONG: list[tuple[PageAnswer, dict[str, Any], str]] = [
    (history_answer, {"limit": 0}, "from 1 to 200"),
    (history_answer, {"before": "x"}, "from 1 to"),
    (history_answer, {"rollout": ""}, "id of a rollout"),
    (minutes_answer, {"limit": 1001}, "from 1 to 1000"),
    (minutes_answer, {"after": "yesterday"}, "a moment with its offset"),
    (minutes_answer, {"after": "2026-02-30T10:00:00Z"}, "a moment with its offset"),
    (offers_answer, {"after": "nothing"}, "what the page before ended with"),
    (offers_answer, {"limit": "ten"}, "from 1 to 200"),
]


@pytest.mark.parametrize(("door", "query", "says"), WRONG)
def test_a_wrong_parameter_is_refused_with_what_is_right(
    door: PageAnswer, query: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInputError, match=says) as refused:
        asked(Story(), door, **query)
    assert refused.value.status == 400


@pytest.mark.parametrize("door", [history_answer, minutes_answer])
def test_a_rollout_that_never_was_is_not_found(over: Story, door: PageAnswer) -> None:
    with pytest.raises(InvalidInputError, match="has no rollout nobody") as refused:
        asked(over, door, rollout="nobody")
    assert refused.value.status == 404


def test_entries_beyond_the_end_that_the_row_knows_are_no_history(over: Story) -> None:
    page = got(over, history_answer, before=10_000, limit=1)
    assert page["value"][0]["sequence"] == over.current.sequence


def test_an_order_is_marked() -> None:
    story = Story(LONG_BAKE)
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.command(Verb.PAUSE)
    kinds = [mark["kind"] for mark in got(story, minutes_answer)["marks"]]
    assert {"Commanded", "Held"} & set(kinds)

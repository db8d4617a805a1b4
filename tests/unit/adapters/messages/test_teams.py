"""The card: valid for Teams whatever its texts are, small enough, and without markup."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localazure.receivers.adaptive_card import problems_of_card
from rollout.adapters.messages.teams import MAX_TEAMS_BYTES, teams_body
from rollout.core.messages import Message
from rollout.core.records.phases import Phase
from tests.support.happenings import a_happening, a_message, with_facts

CONSOLE = "https://app.example/api/ui"
LONGEST_CONSOLE = "https://" + "c" * 492
APPROVAL = a_message(a_happening("AttentionNeeded", Phase.BAKING, cause="approval"))


def card(message: Message, console: str | None = CONSOLE) -> dict[str, Any]:
    body = json.loads(teams_body(message, console))
    assert list(problems_of_card(body)) == []
    content: dict[str, Any] = body["attachments"][0]["content"]
    return content


def runs(content: dict[str, Any]) -> list[str]:
    return ["".join(run["text"] for run in block["inlines"]) for block in content["body"]]


def test_a_card_reads_as_the_message_does() -> None:
    content = card(APPROVAL)
    assert runs(content) == [
        APPROVAL.title,
        *(f"{label}: {text}" for label, text in APPROVAL.facts),
    ]
    assert [action["title"] for action in content["actions"]] == [
        "Open",
        "Roll back ...",
        "Approve ...",
    ]
    assert content["body"][0]["inlines"][0]["color"] == "attention"


def test_without_a_console_the_card_has_no_action() -> None:
    assert "actions" not in card(APPROVAL, None)


def test_the_only_action_opens_an_address() -> None:
    assert {action["type"] for action in card(APPROVAL)["actions"]} == {"Action.OpenUrl"}


MARKUP = "[here](https://evil.example) **bold** _x_ `y` <at>all</at> # title"


def test_markup_in_names_and_reasons_stands_in_runs_that_read_none() -> None:
    message = with_facts(("Why", MARKUP), title=MARKUP)
    content = card(message)
    assert runs(content) == [MARKUP, f"Why: {MARKUP}"]
    # The schema: "Markdown is not supported" in a TextRun, unlike in TextBlock and FactSet.
    kinds = {run["type"] for block in content["body"] for run in block["inlines"]}
    assert kinds == {"TextRun"}
    assert {block["type"] for block in content["body"]} == {"RichTextBlock"}


@pytest.mark.parametrize("character", ["x", "\U0001f600", '"', "\\", "\u20ac"])
def test_the_longest_message_fits_into_a_card(character: str) -> None:
    long = character * 10_000
    message = with_facts(*[(long, long)] * 20, title=long)
    body = teams_body(message, LONGEST_CONSOLE)
    assert len(body) <= MAX_TEAMS_BYTES
    card(message, LONGEST_CONSOLE)


@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=12))
def test_every_message_makes_a_valid_card(title: str, facts: list[tuple[str, str]]) -> None:
    message = with_facts(*facts, title=title)
    card(message)
    assert len(teams_body(message, CONSOLE)) <= MAX_TEAMS_BYTES

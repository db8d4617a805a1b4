"""The blocks: within Slack's limits whatever their texts are, and without markup or mentions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localazure.receivers.slack_blocks import problems_of_blocks
from rollout.adapters.messages.slack import MAX_SECTION_CHARACTERS, slack_body
from rollout.core.messages import Message
from rollout.core.records.phases import Phase
from tests.support.happenings import a_happening, a_message, with_facts

CONSOLE = "https://app.example/api/ui"
APPROVAL = a_message(a_happening("AttentionNeeded", Phase.BAKING, cause="approval"))


def blocks(message: Message, console: str | None = CONSOLE) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(slack_body(message, console))
    assert list(problems_of_blocks(body)) == []
    return body


def texts(body: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in body["blocks"] if "text" in block]


def test_a_message_has_a_header_its_facts_and_buttons() -> None:
    body = blocks(APPROVAL)
    assert texts(body) == [APPROVAL.title, *(f"{label}: {text}" for label, text in APPROVAL.facts)]
    (buttons,) = [block for block in body["blocks"] if block["type"] == "actions"]
    assert [each["text"]["text"] for each in buttons["elements"]] == [
        "Open",
        "Roll back ...",
        "Approve ...",
    ]
    assert body["text"].startswith(APPROVAL.title)


def test_without_a_console_there_are_no_buttons() -> None:
    assert {block["type"] for block in blocks(APPROVAL, None)["blocks"]} == {"header", "section"}


def test_nobody_is_mentioned_and_no_link_is_made_by_a_reason() -> None:
    text = "<!channel> <@U1> <https://evil.example|Approve> *bold* & co"
    body = blocks(with_facts(("Why", text), title=text))
    escaped = "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|Approve&gt; *bold* &amp; co"
    assert texts(body) == [escaped, f"Why: {escaped}"]
    assert {block["text"]["type"] for block in body["blocks"] if "text" in block} == {"plain_text"}
    assert "<" not in body["text"]
    assert body["mrkdwn"] is False


@pytest.mark.parametrize("character", ["x", "&", "<", "\U0001f600"])
def test_a_text_of_escapes_is_cut_between_them(character: str) -> None:
    body = blocks(with_facts(*[("Why", character * 5000)] * 20, title=character * 5000))
    for text in [*texts(body), body["text"]]:
        assert len(text) <= MAX_SECTION_CHARACTERS
        assert text.endswith("...")
        assert not set(text.replace("&amp;", "").replace("&lt;", "")) & set("&<")


@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=12))
def test_every_message_is_one_that_slack_takes(title: str, facts: list[tuple[str, str]]) -> None:
    if title.strip():
        blocks(with_facts(*facts, title=f"x{title}"))

"""A message for Slack: blocks of `plain_text`, in which Slack reads no formats and no mentions.

`&`, `<` and `>` are escaped as Slack's page on formatting asks for in every text. The `text` beside
the blocks is what notifications show; its markup is switched off.
"""

import json
from typing import Any

from rollout.adapters.messages.fitting import MAX_TITLE_CHARACTERS, facts_of, links_of, shown
from rollout.core.messages import Message

MAX_HEADER_CHARACTERS = 150
MAX_SECTION_CHARACTERS = 3000
MAX_FALLBACK_CHARACTERS = 3000
"""Slack's limits of a header and of a section's text (its reference of blocks). Whether the
characters of an escape count is not said, so each counts here."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def slack_body(message: Message, console: str | None) -> bytes:
    """Return the JSON to post.

    Args:
        message: The message.
        console: The console's address without a slash at its end; None: no buttons.
    """
    title = shown(message.title, MAX_TITLE_CHARACTERS)
    sections = [f"{label}: {text}" for label, text in facts_of(message)]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(title, MAX_HEADER_CHARACTERS)},
        *({"type": "section", "text": _plain(text, MAX_SECTION_CHARACTERS)} for text in sections),
    ]
    buttons = [
        {
            "type": "button",
            "action_id": f"link-{number}",
            "text": _plain(text, MAX_HEADER_CHARACTERS),
            "url": url,
        }
        for number, (text, url) in enumerate(links_of(message, console))
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    fallback = _escaped("\n".join([title, *sections[:1]]), MAX_FALLBACK_CHARACTERS)
    body = {"text": fallback, "mrkdwn": False, "blocks": blocks}
    return json.dumps(body, ensure_ascii=False).encode()


def _plain(text: str, longest: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _escaped(text, longest), "emoji": False}


def _escaped(text: str, longest: int) -> str:
    """Escape, and cut between characters: half an escape would show its letters."""
    whole = text.translate(_ESCAPES)
    while len(whole) > longest:
        text = text[: len(text) - max(1, (len(whole) - longest) // 5)]
        whole = f"{text.translate(_ESCAPES)}..."
    return whole

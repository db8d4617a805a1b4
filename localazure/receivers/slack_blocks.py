"""What Slack refuses in a message, by the limits of its reference of blocks."""

from collections.abc import Iterator, Mapping
from typing import Any

MAX_BLOCKS = 50
MAX_TEXT = 40_000
MAX_ID = 255
MAX_SECTION, MAX_FIELD, MAX_FIELDS = 3000, 2000, 10
MAX_HEADER = 150
MAX_BUTTONS, MAX_BUTTON, MAX_URL = 25, 75, 3000
_MARKUP = ("<!", "<@", "<#", "<http", "<mailto")


def problems_of_blocks(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a message; the real hook answers `invalid_blocks`, or less."""
    text = body.get("text", "")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        yield f"text: a text of at most {MAX_TEXT} characters"
    elif body.get("mrkdwn", True) is not False or any(mark in text for mark in _MARKUP):
        yield from _markup("text", text)
    blocks = body.get("blocks", [])
    if not isinstance(blocks, list) or len(blocks) > MAX_BLOCKS:
        yield f"blocks: a list of at most {MAX_BLOCKS}"
        return
    ids: set[str] = set()
    for number, block in enumerate(blocks):
        place = f"blocks[{number}]"
        if not isinstance(block, Mapping):
            yield f"{place}: no object"
            continue
        match block.get("type"):
            case "header":
                yield from _text(f"{place}.text", block.get("text"), MAX_HEADER, plain=True)
            case "section":
                yield from _section(place, block)
            case "actions":
                yield from _actions(place, block, ids)
            case "divider":
                pass
            case other:
                yield f"{place}: no block of type {other!r}"


def _section(place: str, block: Mapping[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" in block:
        yield from _text(f"{place}.text", block["text"], MAX_SECTION)
    elif not fields:
        yield f"{place}: neither text nor fields"
    if len(fields) > MAX_FIELDS:
        yield f"{place}.fields: more than {MAX_FIELDS}"
    for number, each in enumerate(fields):
        yield from _text(f"{place}.fields[{number}]", each, MAX_FIELD)


def _actions(place: str, block: Mapping[str, Any], ids: set[str]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_BUTTONS:
        yield f"{place}.elements: from 1 to {MAX_BUTTONS}"
        return
    for number, each in enumerate(elements):
        where = f"{place}.elements[{number}]"
        if each.get("type") != "button":
            yield f"{where}: no button"
        yield from _text(f"{where}.text", each.get("text"), MAX_BUTTON, plain=True)
        url, name = each.get("url", ""), each.get("action_id", f"{where}")
        if len(url) > MAX_URL or (url and not url.startswith(("https://", "http://"))):
            yield f"{where}.url: no address of at most {MAX_URL} characters"
        if len(name) > MAX_ID or name in ids:
            yield f"{where}.action_id: not unique"
        ids.add(name)


def _text(place: str, value: Any, longest: int, *, plain: bool = False) -> Iterator[str]:
    match value:
        case {"type": "plain_text" | "mrkdwn" as kind, "text": str(text)}:
            if not 1 <= len(text) <= longest:
                yield f"{place}: from 1 to {longest} characters, not {len(text)}"
            if kind == "mrkdwn" and plain:
                yield f"{place}: plain_text only"
            if kind == "mrkdwn":
                yield from _markup(place, text)
        case _:
            yield f"{place}: no text object"


def _markup(place: str, text: str) -> Iterator[str]:
    """Not refused by Slack: it would mention people, or show a link under another's name."""
    found = [mark for mark in _MARKUP if mark in text]
    if found:
        yield f"{place}: markup {', '.join(found)}"

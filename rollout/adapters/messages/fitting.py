"""What both chats need of a message: texts within their limits, and links with an address."""

import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from rollout.core.messages import Link, Message
from rollout.text.plain_text import visible_line
from rollout.text.redaction import redact

MAX_FACTS = 10
MAX_LINKS = 4
MAX_TITLE_CHARACTERS = 140
MAX_LABEL_CHARACTERS = 40
MAX_FACT_CHARACTERS = 900
MAX_FACT_BYTES = 1500
"""Of a text in JSON: all facts together stay below the smallest limit of a receiver, whatever
alphabet or signs they are made of."""


def shown(text: str, longest: int) -> str:
    """Return foreign text as one visible line without secrets, cut to `longest` characters."""
    line = visible_line(redact(text), longest)
    while json_bytes(line) > MAX_FACT_BYTES:
        # A character takes from one to four bytes: this never cuts more than a quarter too much.
        longest = min(longest, len(line)) - max(1, (json_bytes(line) - MAX_FACT_BYTES) // 4)
        line = visible_line(line, longest)
    return line


def json_bytes(text: str) -> int:
    """Return how many bytes a text takes in JSON that is sent as UTF-8."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def facts_of(message: Message) -> Iterator[tuple[str, str]]:
    """Yield labels and texts that fit."""
    for label, text in message.facts[:MAX_FACTS]:
        yield shown(label, MAX_LABEL_CHARACTERS), shown(text, MAX_FACT_CHARACTERS)


def links_of(message: Message, console: str | None) -> Iterator[tuple[str, str]]:
    """Yield texts of buttons and their addresses; none where there is no console's address."""
    if console is not None:
        for link in message.links[:MAX_LINKS]:
            yield link.title, address(link, console)


def address(link: Link, console: str) -> str:
    """Return the address of a page of the console, whose own ends without a slash.

    What stands behind `#` never reaches a server: it is in no log of a proxy or a gateway.
    """
    page = f"{console}/#/s/{quote(link.service, safe='')}"
    order = link.order
    if order is None:
        return page
    stage = {} if order.stage is None else {"stage": order.stage}
    bound = urlencode({"rollout": order.rollout, **stage})
    return f"{page}/do/{quote(order.verb, safe='')}?{bound}"

"""A message for Teams: an Adaptive Card 1.4 in the envelope that a Workflow's template reads.

Every text is a `TextRun`. The schema says of its `text` that Markdown is not supported; a
`TextBlock` or a `FactSet` would read links and formats into names and reasons, and there is no
escape that all of Teams' clients take out again. The only action is `Action.OpenUrl`: a Workflow
has no bot that could take any other.
"""

import json
from typing import Any

from rollout.adapters.messages.fitting import MAX_TITLE_CHARACTERS, facts_of, links_of, shown
from rollout.core.messages import Message, Severity

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
CARD_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CARD_VERSION = "1.4"
MAX_TEAMS_BYTES = 20_000
"""Teams takes about 28 KB (Microsoft's page on incoming webhooks); a client's authors found 21 KB
to be what passes."""

_COLOURS = {Severity.ATTENTION: "attention", Severity.NOTICE: "default"}


def teams_body(message: Message, console: str | None) -> bytes:
    """Return the JSON to post.

    Args:
        message: The message.
        console: The console's address without a slash at its end; None: no buttons.
    """
    title = _block(
        _run(
            shown(message.title, MAX_TITLE_CHARACTERS),
            size="large",
            weight="bolder",
            color=_COLOURS[message.severity],
        )
    )
    facts = [
        _block(_run(f"{label}: ", weight="bolder"), _run(text)) for label, text in facts_of(message)
    ]
    card: dict[str, Any] = {
        "$schema": CARD_SCHEMA,
        "type": "AdaptiveCard",
        "version": CARD_VERSION,
        # Teams' own: the card as wide as the channel.
        "msteams": {"width": "Full"},
        "body": [title, *facts],
    }
    actions = [
        {"type": "Action.OpenUrl", "title": text, "url": url}
        for text, url in links_of(message, console)
    ]
    if actions:
        card["actions"] = actions
    attachment = {"contentType": CARD_TYPE, "contentUrl": None, "content": card}
    body = {"type": "message", "attachments": [attachment]}
    # UTF-8, not `\uXXXX`: the limit counts bytes.
    return json.dumps(body, ensure_ascii=False).encode()


def _block(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **looks}

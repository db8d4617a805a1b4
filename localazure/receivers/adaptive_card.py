"""The part of Adaptive Cards 1.4 that a webhook in Teams shows, as a JSON Schema.

Written by hand after the public reference (adaptivecards.io/explorer), not a copy of the published
schema: elements without inputs, and the one action that works without a bot. It is closed, so that
a property that does not exist in 1.4 is found.
"""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
MAX_ACTIONS = 6
"""Teams' limit of primary actions of a card."""

_BOOLEAN = {"type": "boolean"}
_TEXT = {"type": "string"}
_SIZE = {"enum": ["default", "small", "medium", "large", "extraLarge"]}
_WEIGHT = {"enum": ["default", "lighter", "bolder"]}
_COLOUR = {"enum": ["default", "dark", "light", "accent", "good", "warning", "attention"]}
_SPACING = {"enum": ["default", "none", "small", "medium", "large", "extraLarge", "padding"]}
_ALIGNMENT = {"enum": ["left", "center", "right"]}
_FONT = {"enum": ["default", "monospace"]}
_OF_ELEMENTS = {"id": _TEXT, "isVisible": _BOOLEAN, "separator": _BOOLEAN, "spacing": _SPACING}
_LOOKS = {
    "color": _COLOUR,
    "fontType": _FONT,
    "isSubtle": _BOOLEAN,
    "size": _SIZE,
    "weight": _WEIGHT,
}


def _closed(kind: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **properties},
        "required": ["type", *required],
        "additionalProperties": False,
    }


_RUN = _closed(
    "TextRun",
    {
        **_LOOKS,
        "text": _TEXT,
        "highlight": _BOOLEAN,
        "italic": _BOOLEAN,
        "strikethrough": _BOOLEAN,
        "underline": _BOOLEAN,
    },
    "text",
)
_FACT = {
    "type": "object",
    "properties": {"type": {"const": "Fact"}, "title": _TEXT, "value": _TEXT},
    "required": ["title", "value"],
    "additionalProperties": False,
}
_ELEMENTS = [
    _closed(
        "TextBlock",
        {
            **_OF_ELEMENTS,
            **_LOOKS,
            "text": _TEXT,
            "wrap": _BOOLEAN,
            "maxLines": {"type": "number"},
            "horizontalAlignment": _ALIGNMENT,
        },
        "text",
    ),
    _closed(
        "RichTextBlock",
        {
            **_OF_ELEMENTS,
            "inlines": {"type": "array", "items": {"anyOf": [_TEXT, _RUN]}},
            "horizontalAlignment": _ALIGNMENT,
        },
        "inlines",
    ),
    _closed("FactSet", {**_OF_ELEMENTS, "facts": {"type": "array", "items": _FACT}}, "facts"),
]
_OPEN_URL = _closed(
    "Action.OpenUrl",
    {
        "title": _TEXT,
        "url": {"type": "string", "pattern": "^https?://"},
        "iconUrl": _TEXT,
        "style": {"enum": ["default", "positive", "destructive"]},
    },
    "url",
)
_CARD = _closed(
    "AdaptiveCard",
    {
        "$schema": _TEXT,
        "version": {"enum": list(VERSIONS)},
        "body": {"type": "array", "items": {"anyOf": _ELEMENTS}},
        "actions": {"type": "array", "items": _OPEN_URL, "maxItems": MAX_ACTIONS},
        "fallbackText": _TEXT,
        "speak": _TEXT,
        "lang": _TEXT,
        # Not in the schema: Teams' own.
        "msteams": {
            "type": "object",
            "properties": {"width": {"const": "Full"}},
            "additionalProperties": False,
        },
    },
    "version",
)
_ENVELOPE = {
    "type": "object",
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "contentType": {"const": CARD_TYPE},
                    "contentUrl": {"type": "null"},
                    "content": _CARD,
                },
                "required": ["contentType", "content"],
            },
        },
    },
    "required": ["type", "attachments"],
}


def problems_of_card(body: Any) -> Iterator[str]:
    """Yield why Teams would not show a message; a Workflow says none of this to its caller."""
    for error in Draft202012Validator(_ENVELOPE).iter_errors(body):
        yield f"{error.json_path}: {error.message[:200]}"

"""The log port on Python's logging: one line each, fields appended as `name=value`.

A saved decision is the exception: its line is JSON, because queries read it.
"""

import json
import logging
import math
from collections.abc import Mapping
from typing import Any

from rollout.text.plain_text import visible_line
from rollout.text.redaction import INPUT_FACTOR, redact

LOGGER = logging.getLogger("rollout")
ATTENTION_EVENT_ID = "RolloutAttention"
NOTICE_EVENT_ID = "RolloutNotice"
"""The fixed marks of lines that need an operator, and of those that operators should know of; the
alert rules on the app's log look for them."""

DECISION_EVENT_ID = "RolloutDecision"
"""The mark of the lines that saved queries read; nobody is called by one."""

MAX_TEXT_CHARACTERS = 2000
MAX_FIELD_CHARACTERS = 300
MAX_VALUE_CHARACTERS = 500
"""Of a decision's field: an endpoint's ARM id, which queries join by, is never cut."""

MAX_PARTS = 10
"""How many parts of a list a decision's line has; it stays far below the 32,768 characters that
Application Insights keeps of a message."""


class AppLog:
    """`rollout.ports.Log`. Foreign text cannot begin a new line or send escape sequences."""

    def info(self, text: str, **fields: object) -> None:
        """Say what happened."""
        LOGGER.info("%s", _line(text, fields))

    def attention(self, text: str, **fields: object) -> None:
        """Ask for an operator."""
        LOGGER.error("%s: %s", ATTENTION_EVENT_ID, _line(text, fields))

    def notice(self, text: str, **fields: object) -> None:
        """Tell operators what they should know; nobody needs to act."""
        LOGGER.warning("%s: %s", NOTICE_EVENT_ID, _line(text, fields))

    def decided(self, line: Mapping[str, Any]) -> None:
        """Write a saved decision as one JSON object after its mark."""
        shown = {name: _json_value(value) for name, value in line.items()}
        document = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        LOGGER.info("%s: %s", DECISION_EVENT_ID, document)


def _line(text: str, fields: dict[str, object]) -> str:
    shown = [f"{name}={_safe(str(value), MAX_FIELD_CHARACTERS)}" for name, value in fields.items()]
    return " | ".join([_safe(text, MAX_TEXT_CHARACTERS), *shown])


def _json_value(value: object) -> object:
    """A number, truth or null as it is, a list's first parts, anything else as a bounded text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        # JSON has no word for what is no number.
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_safe(str(each), MAX_FIELD_CHARACTERS) for each in value[:MAX_PARTS]]
    return _safe(str(value), MAX_VALUE_CHARACTERS)


def _safe(text: str, longest: int) -> str:
    """Without secrets, and without what a terminal or a log reader would obey."""
    # What is beyond this is not shown even if everything before it is hidden.
    return visible_line(redact(text[: longest * INPUT_FACTOR]), longest)

"""The log port on Python's logging: one line each, fields appended as `name=value`."""

import logging

from rollout.text.plain_text import visible_line
from rollout.text.redaction import INPUT_FACTOR, redact

LOGGER = logging.getLogger("rollout")
ATTENTION_EVENT_ID = "RolloutAttention"
NOTICE_EVENT_ID = "RolloutNotice"
"""The fixed marks of lines that need an operator, and of those that operators should know of; the
alert rules on the app's log look for them."""

MAX_TEXT_CHARACTERS = 2000
MAX_FIELD_CHARACTERS = 300


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


def _line(text: str, fields: dict[str, object]) -> str:
    shown = [f"{name}={_safe(str(value), MAX_FIELD_CHARACTERS)}" for name, value in fields.items()]
    return " | ".join([_safe(text, MAX_TEXT_CHARACTERS), *shown])


def _safe(text: str, longest: int) -> str:
    """Without secrets, and without what a terminal or a log reader would obey."""
    # What is beyond this is not shown even if everything before it is hidden.
    return visible_line(redact(text[: longest * INPUT_FACTOR]), longest)

"""The log port on Python's logging: one line each, fields appended as `name=value`."""

import logging

from rollout.text.plain_text import visible_line

LOGGER = logging.getLogger("rollout")
ATTENTION_EVENT_ID = "RolloutAttention"
"""The fixed mark of lines that need an operator; the alert rule on the app's log looks for it."""

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


def _line(text: str, fields: dict[str, object]) -> str:
    shown = [
        f"{name}={visible_line(str(value), MAX_FIELD_CHARACTERS)}" for name, value in fields.items()
    ]
    return " | ".join([visible_line(text, MAX_TEXT_CHARACTERS), *shown])

"""The log port on Python's logging: one line each, fields appended as `name=value`."""

import logging

from rollout.text.plain_text import one_line

LOGGER = logging.getLogger("rollout")
ATTENTION_EVENT_ID = "RolloutAttention"
"""The fixed mark of lines that ask for a person; the alert rule on the app's log looks for it."""

LONGEST_TEXT = 2000
LONGEST_FIELD = 300


class AppLog:
    """`rollout.ports.Log`. Foreign text cannot begin a new line or send escape sequences."""

    def info(self, text: str, **fields: object) -> None:
        """Say what happened."""
        LOGGER.info("%s", _line(text, fields))

    def attention(self, text: str, **fields: object) -> None:
        """A person is needed."""
        LOGGER.error("%s: %s", ATTENTION_EVENT_ID, _line(text, fields))


def _line(text: str, fields: dict[str, object]) -> str:
    shown = [f"{name}={one_line(str(value), LONGEST_FIELD)}" for name, value in fields.items()]
    return " | ".join([one_line(text, LONGEST_TEXT), *shown])

"""Labels that a policy lists: text, whole numbers, true and false, kept as texts."""

from dataclasses import dataclass
from typing import Any

from rollout.core.policy.values import Faults, Schema, Text, is_number, quoted

MAX_LABEL_CHARACTERS = 60
_MOST = 10**15
"""Whole numbers up to here are the same in every reader of JSON."""


@dataclass(frozen=True)
class Label:
    """One label. `1` and `"1"` are the same one, and so are `true` and `"true"`."""

    def read(self, value: Any, place: str, faults: Faults) -> str | None:
        if isinstance(value, bool):
            return "true" if value else "false"
        if is_number(value) and value == int(value) and abs(value) <= _MOST:
            return str(int(value))
        if isinstance(value, str):
            return self._text.read(value, place, faults)
        faults.note(place, f"{quoted(value)} is not a label: write a text or a whole number.")
        return None

    @property
    def _text(self) -> Text:
        return Text(MAX_LABEL_CHARACTERS)

    def schema(self) -> Schema:
        whole = {"type": "integer", "minimum": -_MOST, "maximum": _MOST}
        return {"anyOf": [self._text.schema(), whole, {"type": "boolean"}]}

    def show(self, value: Any) -> Any:
        return value

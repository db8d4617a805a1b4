"""Writes the examples of payloads in docs/messages.md: `python -m dev.message_examples`.

They are made by the code that sends them, of one event, so that the page cannot go out of date.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollout.adapters.messages.slack import slack_body
from rollout.adapters.messages.teams import teams_body
from rollout.core.messages import Happened, message_of
from rollout.core.records.phases import Phase

TARGET = Path(__file__).resolve().parent.parent / "docs" / "messages.md"
CONSOLE = "https://func-rollout.azurewebsites.net/api/ui"
WHY = "held for approval: validated; the first 10 % need an approval"
NEXT = "read the evidence, then advance or rollback"
LINE_CHARACTERS = 110
EXAMPLE = Happened(
    id="fraud-endpoint/20260131t100000-1a2b3c4d/00000006",
    endpoint="/subscriptions/.../onlineendpoints/fraud-endpoint",
    service="fraud-detection",
    rollout="20260131t100000-1a2b3c4d",
    sequence=6,
    kind="AttentionNeeded",
    phase=Phase.VALIDATING,
    stage=0,
    at=datetime(2026, 1, 31, 10, 5, tzinfo=UTC),
    text=f"fraud-detection version 7: {WHY}; now blue-6 100 %; next: {NEXT}",
    details={
        "version": "7",
        "cause": "approval",
        "split": "blue-6 100 %",
        "since": "2026-01-31 10:05 UTC",
        "by": "the controller",
        "evidence": "",
        "next": NEXT,
    },
)


def with_examples(page: str) -> str:
    """Return the page with both examples put in anew.

    Raises:
        ValueError: a marker is missing.
    """
    message = message_of(EXAMPLE)
    if message is None:
        raise ValueError("the example makes no message")
    for name, body in (
        ("teams", teams_body(message, CONSOLE)),
        ("slack", slack_body(message, CONSOLE)),
    ):
        page = _replaced(page, name, written(json.loads(body)))
    return page


def written(value: Any, indent: int = 0) -> str:
    """Return a JSON value over as few lines as fit, one part in each."""
    whole = json.dumps(value, ensure_ascii=False)
    if indent + len(whole) <= LINE_CHARACTERS or not isinstance(value, dict | list):
        return whole
    inner = " " * (indent + 1)
    if isinstance(value, list):
        parts = [f"{inner}{written(each, indent + 1)}" for each in value]
        return f"[\n{',\n'.join(parts)}\n{' ' * indent}]"
    parts = [
        f"{inner}{json.dumps(key)}: {written(each, indent + 1)}" for key, each in value.items()
    ]
    return f"{{\n{',\n'.join(parts)}\n{' ' * indent}}}"


def _replaced(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"docs/messages.md needs {begin} and, below it, {end}")
    return f"{before}{begin}\n```json\n{text}\n```\n{end}{after}"


if __name__ == "__main__":
    TARGET.write_text(with_examples(TARGET.read_text(encoding="utf-8")), encoding="utf-8")

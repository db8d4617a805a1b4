"""Writes the table in docs/lifecycle-events.md: `python -m dev.lifecycle_events`."""

from collections.abc import Iterator
from pathlib import Path

from rollout.adapters.events.lifecycle_events import EVENT_TYPE_PREFIX
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS

TARGET = Path(__file__).resolve().parent.parent / "docs" / "lifecycle-events.md"
BEGIN, END = "<!-- events: begin -->", "<!-- events: end -->"


def table() -> str:
    """The whole text between the two markers."""
    return "\n".join(_lines())


def with_table(page: str) -> str:
    """Return the page with what stands between the markers replaced.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"docs/lifecycle-events.md needs {BEGIN} and, below it, {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _lines() -> Iterator[str]:
    yield "| type | when | `details` |"
    yield "| --- | --- | --- |"
    for kind, facts in LIFECYCLE_EVENTS.items():
        details = "; ".join(f"`{name}`: {text}" for name, text in facts.details.items())
        yield f"| `{EVENT_TYPE_PREFIX}{kind}` | {facts.when} | {details or 'none'} |"


if __name__ == "__main__":
    TARGET.write_text(with_table(TARGET.read_text(encoding="utf-8")), encoding="utf-8")

"""docs/lifecycle-events.md lists what the machine writes."""

import ast

import pytest

from dev.lifecycle_events import TARGET, with_table
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from tests.support.paths import PROJECT


def test_the_committed_table_is_current() -> None:
    page = TARGET.read_text(encoding="utf-8")
    assert page == with_table(page), "run: make generate"


def test_a_page_without_markers_is_left_alone() -> None:
    with pytest.raises(ValueError, match="events: begin"):
        with_table("# Lifecycle events\n")


def test_every_kind_that_is_written_is_listed_and_no_other() -> None:
    written = {
        call.args[0].value
        for room in ("machine", "offers")
        for path in (PROJECT / "rollout" / "core" / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "note"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert written == set(LIFECYCLE_EVENTS)

"""The line of a decision stops nothing."""

from collections.abc import Mapping
from typing import Any

import pytest

from rollout.core.records.phases import Phase
from rollout.service.decision_log import NO_LINE
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story


def broken(_line: Mapping[str, Any]) -> None:
    raise ZeroDivisionError


def test_a_line_that_cannot_be_written_stops_no_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    monkeypatch.setattr(story.log, "decided", broken)
    on_trial(Phase.BAKING, 1, story)
    assert story.log.decisions == []
    assert any(line.startswith(NO_LINE) for line in story.log.lines)

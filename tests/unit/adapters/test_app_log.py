"""The line of a decision: JSON behind its mark, bounded, without secrets."""

import json
import logging
from typing import Any

import pytest

from rollout.adapters.app_log import DECISION_EVENT_ID, MAX_PARTS, AppLog
from rollout.core.machine.decision import Decision
from rollout.core.overview.decided import decision_line
from rollout.core.records.phases import Phase
from tests.support.builders import a_current, a_rollout

KEPT_OF_A_MESSAGE = 32_768
"""Characters (Azure Monitor's limits for Application Insights)."""


def written(caplog: pytest.LogCaptureFixture, line: dict[str, Any]) -> str:
    with caplog.at_level(logging.INFO, logger="rollout"):
        AppLog().decided(line)
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    return record.getMessage()


def read(text: str) -> dict[str, Any]:
    found = json.loads(text.removeprefix(f"{DECISION_EVENT_ID}: "))
    assert isinstance(found, dict)
    return found


def test_values_keep_their_types(caplog: pytest.LogCaptureFixture) -> None:
    line = {"stage": 1, "odds": 2.5, "verdict": "", "check": None, "kinds": ["Held", "Notice"]}
    assert read(written(caplog, line)) == line


def test_what_is_no_number_is_null(caplog: pytest.LogCaptureFixture) -> None:
    line = {"odds": float("inf"), "oddsNeeded": float("nan")}
    assert read(written(caplog, line)) == {"odds": None, "oddsNeeded": None}


def test_a_secret_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    line = {"text": "Authorization: Bearer abcdefghijklmnop", "kinds": ["password=hunter2hunter2"]}
    text = written(caplog, line)
    assert "abcdefghijklmnop" not in text
    assert "hunter2" not in text


def test_foreign_text_begins_no_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    text = written(caplog, {"text": 'a\n{"service": "forged"}\x1b[31m'})
    assert "\n" not in text
    assert "\x1b" not in text
    assert "service" not in read(text)


def test_the_longest_line_is_kept_whole(caplog: pytest.LogCaptureFixture) -> None:
    current = a_current(a_rollout(Phase.BAKING))
    line = decision_line(current, Decision(current), current)
    foreign = {name: '"' * 10_000 for name, value in line.items() if isinstance(value, str)}
    text = written(caplog, {**line, **foreign, "kinds": ['"' * 10_000] * 100})
    fits = len(text) <= KEPT_OF_A_MESSAGE
    assert fits, len(text)
    assert len(read(text)["kinds"]) == MAX_PARTS

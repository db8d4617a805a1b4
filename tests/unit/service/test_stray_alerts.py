"""An alert that cannot be acted on does not go unnoticed where it speaks of a rollout of ours."""

import logging
from dataclasses import replace

import pytest

from rollout.adapters.app_log import AppLog
from rollout.core.records.signals import StrayAlert
from rollout.errors import UnreadableRowError
from rollout.ports import Commit, LiveRow
from rollout.service.stray_alerts import StrayAlerts
from tests.doubles.memory_store import MemoryStore
from tests.doubles.records import AT, CURRENT, ENDPOINT

STRAY = StrayAlert("its target is a workspace.", "errors", fired=True)


class DamagedStore(MemoryStore):
    """Its rows cannot be read."""

    def load(self, endpoint: str) -> None:
        raise UnreadableRowError(f"{endpoint} is damaged")


def said(
    alert: StrayAlert, caplog: pytest.LogCaptureFixture, store: MemoryStore | None = None
) -> tuple[str, str]:
    """What is logged of it while a rollout of green-7 beside blue-6 is live: level and text."""
    store = store or MemoryStore()
    store.commit(Commit(CURRENT, None))
    store.put_live(LiveRow(ENDPOINT, "fraud", AT))
    with caplog.at_level(logging.INFO):
        StrayAlerts(store, AppLog()).note(alert)
    (record,) = caplog.records
    return record.levelname, record.getMessage()


@pytest.mark.parametrize(
    ("endpoints", "deployments", "named"),
    [
        (("fraud-endpoint",), ("green-7",), "green-7"),
        ((), ("blue-6", "other"), "blue-6"),
        (("fraud-endpoint",), ("other",), "fraud-endpoint"),
        (("fraud-endpoint",), (), "fraud-endpoint"),
    ],
)
def test_a_fired_alert_that_names_what_is_ours_asks_for_an_operator(
    caplog: pytest.LogCaptureFixture,
    endpoints: tuple[str, ...],
    deployments: tuple[str, ...],
    named: str,
) -> None:
    level, text = said(replace(STRAY, endpoints=endpoints, deployments=deployments), caplog)
    assert level == "ERROR"
    assert f"an alert names {named} and is ignored: its target is a workspace." in text


@pytest.mark.parametrize(
    "alert",
    [
        STRAY,
        replace(STRAY, deployments=("purple-1",)),
        replace(STRAY, endpoints=("other-endpoint",), deployments=("green-7",)),
        replace(STRAY, fired=False, deployments=("green-7",)),
    ],
)
def test_an_alert_on_something_else_is_only_noted(
    caplog: pytest.LogCaptureFixture, alert: StrayAlert
) -> None:
    assert said(alert, caplog)[0] == "INFO"


def test_a_row_that_cannot_be_read_does_not_hide_the_endpoints_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    alert = replace(STRAY, endpoints=("fraud-endpoint",), deployments=("green-7",))
    level, text = said(alert, caplog, DamagedStore())
    assert (level, "fraud-endpoint" in text) == ("ERROR", True)

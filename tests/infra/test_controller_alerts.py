"""The log alerts of `infra/modules/controller-alerts.bicep` look for what the app writes."""

import json
import logging
import re

import pytest

from rollout.adapters.app_log import AppLog
from tests.support.paths import PROJECT

ALERTS = (PROJECT / "infra" / "modules" / "controller-alerts.bicep").read_text()
APP = (PROJECT / "infra" / "modules" / "function-app.bicep").read_text()


def query(name: str) -> str:
    found = re.search(rf"^var {name} = '''\n(.*?)'''$", ALERTS, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_an_attention_line_is_one_the_alert_finds(caplog: pytest.LogCaptureFixture) -> None:
    mark = re.search(r"Message startswith '([^']+)'", query("attentionQuery"))
    assert mark is not None
    with caplog.at_level(logging.ERROR, logger="rollout"):
        AppLog().attention("stuck", rollout="r")
    assert [record.getMessage().startswith(mark[1]) for record in caplog.records] == [True]


def test_a_notice_is_a_warning_that_the_other_alert_finds(caplog: pytest.LogCaptureFixture) -> None:
    mark = re.search(r"Message startswith '([^']+)'", query("noticeQuery"))
    assert mark is not None
    with caplog.at_level(logging.WARNING, logger="rollout"):
        AppLog().notice("rolled back", split="blue 100 %")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"{mark[1]} rolled back | split=blue 100 %"


def test_only_the_alert_on_notices_can_be_switched_off() -> None:
    assert re.findall(r"^resource (\w+) .* = if \((\w+)\)", ALERTS, re.MULTILINE) == [
        ("notice", "noticeAlert")
    ]


def test_the_silence_alert_names_functions_of_the_app() -> None:
    named = set(re.findall(r"Name == '(\w+)'", query("silenceQuery")))
    assert named == {"tick", "work"}
    source = (PROJECT / "function_app.py").read_text()
    assert named <= set(re.findall(r'@app\.function_name\("(\w+)"\)', source))


def test_the_tick_runs_more_often_than_silence_is_allowed() -> None:
    schedule = re.search(r"TICK_SCHEDULE: '([^']+)'", APP)
    assert schedule is not None
    assert schedule[1] == "0 * * * * *"
    assert "ago(8m)" in query("silenceQuery")


def test_what_the_alerts_read_is_never_sampled_away() -> None:
    host = json.loads((PROJECT / "host.json").read_text())
    sampling = host["logging"]["applicationInsights"]["samplingSettings"]
    assert {"Request", "Trace"} <= set(sampling["excludedTypes"].split(";"))


def test_runs_of_functions_are_recorded() -> None:
    host = json.loads((PROJECT / "host.json").read_text())
    assert host["logging"]["logLevel"]["Host.Results"] == "Information"

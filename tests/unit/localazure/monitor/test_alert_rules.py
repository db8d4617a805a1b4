"""Metric alert rules: what is refused, and when a series fires and resolves."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.monitor.action_groups import common_alert
from localazure.monitor.alert_rules import AlertEngine, AlertNotice
from localazure.monitor.recorder import Outcome, Recorder

GROUP = "/subscriptions/s1/resourceGroups/ml-rg/providers"
SCOPE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/My-Endpoint"
RULE_ID = f"{GROUP}/Microsoft.Insights/metricAlerts/green-model-errors"
ACTION_GROUP = f"{GROUP}/Microsoft.Insights/actionGroups/rollback"
START = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def dimension(name: str, *values: str, operator: str = "Include") -> dict[str, Any]:
    return {"name": name, "operator": operator, "values": list(values)}


def criterion(*dimensions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "criterionType": "StaticThresholdCriterion",
        "name": "failures",
        "metricName": "RequestsPerMinute",
        "operator": "GreaterThan",
        "threshold": 5,
        "timeAggregation": "Average",
        "dimensions": list(dimensions),
    } | changes


EVERY_424 = criterion(dimension("deployment", "*"), dimension("statusCode", "424"))


def rule(all_of: Sequence[dict[str, Any]] = (EVERY_424,), **changes: Any) -> dict[str, Any]:
    return {
        "location": "global",
        "properties": {
            "description": "the model fails",
            "severity": 1,
            "enabled": True,
            "scopes": [SCOPE],
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": list(all_of),
            },
            "autoMitigate": True,
            "actions": [{"actionGroupId": ACTION_GROUP, "webHookProperties": {"team": "fraud"}}],
        }
        | changes,
    }


class Scene:
    """One rule on a clock that the test moves minute by minute."""

    def __init__(self, body: dict[str, Any], delay: timedelta = timedelta(0)) -> None:
        self.now = START
        self.recorder = Recorder(lambda: self.now, delay)
        self.engine = AlertEngine(self.recorder)
        status, stored = self.engine.put(RULE_ID, body)
        assert status == 201, stored

    def minute(self, **failures: int) -> list[AlertNotice]:
        """Let the deployments fail so often in one minute, then evaluate at its end."""
        for deployment, count in failures.items():
            for _ in range(count):
                self.recorder.record("my-endpoint", Outcome(deployment, 424, 500), 5.0)
        self.now += timedelta(minutes=1)
        return self.engine.evaluate_due(self.now)


def said(notices: Sequence[AlertNotice]) -> list[tuple[str, str]]:
    return [
        (notice.values[0].dimensions[0][1], "Fired" if notice.resolved_at is None else "Resolved")
        for notice in notices
    ]


def test_a_series_fires_once_and_resolves_after_three_clean_evaluations() -> None:
    scene = Scene(rule())
    assert scene.minute(green=5) == []
    assert said(scene.minute(green=6)) == [("green", "Fired")]
    assert scene.minute(green=60) == []
    assert scene.minute() == []
    assert scene.minute() == []
    assert said(scene.minute()) == [("green", "Resolved")]
    assert scene.minute() == []
    assert said(scene.minute(green=6)) == [("green", "Fired")]


def test_one_failing_minute_in_between_restarts_the_clean_count() -> None:
    scene = Scene(rule())
    scene.minute(green=6)
    assert [scene.minute(), scene.minute(), scene.minute(green=6)] == [[], [], []]
    assert [scene.minute(), scene.minute()] == [[], []]
    assert said(scene.minute()) == [("green", "Resolved")]


def test_every_value_of_a_star_is_a_series_with_its_own_memory() -> None:
    scene = Scene(rule())
    assert said(scene.minute(green=6)) == [("green", "Fired")]
    assert said(scene.minute(green=6, blue=6)) == [("blue", "Fired")]


def test_listed_values_are_series_of_their_own_and_excluded_ones_none() -> None:
    listed = criterion(dimension("deployment", "green", "blue"))
    assert said(Scene(rule([listed])).minute(green=6, blue=6)) == [
        ("blue", "Fired"),
        ("green", "Fired"),
    ]
    but_blue = criterion(dimension("deployment", "blue", operator="Exclude"))
    assert said(Scene(rule([but_blue])).minute(green=6, blue=6)) == [("green", "Fired")]


def test_without_auto_mitigation_it_fires_each_time_and_never_resolves() -> None:
    scene = Scene(rule(autoMitigate=False))
    fired = [*scene.minute(green=6), *scene.minute(green=6)]
    assert said(fired) == [("green", "Fired")] * 2
    assert len({notice.alert_id for notice in fired}) == 2
    assert [scene.minute() for _ in range(5)] == [[]] * 5


def test_fired_and_resolved_carry_the_same_alert_and_two_firings_do_not() -> None:
    scene = Scene(rule())
    fired = scene.minute(green=6)[0]
    scene.minute()
    scene.minute()
    resolved = scene.minute()[0]
    again = scene.minute(green=6)[0]
    assert resolved.alert_id == fired.alert_id
    assert resolved.fired_at == fired.fired_at
    assert again.alert_id != fired.alert_id


def test_all_criteria_must_hold() -> None:
    slow = criterion(
        dimension("deployment", "green"),
        metricName="RequestLatency_P95",
        operator="GreaterThanOrEqual",
        threshold=5,
    )
    failing = criterion(dimension("deployment", "green"), dimension("statusCode", "424"))
    both = Scene(rule([failing, slow]))
    assert both.minute(green=5) == []
    notice = both.minute(green=6)[0]
    assert [value.value for value in notice.values] == [6.0, 5.0]
    slower = criterion(
        dimension("deployment", "green"), metricName="RequestLatency_P95", threshold=5
    )
    assert Scene(rule([failing, slower])).minute(green=6) == []


@pytest.mark.parametrize(
    ("operator", "fires_at"),
    [
        ("GreaterThan", [6]),
        ("GreaterThanOrEqual", [5, 6]),
        ("LessThan", [4]),
        ("LessThanOrEqual", [4, 5]),
        ("Equals", [5]),
    ],
)
def test_operators_mean_what_they_say(operator: str, fires_at: list[int]) -> None:
    body = rule([criterion(dimension("deployment", "*"), operator=operator)])
    assert [count for count in (4, 5, 6) if Scene(body).minute(green=count)] == fires_at


def test_the_window_is_averaged_over_its_minutes() -> None:
    scene = Scene(rule(windowSize="PT5M"))
    assert scene.minute(green=24) == []
    for _ in range(4):
        assert scene.minute() == []
    scene = Scene(rule(windowSize="PT5M"))
    for _ in range(4):
        scene.minute()
    assert said(scene.minute(green=26)) == [("green", "Fired")]


def test_with_an_ingestion_delay_the_alert_is_late_and_its_window_says_so() -> None:
    scene = Scene(rule(), delay=timedelta(minutes=2))
    assert scene.minute(green=6) == []
    assert scene.minute() == []
    notice = scene.minute()[0]
    assert (notice.window_start, notice.window_end) == (START, START + timedelta(minutes=1))


def test_a_rule_is_evaluated_at_its_frequency_unless_the_dial_says_otherwise() -> None:
    scene = Scene(rule(evaluationFrequency="PT5M", windowSize="PT5M"))
    scene.minute(green=60)
    scene.minute(green=60)
    assert scene.minute(green=60) == []
    fast = Scene(rule(evaluationFrequency="PT5M", windowSize="PT5M"))
    fast.engine.evaluate_every = timedelta(seconds=5)
    assert fast.minute() == []
    assert said(fast.minute(green=60)) == [("green", "Fired")]


def test_a_disabled_rule_sends_nothing() -> None:
    assert Scene(rule(enabled=False)).minute(green=60) == []


def test_a_rule_that_is_put_again_forgets_what_fired() -> None:
    scene = Scene(rule())
    scene.minute(green=6)
    assert scene.engine.put(RULE_ID.upper(), rule())[0] == 200
    assert said(scene.minute(green=6)) == [("green", "Fired")]


def test_rules_are_read_and_deleted_by_id_without_case() -> None:
    engine = Scene(rule()).engine
    status, body = engine.get(RULE_ID.lower())
    assert (status, body["name"], body["type"]) == (
        200,
        "green-model-errors",
        "Microsoft.Insights/metricAlerts",
    )
    assert engine.delete(RULE_ID)[0] == 200
    assert engine.delete(RULE_ID)[0] == 204
    assert engine.get(RULE_ID)[0] == 404


def test_the_payload_is_the_common_alert_schema() -> None:
    notice = Scene(rule()).minute(green=47)[0]
    payload = common_alert(notice, {"rolloutEndpoint": "my-endpoint"})
    # Microsoft's sample of a static metric alert, with this rule's values in it.
    assert payload == {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": notice.alert_id,
                "alertRule": "green-model-errors",
                "severity": "Sev1",
                "signalType": "Metric",
                "monitorCondition": "Fired",
                "monitoringService": "Platform",
                "alertTargetIDs": [SCOPE.lower()],
                "configurationItems": ["my-endpoint"],
                "originAlertId": notice.origin_id,
                "firedDateTime": "2026-11-23T18:01:00.000Z",
                "description": "the model fails",
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0",
            },
            "alertContext": {
                "properties": {"rolloutEndpoint": "my-endpoint"},
                "conditionType": "SingleResourceMultipleMetricCriteria",
                "condition": {
                    "windowSize": "PT1M",
                    "allOf": [
                        {
                            "metricName": "RequestsPerMinute",
                            "metricNamespace": "Microsoft.MachineLearningServices/workspaces/"
                            "onlineEndpoints",
                            "operator": "GreaterThan",
                            "threshold": "5",
                            "timeAggregation": "Average",
                            "dimensions": [
                                {"name": "deployment", "value": "green"},
                                {"name": "statusCode", "value": "424"},
                            ],
                            "metricValue": 47.0,
                            "webTestName": None,
                        }
                    ],
                    "windowStartTime": "2026-11-23T18:00:00.000Z",
                    "windowEndTime": "2026-11-23T18:01:00.000Z",
                },
            },
            "customProperties": {"rolloutEndpoint": "my-endpoint"},
        },
    }
    assert notice.alert_id.startswith("/subscriptions/s1/providers/Microsoft.AlertsManagement/")
    assert notice.origin_id.startswith("s1_ml-rg_microsoft.insights_metricAlerts_green-model-")


def test_a_resolved_payload_says_when_and_has_null_properties_when_there_are_none() -> None:
    scene = Scene(rule())
    scene.minute(green=6)
    scene.minute()
    scene.minute()
    data = common_alert(scene.minute()[0], {})["data"]
    assert data["essentials"]["monitorCondition"] == "Resolved"
    assert data["essentials"]["resolvedDateTime"] == "2026-11-23T18:04:00.000Z"
    assert data["essentials"]["firedDateTime"] == "2026-11-23T18:01:00.000Z"
    assert data["customProperties"] is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "properties must be an object"),
        (rule(scopes=[SCOPE, SCOPE]), "exactly one ARM id"),
        (rule(scopes=[f"{GROUP}/Microsoft.Storage/storageAccounts/a"]), "not an online endpoint"),
        (rule(severity=7), "severity"),
        (rule(enabled="yes"), "properties.enabled"),
        (rule(evaluationFrequency="PT2M"), "evaluationFrequency"),
        (rule(evaluationFrequency="PT5M"), "shorter than"),
        (rule(criteria={"odata.type": "Other", "allOf": []}), "odata.type"),
        (rule([]), "at least one criterion"),
        (rule([criterion(criterionType="DynamicThresholdCriterion")]), "StaticThreshold"),
        (rule([criterion(metricName="Percentage CPU")]), "metricName"),
        (rule([criterion(timeAggregation="Total")]), "must be Average"),
        (rule([criterion(threshold="5")]), "threshold must be a number"),
        (rule([criterion(threshold=True)]), "threshold must be a number"),
        (rule([criterion(operator="Above")]), "operator must be one of"),
        (rule([criterion(dimension("statuscodes", "424"))]), "not 'statuscodes'"),
        (rule([criterion(dimension("deployment", "a", operator="In"))]), "Include or Exclude"),
        (rule([criterion(dimension("deployment"))]), "must be texts"),
        (rule([criterion(dimension("statusCode", "1"), metricName="RequestLatency")]), "has dep"),
        (rule([EVERY_424, criterion()]), "one value of deployment only"),
        (rule(actions=[{}]), "actionGroupId is missing"),
        (rule(actions=[{"actionGroupId": "a"}] * 6), "at most 5"),
    ],
)
def test_a_bad_rule_is_400_with_what_to_change(body: dict[str, Any], says: str) -> None:
    engine = AlertEngine(Recorder())
    status, answer = engine.put(RULE_ID, body)
    assert status == 400
    assert says in answer["error"]["message"]
    assert engine.get(RULE_ID)[0] == 404

"""Alerts in the common schema, with the differences between Microsoft's own samples."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.records.signals import AlertFired, StrayAlert
from rollout.errors import InvalidInputError
from rollout.inbound.alert_bodies import EndpointAlert, parse_alert
from tests.support.inbound_samples import ALERT, ENDPOINT_ID, changed

CONDITION = "data.alertContext.condition"
DIMENSIONS = f"{CONDITION}.allOf.0.dimensions"


def fired(payload: dict[str, Any]) -> AlertFired:
    parsed = parse_alert(payload)
    assert isinstance(parsed, EndpointAlert)
    assert parsed.endpoint == ENDPOINT_ID
    return parsed.alert


def test_a_fired_metric_alert_names_the_deployment_and_its_window() -> None:
    alert = fired(ALERT)

    assert alert.rule == "candidate-failures"
    assert alert.deployment == "green-2"
    assert alert.window_end == datetime(2026, 11, 23, 18, 17, 0, 123456, UTC)
    assert alert.alert_id.endswith("1234567890ab")
    assert alert.text == ("candidate-failures (Sev1): RequestsPerMinute Average 47.0 GreaterThan 5")


@pytest.mark.parametrize("name", ["Deployment", "DEPLOYMENT", "deployment", "DeploymentName"])
def test_the_dimensions_name_is_compared_without_case(name: str) -> None:
    payload = changed(ALERT, DIMENSIONS, [{"name": name, "value": "Green-2"}])

    assert fired(payload).deployment == "green-2"


@pytest.mark.parametrize(
    "dimensions",
    [
        None,
        [],
        {},
        "x",
        [None],
        [{"name": "statusCodeClass", "value": "5xx"}],
        [{"name": "deployment", "value": None}],
        [{"name": "deployment", "value": "*"}],
        [{"name": "deployment", "value": "../x"}],
        [{"name": "deployment", "value": "a--b"}],
        [{"name": "deployment", "value": "blue"}, {"name": "deployment", "value": "green-2"}],
    ],
)
def test_without_one_certain_deployment_the_alert_names_none(dimensions: Any) -> None:
    assert fired(changed(ALERT, DIMENSIONS, dimensions)).deployment is None


def test_a_deployment_as_target_counts_as_named() -> None:
    target = ENDPOINT_ID.replace("onlineendpoints", "onlineEndpoints") + "/deployments/Green-2"
    payload = changed(ALERT, "data.essentials.alertTargetIDs", [target])

    assert fired(changed(payload, DIMENSIONS, [])).deployment == "green-2"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T18:17:00Z", datetime(2026, 11, 23, 18, 17, tzinfo=UTC)),
        ("2026-11-23T20:17:00.5+02:00", datetime(2026, 11, 23, 18, 17, 0, 500000, UTC)),
        ("2026-11-23T18:17:00", datetime(2026, 11, 23, 18, 17, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_a_window_end_that_is_no_time_is_none(text: Any, moment: datetime | None) -> None:
    assert fired(changed(ALERT, f"{CONDITION}.windowEndTime", text)).window_end == moment


@pytest.mark.parametrize(
    "context", [None, {}, [], {"condition": None}, {"condition": {"allOf": 1}}]
)
def test_an_alert_without_a_condition_still_counts(context: Any) -> None:
    alert = fired(changed(ALERT, "data.alertContext", context))

    assert (alert.deployment, alert.window_end) == (None, None)
    assert alert.text == "candidate-failures (Sev1)"


def test_a_log_alert_may_repeat_its_criteria() -> None:
    criterion = ALERT["data"]["alertContext"]["condition"]["allOf"][0]

    alert = fired(changed(ALERT, f"{CONDITION}.allOf", [criterion, criterion]))

    assert alert.deployment == "green-2"


def test_an_alert_says_whether_it_is_resolved() -> None:
    resolved = fired(changed(ALERT, "data.essentials.monitorCondition", "Resolved"))

    assert resolved.resolved
    assert not fired(ALERT).resolved


@pytest.mark.parametrize(
    "targets",
    [
        None,
        [],
        "x",
        ENDPOINT_ID,
        [None],
        [7],
        ["/subscriptions/11111111-1111-1111-1111-111111111111"],
        [ENDPOINT_ID.rpartition("/onlineendpoints")[0]],
        [ENDPOINT_ID + "--x"],
        [ENDPOINT_ID + "/../../other"],
        [ENDPOINT_ID.replace("fraud-endpoint", "a--b")],
        [ENDPOINT_ID, ENDPOINT_ID + "2"],
        [ENDPOINT_ID + "\n"],
        [*[ENDPOINT_ID] * 60, ENDPOINT_ID + "2"],
        [ENDPOINT_ID.replace("k", "\N{KELVIN SIGN}") + "\N{KELVIN SIGN}"],
    ],
)
def test_an_alert_on_something_else_is_ignored(targets: Any) -> None:
    parsed = parse_alert(changed(ALERT, "data.essentials.alertTargetIDs", targets))

    assert isinstance(parsed, StrayAlert)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        [ALERT],
        "x",
        {},
        {**ALERT, "schemaId": "AzureMonitorMetricAlert"},
        {**ALERT, "schemaId": None},
        {**ALERT, "data": None},
        {**ALERT, "data": []},
        changed(ALERT, "data.essentials", None),
        changed(ALERT, "data.essentials", "x"),
        changed(ALERT, "data.essentials.monitorCondition", "fired!"),
        changed(ALERT, "data.essentials.monitorCondition", None),
    ],
)
def test_what_is_not_the_common_schema_is_refused(payload: Any) -> None:
    with pytest.raises(InvalidInputError):
        parse_alert(payload)


def test_keys_are_read_in_any_casing() -> None:
    def shouted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key.upper(): shouted(each) for key, each in value.items()}
        return [shouted(each) for each in value] if isinstance(value, list) else value

    alert = fired(shouted(ALERT))
    assert (alert.rule, alert.deployment) == ("candidate-failures", "green-2")
    assert alert.window_end == fired(ALERT).window_end


def test_a_log_alert_of_a_whole_workspace_says_what_it_names() -> None:
    workspace = "/subscriptions/x/resourcegroups/rg/providers/microsoft.operationalinsights/law"
    named = [
        {"name": "EndpointName", "value": "Fraud-Endpoint"},
        {"name": "DeploymentName", "value": "green-2"},
    ]
    payload = changed(
        changed(ALERT, "data.essentials.alertTargetIDs", [workspace]), DIMENSIONS, named
    )
    assert parse_alert(payload) == StrayAlert(
        "The alert's targets are not one Azure ML online endpoint.",
        "candidate-failures",
        fired=True,
        endpoints=("fraud-endpoint",),
        deployments=("green-2",),
    )


def test_the_text_of_an_alert_is_one_harmless_line() -> None:
    alert = fired(changed(ALERT, "data.essentials.alertRule", "rule\r\nERROR \x1b[31m" + "x" * 900))

    assert "\n" not in alert.text + alert.rule
    assert "\x1b" not in alert.text + alert.rule
    assert len(alert.text) <= 500


def test_a_rule_without_a_name_is_called_unnamed() -> None:
    payload = changed(ALERT, "data.essentials.alertRule", None)
    payload = changed(payload, "data.essentials.severity", None)

    assert fired(payload).rule == "unnamed rule"


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["essentials", "condition", "allOf", "name", "value"]), inner
        )
    ),
    max_leaves=15,
)
PATHS = [
    "data",
    "data.essentials",
    "data.alertContext",
    CONDITION,
    f"{CONDITION}.allOf",
    DIMENSIONS,
]


@settings(max_examples=200, deadline=None)
@given(junk, st.sampled_from([*PATHS, "data.essentials.alertTargetIDs", "schemaId"]))
def test_no_value_anywhere_makes_the_parser_fail_otherwise(value: Any, path: str) -> None:
    for payload in (value, changed(ALERT, path, value)):
        try:
            parse_alert(payload)
        except InvalidInputError as error:
            assert str(error)  # noqa: PT017 - either outcome is right

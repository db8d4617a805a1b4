"""Metric alert rules in ARM's shape (`Microsoft.Insights/metricAlerts`) -> `AlertRule`.

Refused here is what Azure refuses or what has no effect there: scopes other than one online
endpoint, metrics, dimensions or aggregations the endpoint does not have, several values of a
dimension in a rule of several criteria (Azure Monitor's pages on metric alerts).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from localazure.monitor.metric_filter import ANY_VALUE, Comparison, SeriesFilter
from localazure.monitor.series import METRICS, Metric

SINGLE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
MULTIPLE_RESOURCES = "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria"
OPERATORS = ("GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual", "Equals")
FREQUENCIES = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H")
WINDOWS = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D")
MAX_ACTION_GROUPS = 5
MAX_SEVERITY = 4

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_SCOPE = re.compile(r"/workspaces/[^/]+/onlineEndpoints/([^/]+)$", re.IGNORECASE)


class InvalidAlertRuleError(Exception):
    """The rule is refused with status 400; the text says what to change."""


@dataclass(frozen=True)
class Criterion:
    """One condition: `metric` of every series that `filter` admits, compared with `threshold`."""

    metric: Metric
    operator: str
    threshold: float
    filter: SeriesFilter

    def is_met(self, value: float) -> bool:
        """Say whether a window's value meets the condition."""
        match self.operator:
            case "GreaterThan":
                return value > self.threshold
            case "GreaterThanOrEqual":
                return value >= self.threshold
            case "LessThan":
                return value < self.threshold
            case "LessThanOrEqual":
                return value <= self.threshold
            case _:
                return value == self.threshold


@dataclass(frozen=True)
class Action:
    """An action group to call, and what goes into the payload's properties."""

    action_group_id: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AlertRule:
    """A metric alert rule; every criterion must hold for it to fire."""

    resource_id: str
    name: str
    description: str
    severity: int
    enabled: bool
    scope: str
    endpoint: str
    evaluation_frequency: timedelta
    window_size: timedelta
    window_text: str
    criteria: tuple[Criterion, ...]
    auto_mitigate: bool
    actions: tuple[Action, ...]


def parse_alert_rule(resource_id: str, body: Mapping[str, Any]) -> AlertRule:
    """Read the body of a PUT.

    Raises:
        InvalidAlertRuleError: names the property and its allowed values.
    """
    properties = _object(body.get("properties"), "properties")
    scope = _only_scope(properties.get("scopes"))
    endpoint = _SCOPE.search(scope)
    if endpoint is None:
        raise InvalidAlertRuleError(
            f"properties.scopes: {scope} is not an online endpoint; only those have metrics here."
        )
    severity = properties.get("severity")
    if not isinstance(severity, int) or not 0 <= severity <= MAX_SEVERITY:
        raise InvalidAlertRuleError(
            f"properties.severity must be 0 to {MAX_SEVERITY}, not {severity!r}."
        )
    frequency = _one_of(properties, "evaluationFrequency", FREQUENCIES)
    window = _one_of(properties, "windowSize", WINDOWS)
    if _duration(window) < _duration(frequency):
        raise InvalidAlertRuleError("properties.windowSize is shorter than evaluationFrequency.")
    return AlertRule(
        resource_id=resource_id,
        name=resource_id.rstrip("/").rsplit("/", 1)[-1],
        description=str(properties.get("description", "")),
        severity=severity,
        enabled=_flag(properties, "enabled"),
        scope=scope,
        endpoint=endpoint.group(1),
        evaluation_frequency=_duration(frequency),
        window_size=_duration(window),
        window_text=window,
        criteria=_criteria(_object(properties.get("criteria"), "properties.criteria")),
        auto_mitigate=_flag(properties, "autoMitigate"),
        actions=_actions(properties.get("actions", [])),
    )


def _only_scope(scopes: object) -> str:
    match scopes:
        case [str(scope)]:
            return scope
        case _:
            raise InvalidAlertRuleError(
                "properties.scopes must hold exactly one ARM id: rules over several resources "
                "are not offered for online endpoints."
            )


def _criteria(criteria: Mapping[str, Any]) -> tuple[Criterion, ...]:
    kind = criteria.get("odata.type")
    if kind not in (SINGLE_RESOURCE, MULTIPLE_RESOURCES):
        raise InvalidAlertRuleError(
            f"properties.criteria['odata.type'] must be {SINGLE_RESOURCE}, not {kind!r}."
        )
    conditions = criteria.get("allOf")
    if not isinstance(conditions, list) or not conditions:
        raise InvalidAlertRuleError("properties.criteria.allOf must hold at least one criterion.")
    parsed = tuple(
        _criterion(_object(one, f"allOf[{index}]"), f"properties.criteria.allOf[{index}]")
        for index, one in enumerate(conditions)
    )
    if len(parsed) > 1:
        _refuse_splitting(parsed)
    return parsed


def _refuse_splitting(criteria: tuple[Criterion, ...]) -> None:
    for criterion in criteria:
        for comparison in criterion.filter.comparisons:
            if comparison.negated or len(comparison.values) > 1 or ANY_VALUE in comparison.values:
                raise InvalidAlertRuleError(
                    f"A rule of several criteria may name one value of {comparison.dimension} "
                    "only; make one rule for each condition."
                )


def _criterion(body: Mapping[str, Any], place: str) -> Criterion:
    if body.get("criterionType", "StaticThresholdCriterion") != "StaticThresholdCriterion":
        raise InvalidAlertRuleError(
            f"{place}.criterionType: only StaticThresholdCriterion is imitated; dynamic "
            "thresholds need three days of history in Azure."
        )
    known = {metric.name.lower(): metric for metric in METRICS}
    metric = known.get(str(body.get("metricName")).lower())
    if metric is None:
        raise InvalidAlertRuleError(
            f"{place}.metricName must be one of {', '.join(m.name for m in METRICS)}."
        )
    if body.get("timeAggregation") != "Average":
        raise InvalidAlertRuleError(
            f"{place}.timeAggregation must be Average, the only one {metric.name} is listed with."
        )
    threshold = body.get("threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise InvalidAlertRuleError(f"{place}.threshold must be a number, not {threshold!r}.")
    return Criterion(
        metric,
        _one_of(body, "operator", OPERATORS),
        float(threshold),
        SeriesFilter(
            tuple(
                _dimension(_object(one, f"{place}.dimensions"), metric, place)
                for one in body.get("dimensions") or []
            )
        ),
    )


def _dimension(body: Mapping[str, Any], metric: Metric, place: str) -> Comparison:
    name, operator, values = body.get("name"), body.get("operator"), body.get("values")
    if not isinstance(name, str) or name.lower() not in [d.lower() for d in metric.dimensions]:
        raise InvalidAlertRuleError(
            f"{place}.dimensions: {metric.name} has {', '.join(metric.dimensions)}, not {name!r}."
        )
    if operator not in ("Include", "Exclude"):
        raise InvalidAlertRuleError(
            f"{place}.dimensions: operator of {name} must be Include or Exclude, not {operator!r}."
        )
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise InvalidAlertRuleError(f"{place}.dimensions: values of {name} must be texts.")
    return Comparison(name, tuple(values), negated=operator == "Exclude")


def _actions(actions: object) -> tuple[Action, ...]:
    if not isinstance(actions, list) or len(actions) > MAX_ACTION_GROUPS:
        raise InvalidAlertRuleError(
            f"properties.actions must be a list of at most {MAX_ACTION_GROUPS} action groups."
        )
    parsed = []
    for action in actions:
        group = _object(action, "properties.actions").get("actionGroupId")
        if not isinstance(group, str):
            raise InvalidAlertRuleError("properties.actions: actionGroupId is missing.")
        parsed.append(Action(group, dict(action.get("webHookProperties") or {})))
    return tuple(parsed)


def _object(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidAlertRuleError(f"{place} must be an object.")
    return value


def _flag(properties: Mapping[str, Any], name: str) -> bool:
    value = properties.get(name, True)
    if not isinstance(value, bool):
        raise InvalidAlertRuleError(f"properties.{name} must be true or false, not {value!r}.")
    return value


def _one_of(body: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise InvalidAlertRuleError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return timedelta(days=days, hours=hours, minutes=minutes)

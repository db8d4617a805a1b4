"""Alert rules: split by deployment, with the metrics' own aggregation, nothing left to chance."""

import re
from collections.abc import Iterator
from typing import Any

from rollout.adapters.app_log import ATTENTION_EVENT_ID
from rollout.adapters.metrics.azure_metrics import LATENCIES, REQUESTS
from rollout.addresses import PROVIDER
from tests.support.infra.made import Resource, Snapshots, resources

_METRIC_ALERT = "Microsoft.Insights/metricAlerts"
_LOG_ALERT = "Microsoft.Insights/scheduledQueryRules"
_GROUP = "Microsoft.Insights/actionGroups"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_ENDPOINTS = f"{PROVIDER}/workspaces/onlineEndpoints"
_MINUTES = re.compile(r"PT?(?:(\d+)D)?(?:(\d+)H)?(?:(\d+)M)?")
_TAKEN_IN = re.compile(r"ingestion_time\(\) > ago\((?P<minutes>\d+)m\)")
LATE_MINUTES = 10
"""How long after it was written a line may arrive, at least, and still be seen."""
_DIMENSIONS = {"deployment", "statusCode", "statusCodeClass"}
LATENCY = next(each for each in LATENCIES if each.endswith("_P95"))
# 424: scoring raised. 408 and 429: too slow, too many. 5xx: the platform.
WANTED_STATUSES = frozenset({"424", "408", "429", "5xx"})
CRITERION = {
    "timeAggregation": {"Average"},
    "metricName": {REQUESTS, LATENCY},
    "metricNamespace": {_ENDPOINTS},
    "operator": {"GreaterThan"},
}
"""Both metrics are averages: every other aggregation of them gives nothing, or nonsense."""


def metric_alerts_look_at_each_deployment(snapshots: Snapshots) -> list[str]:
    """A rule is one series a deployment: only so does it see a candidate that is new."""
    each_deployment = {"name": "deployment", "operator": "Include", "values": ["*"]}
    return [
        f"{each}: it is not split by deployment"
        for each, criterion in _criteria(snapshots)
        if criterion["dimensions"].count(each_deployment) != 1
    ]


def criteria_are_about_endpoints(snapshots: Snapshots) -> list[str]:
    """With a metric, dimension, aggregation or direction that is not there a rule never fires."""
    complaints: list[str] = []
    for each, criterion in _criteria(snapshots):
        complaints += [
            f"{each}: {key} is {criterion.get(key)}, not one of {sorted(wanted)}"
            for key, wanted in CRITERION.items()
            if criterion.get(key) not in wanted
        ]
        named = {dimension["name"] for dimension in criterion["dimensions"]}
        complaints += [f"{each}: there is no dimension {name}" for name in named - _DIMENSIONS]
    return complaints


def every_failure_and_the_latency_have_a_rule(snapshots: Snapshots) -> list[str]:
    wanted = WANTED_STATUSES | {LATENCY}
    watched: dict[tuple[str, str], set[str]] = {}
    for each, criterion in _criteria(snapshots):
        (endpoint,) = each.value("properties", "scopes")
        found = watched.setdefault((each.profile, endpoint), set())
        found.add(criterion["metricName"])
        for dimension in criterion["dimensions"]:
            found |= set(dimension["values"])
    complaints = [
        f"{profile}: no rule of {endpoint} watches {each}"
        for (profile, endpoint), found in watched.items()
        for each in sorted(wanted - found)
    ]
    return complaints if watched else ["no endpoint has alerts"]


def alerts_say_whether_they_resolve_themselves(snapshots: Snapshots) -> list[str]:
    """`autoMitigate` decides whether a second alert comes; the default must not decide it."""
    wanted = {_METRIC_ALERT: True, _LOG_ALERT: False}
    return [
        f"{each}: autoMitigate is {each.value('properties', 'autoMitigate')}"
        for type_name, value in wanted.items()
        for each in resources(snapshots, type_name)
        if each.value("properties", "autoMitigate") is not value
    ]


def windows_are_longer_than_steps(snapshots: Snapshots) -> list[str]:
    """The first look at a new deployment's series may be missed; a longer window sees it later."""
    complaints: list[str] = []
    for each in resources(snapshots, _METRIC_ALERT):
        step, window = (
            _minutes(each.value("properties", key)) for key in ("evaluationFrequency", "windowSize")
        )
        if not 0 < step < window:
            complaints.append(f"{each}: a window of {window} min at a step of {step}")
    return complaints


def no_attention_falls_between_two_looks(snapshots: Snapshots) -> list[str]:
    """A look may come late or not at all, a line may arrive late, and muted is as good as lost."""
    complaints: list[str] = []
    for each in resources(snapshots, _LOG_ALERT):
        step, window = (
            _minutes(each.value("properties", key)) for key in ("evaluationFrequency", "windowSize")
        )
        for criterion in each.value("properties", "criteria", "allOf"):
            taken_in = _TAKEN_IN.search(criterion["query"])
            if taken_in is None:
                continue
            looks = 2 if ATTENTION_EVENT_ID in criterion["query"] else 1
            back = int(taken_in["minutes"])
            if back < looks * step or window < back + LATE_MINUTES:
                complaints.append(f"{each}: {back} min of {window}, at a step of {step}")
            if each.value("properties", "muteActionsDuration"):
                complaints.append(f"{each}: a line that comes while it is muted is lost")
    return complaints


def log_alerts_look_as_themselves(snapshots: Snapshots) -> list[str]:
    """Not with the rights of whoever deployed last; and the identity is one that is made here."""
    complaints: list[str] = []
    made = {(each.profile, each.id) for each in resources(snapshots, _IDENTITY)}
    for each in resources(snapshots, _LOG_ALERT):
        identity = each.value("identity") or {}
        found = {(each.profile, name) for name in identity.get("userAssignedIdentities", ())}
        if identity.get("type") != "UserAssigned" or len(found) != 1 or not found <= made:
            complaints.append(f"{each}: it queries as {identity}")
    return complaints


def every_alert_calls_somebody(snapshots: Snapshots) -> list[str]:
    """The app or, where it cannot be called, people; and the app in the one form that it reads."""
    complaints = [
        f"{each}: it calls nobody"
        for each in resources(snapshots, _METRIC_ALERT)
        if not each.value("properties", "actions") and each.profile != "wiring-no-endpoints"
    ]
    told = {"wiring-default", "wiring-private", "wiring-foreign-topic"}
    complaints += [
        f"{each}: it calls nobody"
        for each in resources(snapshots, _LOG_ALERT)
        if each.profile in told and not each.value("properties", "actions", "actionGroups")
    ]
    for each in resources(snapshots, _GROUP):
        complaints += [
            f"{each}: the app reads the common alert schema only"
            for receiver in each.value("properties", "azureFunctionReceivers") or ()
            if receiver["useCommonAlertSchema"] is not True
        ]
    return complaints


def _criteria(snapshots: Snapshots) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for each in resources(snapshots, _METRIC_ALERT):
        for criterion in each.value("properties", "criteria", "allOf"):
            yield each, criterion


def _minutes(written: str) -> int:
    match = _MINUTES.fullmatch(written)
    days, hours, minutes = (int(each or 0) for each in match.groups()) if match else (0, 0, 0)
    return (days * 24 + hours) * 60 + minutes

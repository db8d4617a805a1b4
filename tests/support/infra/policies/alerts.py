"""Alert rules: split by deployment, with the metrics' own aggregation, nothing left to chance."""

import re

from infra_check.nodes import Members, Text, Truth, walk
from infra_check.program import Program
from rollout.adapters.metrics.azure_metrics import LATENCIES, REQUESTS
from tests.support.infra.policies.tracing import Place, objects, places, texts

_METRIC_ALERT = "Microsoft.Insights/metricAlerts"
_LOG_ALERT = "Microsoft.Insights/scheduledQueryRules"
_MINUTES = re.compile(r"PT?(?:(\d+)D)?(?:(\d+)H)?(?:(\d+)M)?")
LATENCY = next(each for each in LATENCIES if each.endswith("_P95"))
# 424: scoring raised. 408 and 429: too slow, too many. 5xx: the platform.
WANTED_STATUSES = frozenset({"424", "408", "429", "5xx"})


def metric_alerts_look_at_each_deployment(program: Program) -> list[str]:
    """A rule is one series a deployment: only so does it see a candidate that is new."""
    complaints: list[str] = []
    for place in places(program, _METRIC_ALERT):
        for each in _criteria(place):
            dimensions = objects(place.file, each.get("dimensions"))
            named = [each for each in dimensions if _is(program, place, each, "name", "deployment")]
            if len(named) != 1:
                complaints.append(f"{place}: it is not split by deployment")
            elif not _is(program, place, named[0], "operator", "Include") or not _is(
                program, place, named[0], "values", "*"
            ):
                complaints.append(f"{place}: it leaves out deployments")
    return complaints


def metric_alerts_use_the_metrics_own_aggregation(program: Program) -> list[str]:
    """Both metrics are averages; every other aggregation of them gives nothing, or nonsense."""
    return [
        f"{place}: {key} is not {wanted}"
        for place in places(program, _METRIC_ALERT)
        for each in _criteria(place)
        for key, wanted in (
            ("timeAggregation", {"Average"}),
            ("metricName", {REQUESTS, LATENCY}),
        )
        if not texts(program, place.file, each.get(key)) <= wanted
    ]


def every_failure_and_the_latency_have_a_rule(program: Program) -> list[str]:
    statuses: set[str] = set()
    metrics: set[str] = set()
    for place in places(program, _METRIC_ALERT):
        for each in _criteria(place):
            metrics |= texts(program, place.file, each.get("metricName"))
        for found in (node for each in place.file.declarations for node in _literals(each)):
            statuses |= WANTED_STATUSES & {found}
    return [
        *(f"no rule watches {each}" for each in sorted(WANTED_STATUSES - statuses)),
        *(f"no rule watches {each}" for each in sorted({REQUESTS, LATENCY} - metrics)),
    ]


def alerts_say_whether_they_resolve_themselves(program: Program) -> list[str]:
    """`autoMitigate` decides whether a second alert comes; the default must not decide it."""
    return [
        f"{place}: autoMitigate is not written out"
        for type_name in (_METRIC_ALERT, _LOG_ALERT)
        for place in places(program, type_name)
        if not isinstance(place.value("properties", "autoMitigate"), Truth)
    ]


def windows_are_longer_than_steps(program: Program) -> list[str]:
    """The first look at a new deployment's series may be missed; a longer window sees it later."""
    complaints: list[str] = []
    for place in places(program, _METRIC_ALERT):
        step, window = (
            _minutes(texts(program, place.file, place.value("properties", key)))
            for key in ("evaluationFrequency", "windowSize")
        )
        if not 0 < step < window:
            complaints.append(f"{place}: a window of {window} min at a step of {step}")
    return complaints


def _criteria(place: Place) -> list[Members]:
    found = place.value("properties", "criteria", "allOf")
    return objects(place.file, found)


def _is(program: Program, place: Place, node: Members, key: str, value: str) -> bool:
    return texts(program, place.file, node.get(key)) == {value}


def _literals(node: object) -> list[str]:
    return [each.literal or "" for each in walk(node) if isinstance(each, Text)]


def _minutes(written: set[str]) -> int:
    match = _MINUTES.fullmatch(next(iter(written))) if len(written) == 1 else None
    if match is None:
        return 0
    days, hours, minutes = (int(each or 0) for each in match.groups())
    return (days * 24 + hours) * 60 + minutes

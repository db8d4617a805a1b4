"""A rollout brought to its bake, an alert about it, and the traffic PUT that follows.

The local Azure's log of changes gives the PUT's time, so that nobody measures himself.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from demo.local_cloud import LocalCloud
from demo.places import ENDPOINT, MODEL, SERVICE
from dev.bench.metering import ENDPOINT_SPLIT_OPERATION, register

WAIT_SECONDS = 300.0
"""Only for what hangs: a loaded machine is no failure."""
LOOK_SECONDS = 0.05
BUSY = 503


def roll_out(cloud: LocalCloud, version: str, phase: str) -> Mapping[str, Any]:
    """Register a version, offer it by hand, and return its rollout once in the phase."""
    register(cloud, version)
    offer = {"service": SERVICE, "model": MODEL, "version": version, "reason": "a benchmark"}
    cloud.rollouts("", "POST", offer).expect(202)
    return seen(cloud, version, phase)


def seen(cloud: LocalCloud, version: str, phase: str) -> Mapping[str, Any]:
    """Wait until the rollout of a version is in the phase, and return it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        answer = cloud.rollouts()
        # 503: storage did not answer this once; ask again.
        view: Mapping[str, Any] = {} if answer.status == BUSY else answer.expect(200)
        rollout: Mapping[str, Any] = view.get("rollout") or {}
        if rollout.get("version") == version and rollout.get("phase") == phase:
            return rollout
        if time.monotonic() > deadline:
            raise TimeoutError(f"version {version} was not {phase} in time: {rollout}")
        time.sleep(LOOK_SECONDS)


def last_write(cloud: LocalCloud) -> int:
    """Return the number of the last change that the local Azure's log has."""
    return max(int(write["sequence"]) for write in cloud.control("GET", "writes").expect(200))


def put_after(cloud: LocalCloud, sequence: int) -> datetime:
    """Wait for the first traffic PUT after that change, and return its moment."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for write in cloud.control("GET", f"writes?since={sequence + 1}").expect(200):
            if write["operation"] == ENDPOINT_SPLIT_OPERATION and write["resource"] == ENDPOINT:
                return datetime.fromisoformat(write["at"])
        time.sleep(LOOK_SECONDS)
    raise TimeoutError("no traffic PUT was seen in time")


def fired(cloud: LocalCloud, deployment: str) -> dict[str, Any]:
    """Return the body of an alert about the deployment, in the common schema."""
    now = datetime.now(UTC).isoformat()
    scope = f"{cloud.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}".lower()
    criterion = {
        "metricName": "RequestsPerMinute",
        "operator": "GreaterThan",
        "threshold": "5",
        "timeAggregation": "Average",
        "dimensions": [{"name": "deployment", "value": deployment}],
        "metricValue": 12.0,
    }
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": f"/subscriptions/x/alerts/{deployment}",
                "alertRule": "failures",
                "severity": "Sev1",
                "signalType": "Metric",
                "monitorCondition": "Fired",
                "monitoringService": "Platform",
                "alertTargetIDs": [scope],
                "firedDateTime": now,
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0",
            },
            "alertContext": {
                "conditionType": "SingleResourceMultipleMetricCriteria",
                "condition": {
                    "windowSize": "PT1M",
                    "allOf": [criterion],
                    "windowStartTime": now,
                    "windowEndTime": now,
                },
            },
        },
    }

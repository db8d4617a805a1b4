"""The metric alert of the example: an action group that calls the app, and a rule on failures.

Both are put through Resource Manager, in the shape that Azure takes.
"""

from typing import Any

from demo.local_cloud import MONITOR_API, LocalCloud
from demo.places import ENDPOINT

ACTION_GROUP = "rollout-app"
RULE = "fraud-detection-failures"
FAILURES_A_MINUTE = 5
"""The rule fires above this, for one deployment and one status."""
FAILED_STATUSES = ("424", "500", "502", "503", "504")
"""A model that raises answers 424 on a managed endpoint."""


def put_alert(cloud: LocalCloud) -> None:
    """Create the action group and the rule; the endpoint must exist."""
    group = cloud.azure["workspaceId"].partition("/providers/")[0]
    provider = f"{group}/providers/Microsoft.Insights"
    action_group = f"{provider}/actionGroups/{ACTION_GROUP}"
    cloud.arm("PUT", action_group, _action_group(cloud), MONITOR_API).expect(200, 201)
    scope = f"{cloud.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}"
    rule = _rule(scope, action_group)
    cloud.arm("PUT", f"{provider}/metricAlerts/{RULE}", rule, MONITOR_API).expect(200, 201)


def _action_group(cloud: LocalCloud) -> dict[str, Any]:
    app = cloud.app
    receiver = {
        "name": "alert",
        "functionName": "alert",
        "functionAppResourceId": f"{cloud.azure['workspaceId'].partition('/providers/')[0]}"
        "/providers/Microsoft.Web/sites/rollout",
        "httpTriggerUrl": f"{app['url']}/api/alerts?code={app['functionKey']}",
        "useCommonAlertSchema": True,
    }
    properties = {
        "groupShortName": "rollout",
        "enabled": True,
        "azureFunctionReceivers": [receiver],
    }
    return {"location": "Global", "properties": properties}


def _rule(scope: str, action_group: str) -> dict[str, Any]:
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": "failures",
        "metricName": "RequestsPerMinute",
        "operator": "GreaterThan",
        "threshold": FAILURES_A_MINUTE,
        "timeAggregation": "Average",
        "dimensions": [
            {"name": "deployment", "operator": "Include", "values": ["*"]},
            {"name": "statusCode", "operator": "Include", "values": list(FAILED_STATUSES)},
        ],
    }
    properties = {
        "description": "A deployment of the fraud detection endpoint fails requests",
        "severity": 1,
        "enabled": True,
        "scopes": [scope],
        "evaluationFrequency": "PT1M",
        "windowSize": "PT1M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [criterion],
        },
        "autoMitigate": True,
        "actions": [{"actionGroupId": action_group}],
    }
    return {"location": "global", "properties": properties}

"""Payloads as Microsoft's documentation prints them, shortened to what varies."""

import base64
import copy
import json
from typing import Any

from rollout.core.policy.model import WorkspaceName

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
OWN = WorkspaceName(SUBSCRIPTION, "rg-ML", "ws-production")
WORKSPACE_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ml"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws-production"
)
ENDPOINT_ID = f"{WORKSPACE_ID.lower()}/onlineendpoints/fraud-endpoint"


def claims_header(*claims: tuple[str, str], role_typ: str = "roles") -> str:
    """The platform's header about who is signed in, with these claims."""
    document = {
        "auth_typ": "aad",
        "role_typ": role_typ,
        "claims": [{"typ": kind, "val": value} for kind, value in claims],
    }
    return base64.b64encode(json.dumps(document).encode()).decode()


# learn.microsoft.com, "Azure Machine Learning as an Event Grid source"
EVENT_GRID_EVENT: dict[str, Any] = {
    "topic": WORKSPACE_ID,
    "subject": "models/sklearn_regression_model:20",
    "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
    "eventTime": "2017-06-26T18:41:00.9584103Z",
    "id": "831e1650-001e-001b-66ab-eeb76e069631",
    "data": {
        "ModelName": "sklearn_regression_model",
        "ModelVersion": 20,
        "ModelTags": {"area": "diabetes", "type": "regression"},
        "ModelProperties": {"type": "test"},
    },
    "dataVersion": "",
    "metadataVersion": "1",
}
CLOUD_EVENT: dict[str, Any] = {
    "source": WORKSPACE_ID,
    "subject": "models/sklearn_regression_model:20",
    "type": "Microsoft.MachineLearningServices.ModelRegistered",
    "time": "2017-06-26T18:41:00.9584103Z",
    "id": "831e1650-001e-001b-66ab-eeb76e069631",
    "data": {
        "modelName": "sklearn_regression_model",
        "modelVersion": "20",
        "modelTags": {"area": "diabetes", "type": "regression"},
    },
    "specversion": "1.0",
}

# learn.microsoft.com, "Sample alert payloads", static metric alert, with an endpoint as target
ALERT: dict[str, Any] = {
    "schemaId": "azureMonitorCommonAlertSchema",
    "data": {
        "essentials": {
            "alertId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement"
            "/alerts/12345678-1234-1234-1234-1234567890ab",
            "alertRule": "candidate-failures",
            "severity": "Sev1",
            "signalType": "Metric",
            "monitorCondition": "Fired",
            "monitoringService": "Platform",
            "alertTargetIDs": [ENDPOINT_ID],
            "configurationItems": ["fraud-endpoint"],
            "firedDateTime": "2026-11-23T18:17:12.851Z",
            "description": "",
            "essentialsVersion": "1.0",
            "alertContextVersion": "1.0",
        },
        "alertContext": {
            "properties": None,
            "conditionType": "SingleResourceMultipleMetricCriteria",
            "condition": {
                "windowSize": "PT5M",
                "allOf": [
                    {
                        "metricName": "RequestsPerMinute",
                        "operator": "GreaterThan",
                        "threshold": "5",
                        "timeAggregation": "Average",
                        "dimensions": [
                            {"name": "deployment", "value": "green-2"},
                            {"name": "statusCodeClass", "value": "5xx"},
                        ],
                        "metricValue": 47.0,
                        "webTestName": None,
                    }
                ],
                "windowStartTime": "2026-11-23T18:12:00Z",
                "windowEndTime": "2026-11-23T18:17:00.1234567Z",
            },
        },
        "customProperties": {"a": "b"},
    },
}


def changed(sample: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a dotted path replaced."""
    result = copy.deepcopy(sample)
    *parents, last = path.split(".")
    inner: Any = result
    for part in parents:
        inner = inner[int(part)] if part.isdigit() else inner[part]
    inner[last] = value
    return result

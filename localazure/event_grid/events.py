"""The events of an Azure ML workspace, in both schemas Event Grid delivers.

Shapes as in Microsoft's documented samples of the Machine Learning events. The samples have
PascalCase data and a whole-number version, the published API description has camelCase and text:
what Azure really sends seems to be undocumented, so both are dials.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"
SUBSCRIPTION_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"


CLOUD_EVENT = "cloudEvent"
"""Where an event keeps the CloudEvent that it was published as."""


class Casing(StrEnum):
    """How the names inside `data` are written, and whether the version is a number."""

    PASCAL = "pascal"
    """`ModelName`, and the version as a number if it is one: the documented sample."""
    CAMEL = "camel"
    """`modelName`, and the version as text: the API description and the JavaScript SDK."""


def event_time(moment: datetime) -> str:
    """Write a time as Event Grid does: UTC with seven digits of a second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def model_registered_event(
    workspace_id: str,
    model: str,
    version: str,
    *,
    moment: datetime,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
    casing: Casing = Casing.PASCAL,
    event_id: str | None = None,
) -> dict[str, Any]:
    """Return the Event Grid schema event of a registered model version.

    `workspace_id` is the ARM id; without `event_id` the event gets a new id.
    """
    number = version.isascii() and version.isdigit()
    data: dict[str, Any] = {
        "ModelName": model,
        "ModelVersion": int(version) if number and casing is Casing.PASCAL else version,
        "ModelTags": dict(tags or {}),
        "ModelProperties": dict(properties or {}),
    }
    if casing is Casing.CAMEL:
        data = {name[0].lower() + name[1:]: value for name, value in data.items()}
    return {
        "topic": workspace_id,
        "subject": f"models/{model}:{version}",
        "eventType": MODEL_REGISTERED,
        "eventTime": event_time(moment),
        "id": event_id or str(uuid4()),
        "data": data,
        "dataVersion": "",
        "metadataVersion": "1",
    }


def from_cloud_event(topic: str, published: Mapping[str, Any]) -> dict[str, Any]:
    """Return a published CloudEvent with the attributes by which subscriptions filter."""
    return {
        "topic": topic,
        "subject": published.get("subject", ""),
        "eventType": published["type"],
        "id": published["id"],
        CLOUD_EVENT: dict(published),
    }


def as_cloud_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Event Grid schema event as a CloudEvent 1.0, as in the documented sample.

    What was published as a CloudEvent (`from_cloud_event`) is delivered as it was.
    """
    if CLOUD_EVENT in event:
        return dict(event[CLOUD_EVENT])
    return {
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "id": event["id"],
        "data": event["data"],
        "specversion": "1.0",
    }


def validation_event(topic: str, moment: datetime) -> dict[str, Any]:
    """Return the event that asks a webhook to prove it wants a subscription."""
    return {
        "id": str(uuid4()),
        "topic": topic,
        "subject": "",
        # There is no validationUrl: the webhook must answer, because no operator opens a link here.
        "data": {"validationCode": str(uuid4())},
        "eventType": SUBSCRIPTION_VALIDATION,
        "eventTime": event_time(moment),
        "metadataVersion": "1",
        "dataVersion": "1",
    }

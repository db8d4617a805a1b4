"""Release annotations of an Application Insights component, by plain ARM.

`PUT {component}/Annotations`: `Category` must be `Deployment`, else no chart shows it; `Properties`
is a JSON text; `EventTime` is UTC without a zone (Azure Monitor, "Release annotations").
"""

import json
from datetime import UTC

from rollout.adapters.azure_ml.arm import Arm
from rollout.core.messages import Annotation

API_VERSION = "2015-05-01"
CATEGORY = "Deployment"


class ArmAnnotations:
    """The `Annotations` port; `component` is the component's ARM id."""

    def __init__(self, arm: Arm, component: str) -> None:
        self._arm = arm
        self._path = f"{component}/Annotations"

    def put(self, annotation: Annotation, *, timeout: float) -> None:
        """Write one mark; see `Annotations`."""
        body = {
            "Id": str(annotation.id),
            "AnnotationName": annotation.name,
            "EventTime": annotation.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "Category": CATEGORY,
            "Properties": json.dumps(dict(annotation.properties)),
        }
        self._arm.put(self._path, body, timeout=timeout, api_version=API_VERSION)

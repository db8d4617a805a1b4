"""Release annotations of Application Insights components.

`PUT {component}/Annotations` with `Id`, `AnnotationName`, `EventTime`, `Category` and `Properties`
(Azure/azure-rest-api-specs, applicationinsights 2015-05-01). The same id again replaces the first;
a chart shows those of the category `Deployment` alone (Azure Monitor, "Release annotations").
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from localazure.world.errors import bad_request

_TEXTS = ("Id", "AnnotationName", "EventTime", "Category", "Properties")


class Annotations:
    """`kept` maps a component's ARM id, in lower case, to its annotations by id."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Mapping[str, Any]]] = {}

    def put(self, component: str, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Keep one annotation and return the answer's list.

        Raises:
            ArmError: 400, a part is missing or has another form.
        """
        for name in _TEXTS:
            if not isinstance(body.get(name), str):
                raise bad_request(f"{name} must be a string.")
        try:
            identity = str(UUID(body["Id"]))
        except ValueError as error:
            raise bad_request("Id must be a GUID.") from error
        self.kept.setdefault(component.lower(), {})[identity] = dict(body)
        return [body]

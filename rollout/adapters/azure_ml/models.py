"""The workspace's model registry over ARM."""

from typing import Any

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_workspace_id
from rollout.core.records.observation import Absent, ModelSeen
from rollout.errors import ArmUnavailableError
from rollout.text.moments import read_moment

MAX_FLAVORS = 20
MAX_FLAVOR_VALUES = 40
"""Of one model; those of MLflow have a handful."""


class ArmModels:
    """The `Models` port."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def model(
        self, workspace: str, name: str, version: str, *, timeout: float
    ) -> ModelSeen | Absent:
        """Read one model version; `workspace` is the workspace's ARM id, in any case."""
        path = parse_workspace_id(workspace).model_path(name, version)
        body = self._arm.get(path, timeout=timeout)
        return body if isinstance(body, Absent) else _seen(name, version, body)


def _flavors(found: Any) -> dict[str, dict[str, str]]:
    """Read `flavors` (`{"python_function": {"data": {"python_version": "3.11.9"}}}`).

    Whatever else stands there is left out: nothing is decided from it.
    """
    flavors: dict[str, dict[str, str]] = {}
    for name, flavor in list(found.items())[:MAX_FLAVORS] if isinstance(found, dict) else ():
        data = flavor.get("data") if isinstance(flavor, dict) else None
        values = list(data.items())[:MAX_FLAVOR_VALUES] if isinstance(data, dict) else []
        flavors[str(name)] = {str(key): str(value) for key, value in values}
    return flavors


def _seen(name: str, version: str, body: Any) -> ModelSeen:
    try:
        created = read_moment(body["systemData"]["createdAt"])
        tags = body["properties"].get("tags") or {}
        return ModelSeen(
            name=name,
            version=version,
            created_at=created,
            tags={str(key): str(value) for key, value in tags.items()},
            archived=body["properties"].get("isArchived") is True,
            flavors=_flavors(body["properties"].get("flavors")),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArmUnavailableError(
            f"Azure's answer for model {name}:{version} has no creation time: {error!r}"
        ) from error

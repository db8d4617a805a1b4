"""Online endpoints over ARM: read, and put the live object back with another split.

Endpoint PUTs carry no ETag and traffic cannot be PATCHed (azure-rest-api-specs, 2024-04-01): a
change is a PUT of the whole live object, so that identity and tags stay.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_bodies import READ_ONLY, STAMP_TAG, provisioning_state
from rollout.adapters.azure_ml.arm_ids import EndpointId, checked_name, parse_endpoint_id
from rollout.adapters.azure_ml.creation_failures import CreationFailures
from rollout.adapters.azure_ml.deployments import Deployments
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.azure_ml.missing_rights import enforced_by, secret_stores_named
from rollout.adapters.azure_ml.shared_reads import ListItem, SharedReads
from rollout.core.records.failures import CreationFailure
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
)
from rollout.errors import (
    ArmRefusedError,
    ArmUnavailableError,
    EndpointBusyError,
    UnsupportedEndpointError,
)
from rollout.ports import NewDeployment
from rollout.units import FULL_WEIGHT

_READ_ONLY_PROPERTIES = frozenset(
    {"scoringUri", "swaggerUri", "provisioningState", "keys", "privateEndpointConnections"}
)
_READ_ONLY_IDENTITY = frozenset({"principalId", "tenantId"})
_MANAGED = frozenset({"", "managed"})


class ArmEndpoints:
    """The `Endpoints` port. Endpoints themselves here, their deployments by `Deployments`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._deployments = Deployments(arm)
        self._failures = CreationFailures(arm)
        self._shared = SharedReads(arm)

    def endpoint(
        self, endpoint: str, *, timeout: float, shared: bool = False
    ) -> EndpointSeen | Absent:
        found, deadline = parse_endpoint_id(endpoint), Deadline(timeout)
        if shared:
            body = self._shared.read(found, timeout=timeout)
        else:
            body = self._arm.get(found.path, timeout=timeout)
        if isinstance(body, Absent):
            self._require_workspace(found, deadline.left())
            return body
        return endpoint_seen(body)

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        owner, deadline = parse_endpoint_id(endpoint), Deadline(timeout)
        found = self._deployments.list(owner, timeout=timeout)
        if not found:
            # "Absent" ends a rollout: an empty list is believed only while the workspace answers.
            self._require_workspace(owner, deadline.left())
        return found

    def set_traffic(
        self,
        endpoint: str,
        seen: EndpointSeen,
        split: Mapping[str, int],
        mirror: Mapping[str, int],
        *,
        stamp: str,
        timeout: float,
        last_check: Callable[[], None] | None = None,
    ) -> None:
        deadline = Deadline(timeout)
        if isinstance(seen.body, ListItem):
            seen = self._seen_again(endpoint, seen, deadline.left())
        body = traffic_body(seen.body, split, mirror, stamp)
        path = parse_endpoint_id(endpoint).path
        with secret_stores_named(lambda: enforced_by(body)):
            self._arm.put(path, body, timeout=deadline.left(), last_check=last_check)

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        path = parse_endpoint_id(endpoint).deployment_path(name)
        self._arm.delete(path, timeout=timeout)

    def copy_deployment(
        self,
        endpoint: str,
        source: DeploymentSeen,
        new: NewDeployment,
        *,
        timeout: float,
    ) -> None:
        owner, deadline = parse_endpoint_id(endpoint), Deadline(timeout)
        with secret_stores_named(
            lambda: enforced_by(self._arm.get(owner.path, timeout=deadline.left()))
        ):
            self._deployments.copy(owner, source, new, timeout=timeout)

    def failure(self, endpoint: str, name: str, *, timeout: float) -> CreationFailure:
        return self._failures.failure(parse_endpoint_id(endpoint), name, timeout=timeout)

    def log_tail(self, endpoint: str, name: str, *, timeout: float) -> str:
        return self._failures.log_tail(parse_endpoint_id(endpoint), name, timeout=timeout)

    def _seen_again(self, endpoint: str, listed: EndpointSeen, timeout: float) -> EndpointSeen:
        """Return the whole endpoint, where it is still what a list showed.

        Raises:
            EndpointBusyError: It is not, so what was decided may be wrong: look again.
        """
        found = self.endpoint(endpoint, timeout=timeout)
        if isinstance(found, Absent) or _decided_from(found) != _decided_from(listed):
            self._shared.distrust(parse_endpoint_id(endpoint))
            raise EndpointBusyError("the endpoint is no longer as the workspace's list showed it")
        return found

    def _require_workspace(self, found: EndpointId, timeout: float) -> None:
        """A 404 says that something is gone only while its workspace answers."""
        if isinstance(self._arm.get(found.workspace.path, timeout=timeout), Absent):
            raise ArmUnavailableError(
                f"Azure knows neither the endpoint nor its workspace {found.workspace.name}: "
                "moved, deleted or not visible to the app's identity"
            )


def endpoint_seen(body: Any) -> EndpointSeen:
    """Return what an endpoint's ARM body says.

    Raises:
        UnsupportedEndpointError: It is a Kubernetes endpoint.
        ArmUnavailableError: It is not an endpoint's body at all, or its weights are impossible.
    """
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise ArmUnavailableError("Azure's answer is not an online endpoint")
    kind = str(body.get("kind") or "").lower()
    if kind not in _MANAGED or (properties.get("compute") and not kind):
        raise UnsupportedEndpointError(
            f"'{body.get('name')}' is a Kubernetes online endpoint; only managed online endpoints "
            "are rolled out.",
            code="KubernetesEndpoint",
        )
    tags = body.get("tags") or {}
    try:
        return EndpointSeen(
            state=provisioning_state(properties),
            traffic=_percents(properties.get("traffic")),
            mirror=_percents(properties.get("mirrorTraffic")),
            stamp=tags.get(STAMP_TAG),
            scoring_uri=str(properties.get("scoringUri") or ""),
            auth_mode=str(properties.get("authMode") or "key").lower(),
            location=str(body.get("location") or ""),
            body=body,
        )
    except (TypeError, ValueError) as error:
        raise ArmUnavailableError(f"Azure's answer has no usable weights: {error}") from error


def _decided_from(seen: EndpointSeen) -> tuple[object, ...]:
    return seen.state, seen.traffic, seen.mirror, seen.body.get("tags") or {}


def traffic_body(
    live: Mapping[str, Any], split: Mapping[str, int], mirror: Mapping[str, int], stamp: str
) -> dict[str, Any]:
    """Return the PUT body: the live object with split, mirror and stamp, without read-only parts.

    `mirrorTraffic` is always in it, empty too, as the current SDK writes it.

    Raises:
        ArmRefusedError: The split is impossible; Azure would refuse it (sum of 0 or 100).
        InvalidInputError: A name is not that of a deployment.
    """
    if sum(split.values()) not in (0, FULL_WEIGHT) or any(weight < 0 for weight in split.values()):
        raise ArmRefusedError(f"weights must add up to {FULL_WEIGHT} or 0, not {dict(split)}")
    body = {key: value for key, value in live.items() if key not in READ_ONLY}
    body["tags"] = {**(live.get("tags") or {}), STAMP_TAG: stamp}
    body["properties"] = {
        key: value
        for key, value in (live.get("properties") or {}).items()
        if key not in _READ_ONLY_PROPERTIES
    } | {"traffic": _by_name(split), "mirrorTraffic": _by_name(mirror)}
    if live.get("identity"):
        body["identity"] = _writable_identity(live["identity"])
    return body


def _by_name(percents: Mapping[str, int]) -> dict[str, int]:
    return {
        checked_name("deployment", name).lower(): percent
        for name, percent in percents.items()
        if percent
    }


def _writable_identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in identity.items() if key not in _READ_ONLY_IDENTITY}
    if kept.get("userAssignedIdentities"):
        # Their client and principal ids are read-only; the resource id alone is what is assigned.
        kept["userAssignedIdentities"] = {each: {} for each in kept["userAssignedIdentities"]}
    return kept


def _percents(value: Any) -> dict[str, int]:
    percents = value if isinstance(value, dict) else {}
    return {str(name).lower(): int(percent) for name, percent in percents.items() if percent}

"""Which deployment answers a request: the rules of an online endpoint's router, without sockets.

Weights, the header that addresses one deployment, and mirroring follow Microsoft's page on safe
rollout; the limit on requests in flight follows its troubleshooting page.
"""

import hmac
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from localazure.bearer import bearer_token, has_token_shape
from localazure.runtime import CollectorSpec

DEPLOYMENT_HEADER = "azureml-model-deployment"
KEY_AUTH = "key"
IN_FLIGHT_FACTOR = 2
"""Requests beyond this times max_concurrent_requests times instances are refused with 429."""


@dataclass(frozen=True)
class DeploymentView:
    """What the router knows of a deployment.

    `request_timeout_ms` limits the model's answer; `collector` says which payloads are logged.
    """

    name: str
    request_timeout_ms: int = 5000
    max_concurrent_requests_per_instance: int = 1
    instance_count: int = 1
    collector: CollectorSpec | None = None

    @property
    def in_flight_limit(self) -> int:
        return IN_FLIGHT_FACTOR * self.max_concurrent_requests_per_instance * self.instance_count


@dataclass(frozen=True)
class EndpointView:
    """What the router knows of an endpoint.

    `traffic` and `mirror` map deployment names to percentages; `auth_mode` is `key`, `aml_token`
    or `aad_token` (any case); `deployments` holds every deployment that exists, by name.
    """

    name: str
    auth_mode: str
    keys: tuple[str, ...]
    traffic: Mapping[str, int] = field(default_factory=dict)
    mirror: Mapping[str, int] = field(default_factory=dict)
    deployments: Mapping[str, DeploymentView] = field(default_factory=dict)


class Endpoints(Protocol):
    """The world's endpoints, as the router sees them."""

    def endpoint(self, name: str) -> EndpointView | None:
        """Return the endpoint as it is now, or `None` when no endpoint has this name."""


class Containers(Protocol):
    """Where containers listen; a `ProcessRuntime` is one."""

    def address(self, endpoint: str, deployment: str) -> str | None:
        """Return the base URL of a ready container, or `None`."""


TokenCheck = Callable[[str, str], bool]
"""Says whether a token's principal may score: the token, and the endpoint's name."""


class RefusedError(Exception):
    """The router itself answers, with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def any_token(token: str, _endpoint: str) -> bool:
    """Look at a token's shape only: three parts, as a JWT has."""
    return has_token_shape(token)


def may_score(endpoint: EndpointView, authorization: str, check: TokenCheck = any_token) -> bool:
    """Say whether an `Authorization` header lets its sender score.

    A key must be one of the endpoint's. `check` decides about a token; by default its shape does.
    """
    credential = bearer_token(authorization)
    if credential is None:
        return False
    if endpoint.auth_mode.lower() == KEY_AUTH:
        return any(hmac.compare_digest(credential.encode(), key.encode()) for key in endpoint.keys)
    return check(credential, endpoint.name)


def choose_deployment(
    endpoint: EndpointView, addressed: str | None, chance: random.Random
) -> DeploymentView:
    """Return who answers: the addressed deployment whatever its weight, or one by weight.

    Raises:
        RefusedError: 404 when there is no such deployment, or none with positive weight. (Azure's
            status for an unknown name in the header is not documented.)
    """
    if addressed is not None:
        named = {name.lower(): view for name, view in endpoint.deployments.items()}
        found = named.get(addressed.lower())
        if found is None:
            raise RefusedError(404, f"Endpoint {endpoint.name} has no deployment {addressed!r}.")
        return found
    weights = {
        name: weight
        for name, weight in endpoint.traffic.items()
        if weight > 0 and name in endpoint.deployments
    }
    if not weights:
        raise RefusedError(
            404, f"Endpoint {endpoint.name} has no valid deployment with positive weight."
        )
    chosen = chance.choices(list(weights), list(weights.values()))[0]
    return endpoint.deployments[chosen]


def choose_mirrors(endpoint: EndpointView, chance: random.Random) -> list[DeploymentView]:
    """Return the deployments that get a copy of this request, each with its percentage's chance."""
    return [
        endpoint.deployments[name]
        for name, percentage in endpoint.mirror.items()
        if name in endpoint.deployments and chance.random() * 100 < percentage
    ]

"""What the world consists of: endpoints, deployments, operations. Immutable records.

A change makes a new record, so a reader keeps what was true when it read, without a copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from localazure.runtime import CollectorSpec, RollingRate

EMPTY: Mapping[str, Any] = MappingProxyType({})


class ProvisioningState(StrEnum):
    """As the wire spells it (azure-ai-ml 1.35.2, arm_ml_service)."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SCALING = "Scaling"
    DELETING = "Deleting"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"


class AuthMode(StrEnum):
    """How the endpoint authenticates scoring calls."""

    KEY = "Key"
    AAD_TOKEN = "AADToken"  # noqa: S105 - the wire's name of a mode, not a secret


@dataclass(frozen=True)
class Caller:
    """Who asked: the principal of the access token, and the client's User-Agent."""

    principal: str = "in-process"
    user_agent: str = ""


@dataclass(frozen=True)
class Stamp:
    """When a change was made and by whom."""

    at: datetime
    by: Caller


@dataclass(frozen=True)
class Split:
    """Percent by deployment name (lower case), zeroes left out."""

    live: Mapping[str, int] = EMPTY
    mirror: Mapping[str, int] = EMPTY

    def holds(self, deployment: str) -> bool:
        """Say whether the deployment gets live or mirrored requests."""
        return deployment in self.live or deployment in self.mirror


NO_SPLIT = Split()


@dataclass(frozen=True)
class EndpointSpec:
    """What an endpoint PUT asks for."""

    location: str
    auth_mode: AuthMode = AuthMode.KEY
    split: Split = NO_SPLIT
    tags: Mapping[str, str] = EMPTY
    description: str | None = None
    identity: Mapping[str, Any] = EMPTY
    properties: Mapping[str, str] = EMPTY
    public_network_access: str = "Enabled"


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is.

    `spec.split` was requested last; `split` is what requests follow now (they differ while a
    traffic PUT runs); `split_before` is what a stale read shows until `stale_until`.
    """

    name: str
    spec: EndpointSpec
    state: ProvisioningState
    created: Stamp
    modified: Stamp
    operation: str
    primary_key: str = field(repr=False)
    secondary_key: str = field(repr=False)
    split: Split = NO_SPLIT
    split_before: Split = NO_SPLIT
    stale_until: datetime | None = None

    def split_shown(self, now: datetime) -> Split:
        """Return the split a GET shows."""
        stale = self.stale_until is not None and now < self.stale_until
        return self.split_before if stale else self.split


@dataclass(frozen=True)
class Collection:
    """One collection of a data collector as asked for; `data_id` is a data asset's ARM id."""

    enabled: bool
    sampling_rate: float = 1.0
    data_id: str | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class DataCollector:
    """A deployment's data collector as asked for; `capture_headers` None: nothing said."""

    collections: Mapping[str, Collection]
    rolling_rate: RollingRate = RollingRate.HOUR
    capture_headers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class DeploymentSpec:
    """What a deployment PUT asks for; `body` is its `properties` object as sent, to be echoed."""

    location: str
    instance_count: int = 1
    instance_type: str | None = None
    model_id: str | None = None
    environment_id: str | None = None
    code_id: str | None = None
    scoring_script: str | None = None
    environment_variables: Mapping[str, str] = EMPTY
    request_timeout_ms: int = 5000
    max_concurrent_requests_per_instance: int = 1
    collector: DataCollector | None = None
    tags: Mapping[str, str] = EMPTY
    body: Mapping[str, Any] = EMPTY


@dataclass(frozen=True)
class Deployment:
    """A deployment as it is; `was_ready` once it has been Succeeded, whatever came later.

    `collector` is what its spec's data collector means: assets and folders looked up.
    """

    endpoint: str
    name: str
    spec: DeploymentSpec
    state: ProvisioningState
    created: Stamp
    modified: Stamp
    operation: str
    was_ready: bool = False
    collector: CollectorSpec | None = None


class OperationKind(StrEnum):
    """What a long-running operation does."""

    ENDPOINT_CREATE = "endpoints.create"
    ENDPOINT_UPDATE = "endpoints.update"
    ENDPOINT_DELETE = "endpoints.delete"
    DEPLOYMENT_CREATE = "deployments.create"
    DEPLOYMENT_UPDATE = "deployments.update"
    DEPLOYMENT_SCALE = "deployments.scale"
    DEPLOYMENT_DELETE = "deployments.delete"


class OperationStatus(StrEnum):
    """As the operation document spells it."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"


@dataclass(frozen=True)
class OperationError:
    """Why an operation failed: an Azure ML error code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True)
class Operation:
    """A long-running operation. `deployment` is `None` if it is on the endpoint itself.

    `will_fail` is a planned failure: the operation ends with it when it is due.
    """

    id: str
    kind: OperationKind
    endpoint: str
    deployment: str | None
    started: Stamp
    due: datetime
    status: OperationStatus = OperationStatus.IN_PROGRESS
    error: OperationError | None = None
    will_fail: OperationError | None = None
    finished_at: datetime | None = None

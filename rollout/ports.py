"""What the service needs from outside, as Protocols. Errors are those of `rollout.errors` only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NewType, Protocol

from rollout.core.policy.gate_model import LogQueries
from rollout.core.policy.model import Policy, Validate
from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.observation import (
    Absent,
    CreationFailure,
    DeploymentSeen,
    EndpointSeen,
    Minute,
    ModelSeen,
    ServiceSeen,
    SlowThresholds,
    Validation,
)
from rollout.core.records.offers import OfferRecord
from rollout.core.records.rollout import Current

Version = NewType("Version", str)
"""A row's ETag."""


@dataclass(frozen=True)
class Stored:
    """A row as read. `raw` keeps what this version of the product does not know."""

    current: Current
    version: Version
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Commit:
    """One entity group transaction: all of it is stored, or none.

    `expected` None: the row must not exist yet. `names` maps slugs to new counts.
    """

    current: Current
    expected: Stored | None
    history: Sequence[HistoryEntry] = ()
    minutes: Sequence[MinuteRecord] = ()
    offers: Sequence[OfferRecord] = ()
    names: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveRow:
    """An endpoint with a live rollout or a waiting offer; `version` guards its deletion.

    `fault` says why the rest of a row cannot be read ("": it can): such a row is left alone, but
    its key still tells which endpoint to look at. `service` is then empty.
    """

    endpoint: str
    service: str
    since: datetime
    version: Version = Version("")
    fault: str = ""


@dataclass(frozen=True)
class FaultyService:
    """A service whose policy cannot be used.

    `model` is the model it names, None where not even that can be read. `faults` are those of
    `InvalidPolicyError`.
    """

    service: str
    model: str | None
    faults: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Catalogue:
    """What the bundle holds: one service's faults are not another's."""

    policies: Sequence[Policy]
    faulty: Sequence[FaultyService] = ()


class RolloutStore(Protocol):
    """Tables `Rollouts` and `Live`. Every method may raise `StoreUnavailableError`."""

    def load(self, endpoint: str) -> Stored | None:
        """Read the owner row; None when there is none.

        Raises:
            UnreadableRowError: The row is corrupt or of a newer schema.
        """

    def version(self, endpoint: str) -> Version | None:
        """Read only the owner row's version: the check immediately before a raising PUT."""

    def commit(self, commit: Commit) -> Stored:
        """Store the transaction and return the row as it now is.

        Raises:
            StaleRowError: The expected version is gone (412), or the row exists already (409).
            UnknownOutcomeError: Sent, but the answer was lost.
            RowTooLargeError: Refused before sending; nothing was written.
        """

    def offer(self, endpoint: str, model: str, version: str) -> OfferRecord | None:
        """Read what became of one offered version."""

    def offers(self, endpoint: str) -> Sequence[OfferRecord]:
        """Read every offered version of an endpoint, by key."""

    def name_count(self, endpoint: str, slug: str) -> int:
        """Say how many rollouts of this endpoint used the slug; 0 when none did."""

    def history(self, endpoint: str, rollout: str, limit: int) -> Sequence[HistoryEntry]:
        """Read a rollout's latest `limit` entries, oldest first."""

    def history_after(self, endpoint: str, key: str, limit: int) -> Sequence[HistoryEntry]:
        """Read entries whose key sorts after `key`, over all rollouts, oldest first."""

    def minutes(self, endpoint: str, rollout: str) -> Sequence[MinuteRecord]:
        """Read what the gate folded, by minute."""

    def live(self) -> Sequence[LiveRow]:
        """Read all of table `Live`: one query. A row that cannot be read hides no other."""

    def put_live(self, row: LiveRow) -> None:
        """Insert or touch the endpoint's row."""

    def drop_live(self, row: LiveRow) -> bool:
        """Delete the row if its version still is `row.version`; False when it moved."""

    def mark_tick(self, at: datetime) -> None:
        """Note that the tick ran, in a row of its own that `live` leaves out."""

    def last_tick(self) -> datetime | None:
        """When the tick was last noted; None when it never was."""


class Endpoints(Protocol):
    """Azure ML online endpoints and their deployments, over plain ARM. Never waits, never retries.

    `timeout` bounds the whole call, in seconds. Any method may raise `ArmUnavailableError`,
    `AccessDeniedError` or `ArmRefusedError`; writes also `EndpointBusyError`.
    """

    def endpoint(self, endpoint: str, *, timeout: float) -> EndpointSeen | Absent:
        """Read an endpoint by its ARM id.

        Raises:
            UnsupportedEndpointError: It is a Kubernetes endpoint.
        """

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        """List its deployments by lower-case name; empty when the endpoint is absent."""

    def set_traffic(
        self,
        endpoint: str,
        seen: EndpointSeen,
        split: Mapping[str, int],
        *,
        stamp: str,
        timeout: float,
    ) -> None:
        """PUT the live object back with this split and stamp; mirror, identity and tags stay."""

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        """Start the deletion; absent is fine."""

    def copy_deployment(
        self,
        endpoint: str,
        source: DeploymentSeen,
        *,
        name: str,
        model: str,
        version: str,
        rollout: str,
        at_least: int | None,
        until: datetime,
        timeout: float,
    ) -> None:
        """PUT a copy of `source`'s ARM body with only the model and our tag changed.

        Nothing is done where the deployment exists with our tag: a late call would change one that
        serves.

        Raises:
            ArmUnavailableError: It is `until` or later, besides the reasons above.
            ArmRefusedError: A deployment of that name exists and is not this rollout's.
        """

    def failure(self, endpoint: str, name: str, *, timeout: float) -> CreationFailure:
        """Say why a deployment failed: its operation document, else its log tail, else unknown."""

    def log_tail(self, endpoint: str, name: str, *, timeout: float) -> str:
        """Return the container log's tail, cut and redacted; empty when it cannot be had."""


class Models(Protocol):
    """The workspace's model registry."""

    def model(
        self, workspace: str, name: str, version: str, *, timeout: float
    ) -> ModelSeen | Absent:
        """Read one model version. Raises as `Endpoints` does."""


class Creator(Protocol):
    """Creates from the service's own Azure ML YAML, through the real SDK. Starts and returns."""

    def create_endpoint(self, endpoint: str, policy: Policy, *, until: datetime) -> None:
        """Start the creation of the endpoint from `endpoint.yml`, unless it exists.

        Raises as `Endpoints` does; `ArmUnavailableError` too where it is `until` or later: by then
        another call may have made the endpoint, and this one would wipe its traffic.
        """

    def create_candidate(
        self,
        endpoint: str,
        policy: Policy,
        *,
        name: str,
        model: str,
        version: str,
        rollout: str,
        at_least: int | None,
        until: datetime,
    ) -> None:
        """Start the creation of a deployment from `deployment.yml`, tagged `rollout=<rollout>`.

        Nothing is sent at `until` or later, or where the deployment exists: see `copy_deployment`.
        """


class Scoring(Protocol):
    """Sends the sample requests straight to one deployment."""

    def validate(
        self,
        endpoint: str,
        seen: EndpointSeen,
        candidate: str,
        validate: Validate,
        samples: Mapping[str, bytes],
    ) -> Validation:
        """Send each sample and compare with its expectation. Raises only as `Endpoints` does."""


class Metrics(Protocol):
    """Per-minute request counts and latency, split by deployment."""

    def minutes(
        self,
        endpoint: str,
        *,
        stable: str | None,
        candidate: str | None,
        start: datetime,
        end: datetime,
        latency: bool,
        logs: LogQueries | None,
        thresholds: SlowThresholds | None,
        timeout: float,
    ) -> Sequence[Minute]:
        """Read whole minutes in [start, end), oldest first, one item each minute.

        Args:
            endpoint: The endpoint's ARM id.
            stable: Whose minutes go to `Minute.stable`; None: nobody's.
            candidate: Likewise; None reads stable's history alone.
            start: Inclusive. A day is one read of each metric.
            end: Exclusive.
            latency: Whether percentiles are wanted.
            logs: The custom checks to be counted from logs; None: none.
            thresholds: What slow requests are counted against, from logs; None: not counted.
            timeout: For all calls together, in seconds.

        Raises:
            MetricsUnavailableError: The source cannot be asked now.
        """


class Services(Protocol):
    """The service bundle: policies and template files."""

    def all(self) -> Catalogue:
        """Every service, usable or not. Raises `ServicesUnavailableError`."""

    def service(self, name: str) -> ServiceSeen:
        """One service as it is now; `policy` None when the bundle has none of that name."""

    def samples(self, name: str, files: Sequence[str]) -> Mapping[str, bytes]:
        """Read sample request files of a service, whatever its present policy says.

        Raises:
            ServicesUnavailableError: The bundle, the service or a file is not there now.
        """


class Lifecycle(Protocol):
    """Where history is announced as CloudEvents."""

    def publish(self, endpoint: str, service: str, entries: Sequence[HistoryEntry]) -> None:
        """Send entries in order; the same entry always has the same event id.

        Raises:
            LifecycleTopicError: Not (all) taken; send the same entries again later.
        """


class WorkQueue(Protocol):
    """Wake-ups for endpoints."""

    def wake(self, endpoint: str, *, delay: timedelta, chain_ends: datetime | None) -> None:
        """Put a wake-up; `chain_ends` None begins no chain (the door's first wake-up)."""


class EventQueue(Protocol):
    """The queue of `ModelRegistered` events, where Event Grid fills one."""

    def put_back(self, content: bytes, *, delay: timedelta) -> None:
        """Put a message that failed again, unchanged; it becomes visible after `delay`.

        Raises:
            StoreUnavailableError: It was not taken.
        """


class Ids(Protocol):
    """Fresh identifiers."""

    def fresh(self) -> str:
        """Return a short random string of lower-case hexadecimal digits."""


class Log(Protocol):
    """Structured log lines; `Attention` lines carry a fixed event id."""

    def info(self, text: str, **fields: object) -> None:
        """Say what happened."""

    def attention(self, text: str, **fields: object) -> None:
        """A person is needed."""

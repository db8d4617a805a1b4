"""Azure Machine Learning: endpoints, deployments, models, and the answers to sample requests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout.core.policy.model import Policy, Validate
from rollout.core.policy.quality_model import Live
from rollout.core.records.examination import ExamSeen
from rollout.core.records.failures import CreationFailure
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    ModelSeen,
    Validation,
)
from rollout.ports.examining import ExamOrder


@dataclass(frozen=True)
class NewDeployment:
    """A candidate to be created at 0 %.

    `rollout` is the value of its tag `rollout`. `at_least` is the lowest number of instances, None
    where the template or the copied deployment alone decides. At `until` or later nothing is sent:
    from then on another pass may make the same call. `live` None: no answers are collected for us;
    else its collections are switched on, where the template or the copied deployment has none.
    """

    name: str
    model: str
    version: str
    rollout: str
    at_least: int | None
    until: datetime
    live: Live | None = None


class Endpoints(Protocol):
    """Azure ML online endpoints and their deployments, over plain ARM. Never waits, never retries.

    `timeout` bounds the whole call, in seconds. Any method may raise `ArmUnavailableError`,
    `AccessDeniedError` or `ArmRefusedError`; writes also `EndpointBusyError`.
    """

    def endpoint(
        self, endpoint: str, *, timeout: float, shared: bool = False
    ) -> EndpointSeen | Absent:
        """Read an endpoint by its ARM id, as it is now or became since the call began.

        `shared`: the question may wait for others about the same workspace, and be answered
        together with them; never longer than `timeout`, all in all. Else it is asked at once.

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
        mirror: Mapping[str, int],
        *,
        stamp: str,
        timeout: float,
        last_check: Callable[[], None] | None = None,
    ) -> None:
        """PUT the live object back with this split, mirror and stamp; identity and tags stay.

        `last_check` is asked when all is ready (body, token, connection), right before the request
        leaves, and again should the request be sent again. What it raises is raised, and nothing
        leaves. Its time is the call's: where `timeout` passes in it, nothing leaves either.

        Azure refuses a mirror above 50 %, to two deployments, or to one that has weight.

        Where `seen` was answered together with others it is read once more before, and
        `EndpointBusyError` raised if split, mirror, tags or state are no longer what was seen.
        """

    def delete_deployment(self, endpoint: str, name: str, *, timeout: float) -> None:
        """Start the deletion; absent is fine."""

    def copy_deployment(
        self,
        endpoint: str,
        source: DeploymentSeen,
        new: NewDeployment,
        *,
        timeout: float,
    ) -> None:
        """PUT a copy of `source`'s ARM body; only model, tag `rollout` and capacity differ.

        What it collects goes to data assets of its own, which are registered first.

        Does nothing where the deployment exists with that tag: a late call would change one that
        serves.

        Raises:
            ArmUnavailableError: It is `new.until` or later, besides the reasons above.
            ArmRefusedError: A deployment of that name exists and is not this rollout's.
        """

    def failure(self, endpoint: str, name: str, *, timeout: float) -> CreationFailure:
        """Say why a deployment failed: its operation document, else its log tail, else unknown."""

    def log_tail(self, endpoint: str, name: str, *, timeout: float) -> str:
        """Return the container log's tail, cut and redacted; empty when it cannot be read."""


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

    def create_candidate(self, endpoint: str, policy: Policy, new: NewDeployment) -> None:
        """Start the creation of a deployment from `deployment.yml`, tagged `rollout=<rollout>`.

        Nothing is sent at `new.until` or later, or where the deployment exists: see
        `Endpoints.copy_deployment`.
        """

    def template_fault(self, policy: Policy) -> str:
        """Say why nothing can be created from the service's templates; empty where it can.

        Sends nothing. Raises `ServicesUnavailableError` where the files cannot be read now.
        """


class Scoring(Protocol):
    """Sends what tests a candidate straight to deployments, whatever their weights."""

    def validate(
        self,
        endpoint: str,
        seen: EndpointSeen,
        candidate: str,
        validate: Validate,
        samples: Mapping[str, bytes],
    ) -> Validation:
        """Send each sample and compare with its expectation. Raises only as `Endpoints` does."""

    def examine(self, endpoint: str, seen: EndpointSeen, order: ExamOrder) -> ExamSeen:
        """Ask the sides for each row, several rows at once; who is asked first alternates.

        The first row that a side does not answer ends the pass: no connection, another deployment's
        answer, 401, 403, 404, 429, and what the platform answers in the model's place (500, 502,
        503, 504, or 424 with `model_not_ready`). It is asked again in a later pass. No complete
        answer in time is an answer, and one without a prediction.

        Raises only as `Endpoints` does.
        """

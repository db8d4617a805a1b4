"""The doubles of the Azure ports as stories use them: scripted clients, bodies that are JSON."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import exp, floor
from statistics import NormalDist
from typing import Any

from localazure.runtime import InstantRuntime
from localazure.stack.predictions import Kind, Prediction, predicted
from localazure.world import Caller, DeploymentSpec, World, Write
from rollout.core.records.observation import DeploymentSeen, SideMinute, Validation
from rollout.core.records.probes import ProbeAnswer
from rollout.ports import NewDeployment, ProbeInput
from tests.doubles.world_endpoints import WorldEndpoints
from tests.doubles.world_traffic import Quality, WorldMetrics

CONTROLLER = Caller()
"""The doubles of the ports call the world as its default caller."""

SOMEBODY = Caller("somebody else")

_COPIED = ("location", "instance_count", "instance_type", "model_id", "tags")


USUAL = Prediction(Kind.USUAL)


def always_right(number: int) -> tuple[int, Any]:
    """The answer to the input of some number: its label, and how sure the model is."""
    return 200, {"label": number % 3, "score": 0.25 + 0.5 * (number % 2)}


@dataclass(frozen=True)
class Behaviour:
    """How a model version serves. `load`: the share of its clients' requests that are really sent.

    `validation` holds what is wrong with its answers to the sample requests, `unusable` why they
    say nothing of the model, `transient` what kept them from being answered. `probed` is the status
    of its answers to probes, None: as it serves its clients. `answers` are its status (of an
    examination alone) and answer to an input, by its number; `predicts` says it for every input in
    the same way, None: `answers` do.
    """

    failures: float = 0.0
    p95_ms: float = 40.0
    load: float = 1.0
    validation: str = ""
    unusable: str = ""
    transient: str = ""
    probed: int | None = None
    predicts: Prediction | None = None
    answers: Callable[[int], tuple[int, Any]] = always_right


HEALTHY = Behaviour()
FAILING = Behaviour(failures=0.3)
SLOW = Behaviour(p95_ms=5000.0)
SILENT = Behaviour(load=0.0)
TRICKLE = Behaviour(load=0.01)
UNABLE = Behaviour(validation="status 424 instead of 200")


@dataclass
class Clients:
    """What every model version does to the requests it gets."""

    world: World
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    _versions: dict[str, str] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(20260105))  # noqa: S311 - a story's chance

    def __post_init__(self) -> None:
        self.world.log.on_write(self._written)

    def of(self, deployment: str) -> Behaviour:
        """How the deployment behaves, by the version it was made with."""
        return self.behaviours.get(self._versions.get(deployment, ""), HEALTHY)

    def quality(self, deployment: str, minute: datetime) -> Quality:
        del minute
        behaviour = self.of(deployment)
        return Quality(behaviour.failures, behaviour.p95_ms)

    def answer(self, deployment: str, number: int) -> ProbeAnswer:
        """The answer to the probe of some number: failures evenly spread, durations log-normal."""
        behaviour, quality = self.of(deployment), Quality(p95_ms=self.of(deployment).p95_ms)
        share = behaviour.failures
        fails = floor((number + 1) * share) > floor(number * share)
        status = behaviour.probed or (424 if fails else 200)
        # Each number another quantile, and each side another order of them.
        turn = 0.618034 if len(deployment) % 2 else 0.754878
        z = NormalDist().inv_cdf(0.001 + 0.998 * ((number + 1) * turn % 1))
        return ProbeAnswer(status, quality.latency.p50 * exp(z * quality.spread))

    def predict(self, version: str, body: bytes) -> tuple[int, bytes]:
        """The answer to an input: `{"input": 7}` is the one of number 7."""
        behaviour = self.behaviours.get(version, HEALTHY)
        if behaviour.predicts is not None:
            return 200, predicted(behaviour.predicts, body, self._chance)
        status, answer = behaviour.answers(json.loads(body).get("input", 0))
        return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def body(self, deployment: str, what: ProbeInput) -> bytes:
        """The body of a successful answer to this input."""
        return self.predict(self._versions.get(deployment, ""), what.body)[1]

    def verdict(self, version: str) -> Validation:
        behaviour = self.behaviours.get(version, HEALTHY)
        if behaviour.transient:
            return Validation(transient=behaviour.transient)
        if behaviour.validation:
            return Validation(failures=(behaviour.validation,))
        if behaviour.unusable:
            return Validation(unusable=(behaviour.unusable,))
        return Validation(evidence="1 of 1 sample requests answered as expected")

    def _written(self, write: Write) -> None:
        endpoint, _, deployment = write.resource.partition("/")
        if deployment and write.operation == "deployments.put":
            spec = self.world.deployments.get(endpoint, deployment).spec
            self._versions[deployment] = (spec.model_id or "").rpartition("/")[2]


@dataclass
class StoryMetrics(WorldMetrics):
    """`Metrics` where a version's clients may send little, or nothing."""

    clients: Clients | None = None
    _known: dict[tuple[Behaviour, float, bool], SideMinute] = field(default_factory=dict)

    def _minute(self, name: str, at: datetime, requests: float, *, latency: bool) -> SideMinute:
        behaviour = self.clients.of(name) if self.clients is not None else HEALTHY
        # Every look reads an hour and more again, and its minutes are alike.
        known = behaviour, requests, latency
        found = self._known.get(known)
        if found is None:
            found = super()._minute(name, at, requests * behaviour.load, latency=latency)
            self._known[known] = found
        return found


class StoryEndpoints(WorldEndpoints):
    """`Endpoints` whose deployment bodies are JSON, because one of them goes into the history."""

    def deployments(self, endpoint: str, *, timeout: float) -> Mapping[str, DeploymentSeen]:
        listed = super().deployments(endpoint, timeout=timeout)
        return {name: replace(one, body=_plain(one.body["spec"])) for name, one in listed.items()}

    def copy_deployment(
        self,
        endpoint: str,
        source: DeploymentSeen,
        new: NewDeployment,
        *,
        timeout: float,
    ) -> None:
        super().copy_deployment(
            endpoint,
            replace(source, body={"spec": DeploymentSpec(**source.body)}),
            new,
            timeout=timeout,
        )


class TalkingRuntime(InstantRuntime):
    """Containers that are ready at once and print what a story says, by deployment."""

    def __init__(self) -> None:
        super().__init__()
        self.prints: dict[str, str] = {}

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        return self.prints.get(deployment) or super().logs(endpoint, deployment, tail)


def deployment_spec(world: World, model: str, version: str, instances: int) -> DeploymentSpec:
    """What somebody's own template asks for."""
    return DeploymentSpec(
        world.workspace.location,
        instance_count=instances,
        model_id=world.workspace.asset("models", model, version),
    )


def _plain(spec: DeploymentSpec) -> dict[str, object]:
    values = {name: getattr(spec, name) for name in _COPIED}
    return {n: dict(v) if isinstance(v, Mapping) else v for n, v in values.items()}

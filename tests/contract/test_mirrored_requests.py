"""A mirror asked for over the wire: real requests are copied, and the dial says if they show."""

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from localazure.stack.instant_models import ModelAnswer
from localazure.tls import TlsFiles, client_context
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.adapters.metrics.azure_metrics import AzureMetrics
from rollout.core.records.observation import Minute
from rollout.ports import MetricsQuestion
from tests.support.contract.local_azure import LocalAzure
from tests.support.contract.ports import SECONDS, Ports, ports_on, wire_to
from tests.support.integration import eventually

AT = datetime.now(UTC).replace(second=0, microsecond=0)
REQUESTS = 60
MIRROR = 50


@dataclass
class Mirrored:
    """An endpoint that mirrors half of its requests to `green`, whose model fails."""

    local: LocalAzure
    ports: Ports
    metrics: AzureMetrics
    tls: TlsFiles
    now: datetime = AT

    @property
    def endpoint(self) -> str:
        return self.ports.endpoint

    def send(self, **headers: str) -> list[str]:
        """What clients are told of who answered; any other status than 200 raises."""
        found = self.ports.world.endpoints.get(self.ports.name)
        sent = {"Authorization": f"Bearer {found.primary_key}", **headers}
        context = client_context(self.tls)
        by = []
        for _ in range(REQUESTS):
            request = urllib.request.Request(  # noqa: S310 - a local server
                self.ports.seen().scoring_uri, b"{}", sent
            )
            with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:  # noqa: S310
                by.append(answer.headers["azureml-model-deployment"])
        return by

    def minute(self) -> Minute:
        self.now = AT + timedelta(minutes=3)
        question = MetricsQuestion(
            "blue", "green", start=AT, end=AT + timedelta(minutes=1), latency=True
        )
        (found,) = self.metrics.minutes(self.endpoint, question, timeout=SECONDS)
        return found


@pytest.fixture
def mirrored(
    local_azure: LocalAzure, local_tls: TlsFiles, arm: Arm, metrics: AzureMetrics
) -> Iterator[Mirrored]:
    parts = local_azure.parts
    ports = replace(ports_on(wire_to(parts.world)), endpoints=ArmEndpoints(arm))
    ports.given_endpoint()
    ports.given_deployment("blue", "1")
    bad = uuid4().hex[:8]
    ports.given_deployment("green", bad)
    local_azure.runtime.answers[bad] = ModelAnswer(status=500, body={"error": "boom"})
    ports.given_split(blue=100)
    ports.endpoints.set_traffic(
        ports.endpoint, ports.seen(), {"blue": 100}, {"green": MIRROR}, stamp="r/1", timeout=SECONDS
    )
    found = Mirrored(local_azure, ports, metrics, local_tls)
    clock, parts.recorder.clock = parts.recorder.clock, lambda: found.now
    yield found
    parts.recorder.clock = clock
    parts.recorder.mirrored_counted = True
    local_azure.runtime.answers.clear()


def test_clients_are_answered_by_stable_alone_and_the_copies_show_as_the_candidates(
    mirrored: Mirrored,
) -> None:
    assert mirrored.send() == ["blue"] * REQUESTS
    eventually(lambda: _recorded(mirrored, "green"))
    minute = mirrored.minute()
    assert minute.stable is not None
    assert (minute.stable.requests, minute.stable.failures) == (REQUESTS, 0)
    assert minute.candidate is not None
    assert 0 < minute.candidate.requests <= REQUESTS
    assert minute.candidate.failures == minute.candidate.requests
    assert minute.candidate.latency is not None


def test_where_metrics_leave_copies_out_the_candidate_has_no_series(mirrored: Mirrored) -> None:
    mirrored.local.parts.recorder.mirrored_counted = False
    assert mirrored.send() == ["blue"] * REQUESTS
    minute = mirrored.minute()
    assert minute.stable is not None
    assert (minute.stable.requests, minute.candidate) == (REQUESTS, None)


def test_requests_that_name_their_deployment_are_not_copied(mirrored: Mirrored) -> None:
    mirrored.send(**{"azureml-model-deployment": "blue"})
    assert mirrored.minute().candidate is None


def _recorded(mirrored: Mirrored, deployment: str) -> int:
    found = mirrored.local.parts.recorder.requests(AT, AT + timedelta(minutes=1))
    return sum(
        (each.endpoint, each.outcome.deployment) == (mirrored.ports.name, deployment)
        for each in found
    )

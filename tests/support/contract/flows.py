"""What the product does to an endpoint, one thing each, on any implementation of the ports."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from localazure.logs.query_api import WORKSPACE
from localazure.world import AuthMode
from localazure.world.governance import ENFORCES_SECRETS
from rollout.core.policy.gate_model import CustomCheck, LogQueries
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.policy.quality_model import Live
from rollout.core.records.observation import Absent
from rollout.errors import AccessDeniedError, MetricsUnavailableError
from rollout.ports import MetricsQuestion, NewDeployment
from tests.doubles.records import POLICY
from tests.support.contract.ports import SECONDS, Ports

COUNTED = """
AmlOnlineEndpointTrafficLog
| where EndpointName =~ endpoint and DeploymentName in~ (deployments)
| summarize total = count(), bad = countif(ModelStatusCode == 500)
    by minute = bin(TimeGenerated, 1m), deployment = DeploymentName
"""
LATER = datetime(2100, 1, 1, tzinfo=UTC)
Flow = Callable[[Ports], bool]
"""Does one thing that the product does; False, or a refusal: it could not."""


def works(ports: Ports, flow: Flow) -> bool:
    """Whether the app's rights are enough for it."""
    try:
        return flow(ports)
    except (AccessDeniedError, MetricsUnavailableError):
        return False


def look_at_the_endpoint(ports: Ports) -> bool:
    return ports.seen().traffic == {"blue": 100}


def see_that_an_endpoint_is_gone(ports: Ports) -> bool:
    gone = f"{ports.endpoint}-gone"
    return isinstance(ports.endpoints.endpoint(gone, timeout=SECONDS), Absent)


def move_traffic(ports: Ports) -> bool:
    seen = ports.seen()
    ports.endpoints.set_traffic(
        ports.endpoint, seen, {"blue": 100}, {}, stamp="r/1", timeout=SECONDS
    )
    return ports.seen().stamp == "r/1"


def see_the_deployments(ports: Ports) -> bool:
    return "blue" in ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)


def copy_the_live_deployment(ports: Ports) -> bool:
    ports.register("7")
    ports.endpoints.copy_deployment(
        ports.endpoint,
        ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)["blue"],
        NewDeployment("green-7", ports.model, "7", "r", at_least=None, until=LATER),
        timeout=SECONDS,
    )
    return "green-7" in ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)


def copy_it_with_its_answers_collected(ports: Ports) -> bool:
    ports.register("7")
    ports.endpoints.copy_deployment(
        ports.endpoint,
        ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)["blue"],
        NewDeployment("green-7", ports.model, "7", "r", at_least=None, until=LATER, live=Live()),
        timeout=SECONDS,
    )
    return ports.world.deployments.get(ports.name, "green-7").spec.collector is not None


def delete_a_deployment(ports: Ports) -> bool:
    ports.given_deployment("green-8", "8")
    ports.endpoints.delete_deployment(ports.endpoint, "green-8", timeout=SECONDS)
    return "green-8" not in ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)


def read_the_log_of_a_failed_creation(ports: Ports) -> bool:
    version = ports.name[2:]
    ports.fail_version(version, "ModuleNotFoundError: No module named 'x'")
    ports.given_deployment("green-9", version)
    failure = ports.endpoints.failure(ports.endpoint, "green-9", timeout=SECONDS)
    return failure.kind == "user script" and bool(failure.log_tail)


def read_metrics(ports: Ports, logs: LogQueries | None = None) -> bool:
    now = datetime.now(UTC)
    minutes = ports.metrics.minutes(
        ports.endpoint,
        MetricsQuestion(
            "blue", "green-7", start=now - timedelta(minutes=3), end=now, latency=True, logs=logs
        ),
        timeout=SECONDS,
    )
    return len(minutes) in (3, 4)


def read_logs(ports: Ports) -> bool:
    checks = (CustomCheck("failed", COUNTED),)
    return read_metrics(ports, LogQueries(WORKSPACE, slow_counts=False, checks=checks))


def read_a_registered_model(ports: Ports) -> bool:
    ports.register("7")
    workspace = ports.world.workspace.path
    return not isinstance(ports.models.model(workspace, ports.model, "7", timeout=SECONDS), Absent)


def ask_with(auth: AuthMode) -> Flow:
    def flow(ports: Ports) -> bool:
        spec = ports.world.endpoints.get(ports.name).spec
        ports.world.endpoints.put(ports.name, replace(spec, auth_mode=auth))
        found = ports.scoring.validate(
            ports.endpoint,
            ports.seen(),
            "blue",
            Validate((SampleRequest("sample.json"),)),
            {"sample.json": b"{}"},
        )
        return not (found.transient or found.failures)

    return flow


def create_an_endpoint(ports: Ports) -> bool:
    new = replace(ports, name=f"{ports.name}-n")
    policy = replace(POLICY, endpoint=new.name, model=new.model)
    new.creator.create_endpoint(new.endpoint, policy, until=LATER)
    return new.seen().traffic == {}


def create_from_a_template(ports: Ports) -> bool:
    ports.register("7")
    ports.creator.create_candidate(
        ports.endpoint,
        replace(POLICY, endpoint=ports.name, model=ports.model),
        NewDeployment("green-7", ports.model, "7", "r", at_least=None, until=LATER),
    )
    return "green-7" in ports.endpoints.deployments(ports.endpoint, timeout=SECONDS)


def enforce_secrets(ports: Ports) -> None:
    spec = ports.world.endpoints.get(ports.name).spec
    ports.world.endpoints.put(ports.name, replace(spec, properties={ENFORCES_SECRETS: "enabled"}))


def move_traffic_where_secrets_are_enforced(ports: Ports) -> bool:
    enforce_secrets(ports)
    return move_traffic(ports)


def copy_where_secrets_are_enforced(ports: Ports) -> bool:
    enforce_secrets(ports)
    return copy_the_live_deployment(ports)


ask_with_keys, ask_with_a_token = ask_with(AuthMode.KEY), ask_with(AuthMode.AAD_TOKEN)

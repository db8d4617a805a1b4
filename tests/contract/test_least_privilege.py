"""The role of `infra/role-actions.json`: enough for all that the product does, and no more.

What follows runs against the doubles and, with the real SDKs over https, against a Resource Manager
that refuses every action outside the role. All other contract tests run under the whole role too.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from localazure.logs.query_api import ACTION as LOGS_READ
from localazure.logs.query_api import WORKSPACE
from localazure.stack.instant_models import ModelAnswer
from localazure.world import ACTIONS, METRICS_READ, SCORE, AuthMode, Call
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.core.policy.gate_model import CustomCheck, LogQueries
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.records.observation import Absent
from rollout.errors import AccessDeniedError, MetricsUnavailableError
from rollout.ports import MetricsQuestion, NewDeployment
from tests.doubles.records import POLICY
from tests.support.contract.ports import SECONDS, Ports
from tests.support.role import GRANTED, LOG_ANALYTICS_READER, ROLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.contract.local_azure import LocalAzure

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
COUNTED = """
AmlOnlineEndpointTrafficLog
| where EndpointName =~ endpoint and DeploymentName in~ (deployments)
| summarize total = count(), bad = countif(ModelStatusCode == 500)
    by minute = bin(TimeGenerated, 1m), deployment = DeploymentName
"""
LATER = datetime(2100, 1, 1, tzinfo=UTC)
Flow = Callable[[Ports], bool]
"""Does one thing that the product does; False, or a refusal: it could not."""


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


ask_with_keys, ask_with_a_token = ask_with(AuthMode.KEY), ask_with(AuthMode.AAD_TOKEN)
ALWAYS: tuple[tuple[str, Flow], ...] = (
    (ACTIONS[Call.ENDPOINTS_GET], look_at_the_endpoint),
    (ACTIONS[Call.WORKSPACES_GET], see_that_an_endpoint_is_gone),
    (ACTIONS[Call.ENDPOINTS_PUT], move_traffic),
    (ACTIONS[Call.DEPLOYMENTS_LIST], see_the_deployments),
    (ACTIONS[Call.DEPLOYMENTS_PUT], copy_the_live_deployment),
    (ACTIONS[Call.DEPLOYMENTS_DELETE], delete_a_deployment),
    (ACTIONS[Call.DEPLOYMENTS_LOGS], read_the_log_of_a_failed_creation),
    (METRICS_READ, read_metrics),
    (ACTIONS[Call.MODELS_GET], read_a_registered_model),
    (SCORE, ask_with_a_token),
    (ACTIONS[Call.ENDPOINTS_PUT], create_an_endpoint),
)
KEYS: tuple[tuple[str, Flow], ...] = ((ACTIONS[Call.ENDPOINTS_KEYS], ask_with_keys),)
# Azure refuses a role that names an action its provider does not list, and whether it lists the one
# that starts an upload is not documented: hence a wildcard.
CODES = "Microsoft.MachineLearningServices/workspaces/codes/versions/*"
OF_CODES = (ACTIONS[Call.CODES_VERSIONS], ACTIONS[Call.CODES_UPLOAD], ACTIONS[Call.CODES_PUT])
TEMPLATES: tuple[tuple[str, Flow], ...] = (
    (CODES, create_from_a_template),
    (ACTIONS[Call.ENVIRONMENTS_PUT], create_from_a_template),
)
LOGS: tuple[tuple[str, Flow], ...] = ((LOGS_READ, read_logs),)
# What the doubles cannot play: they read no template.
NEWEST_ENVIRONMENT = ACTIONS[Call.ENVIRONMENTS_VERSIONS]
EACH = pytest.mark.parametrize(
    ("action", "flow"),
    [
        pytest.param(action, flow, id=f"{action.partition('/')[2]}-{number}")
        for number, (action, flow) in enumerate((*ALWAYS, *KEYS, *TEMPLATES, *LOGS))
    ],
)


@pytest.fixture
def serving(blue: Ports, request: pytest.FixtureRequest) -> Iterator[Ports]:
    """`blue`; where requests are real, version 6 answers them and the template's code is new."""
    if not isinstance(blue.endpoints, ArmEndpoints):
        yield blue
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    folder: Path = request.getfixturevalue("services")
    local.runtime.answers["6"] = ModelAnswer(body={"ok": 1})
    with (folder / "src" / "score.py").open("a") as script:
        # Code that was uploaded before is found by its hash and not uploaded again.
        script.write(f"# of {blue.name}\n")
    yield blue
    local.runtime.answers.clear()


def works(ports: Ports, flow: Flow) -> bool:
    try:
        return flow(ports)
    except (AccessDeniedError, MetricsUnavailableError):
        return False


def test_every_action_of_the_role_stands_in_this_file() -> None:
    def actions(flows: tuple[tuple[str, Flow], ...]) -> set[str]:
        return {action for action, _ in flows}

    assert actions(ALWAYS) == set(ROLE.always)
    assert actions(KEYS) == set(ROLE.keys)
    assert actions(TEMPLATES) | {NEWEST_ENVIRONMENT} == set(ROLE.templates)
    assert actions(LOGS) == set(LOG_ANALYTICS_READER)
    assert len(set(GRANTED)) == len(GRANTED)


@EACH
def test_the_roles_are_enough(serving: Ports, action: str, flow: Flow) -> None:
    serving.allow(*GRANTED)

    assert works(serving, flow)


@EACH
def test_no_action_of_the_roles_can_be_missing(serving: Ports, action: str, flow: Flow) -> None:
    serving.allow(*(set(GRANTED) - {action}))

    assert not works(serving, flow)


@pytest.mark.parametrize("flow", dict.fromkeys(flow for _, flow in ALWAYS))
def test_a_service_that_copies_and_takes_tokens_needs_the_first_part_only(
    serving: Ports, flow: Flow
) -> None:
    serving.allow(*ROLE.always)

    assert works(serving, flow)


def test_without_logs_in_the_policy_the_custom_role_is_enough_to_read_metrics(
    serving: Ports,
) -> None:
    serving.allow(*ROLE.everything)

    assert works(serving, read_metrics)
    assert not works(serving, read_logs)


@pytest.mark.parametrize("missing", [None, *OF_CODES])
def test_of_the_rights_on_code_three_are_used(serving: Ports, missing: str | None) -> None:
    used = {*ROLE.everything, *OF_CODES} - {CODES, missing}
    serving.allow(*filter(None, used))

    assert works(serving, create_from_a_template) is (missing is None)


@pytest.mark.parametrize("ports", ["arm"], indirect=True)  # the double reads no template
def test_the_newest_environment_of_a_name_is_looked_up_with_a_right_of_its_own(
    serving: Ports, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue("services")
    body = {"image": "mcr.example/base:1"}
    serving.world.environments.put(f"env-{serving.name}", "1", body)
    template = folder / "deployment.yml"
    before, _, after = template.read_text().partition("environment:\n")
    rest = after[after.index("instance_type:") :]
    template.write_text(f"{before}environment: azureml:env-{serving.name}@latest\n{rest}")

    serving.allow(*(set(ROLE.everything) - {NEWEST_ENVIRONMENT}))
    assert not works(serving, create_from_a_template)
    serving.allow(*ROLE.everything)
    assert works(serving, create_from_a_template)


def test_an_endpoint_is_never_deleted_and_no_key_is_made_anew(ports: Ports) -> None:
    forbidden = {
        ACTIONS[call]
        for call in (Call.ENDPOINTS_DELETE, Call.ENDPOINTS_REGENERATE, Call.ENDPOINTS_TOKEN)
    }

    assert not forbidden & set(ROLE.everything)
    assert [action for action in ROLE.everything if "*" in action] == [CODES]

"""The role of `infra/role-actions.json`: enough for all that the product does, and no more.

What follows runs against the doubles and, with the real SDKs over https, against a Resource Manager
that refuses every action outside the role. All other contract tests run under the whole role too.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localazure.logs.query_api import ACTION as LOGS_READ
from localazure.stack.instant_models import ModelAnswer
from localazure.world import ACTIONS, METRICS_READ, READ_SECRETS, SCORE, Call
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.errors import AccessDeniedError
from tests.doubles.wire import APP
from tests.support.contract.flows import (
    Flow,
    ask_with_a_token,
    ask_with_keys,
    copy_it_with_its_answers_collected,
    copy_the_live_deployment,
    copy_where_secrets_are_enforced,
    create_an_endpoint,
    create_from_a_template,
    delete_a_deployment,
    look_at_the_endpoint,
    move_traffic,
    move_traffic_where_secrets_are_enforced,
    read_a_registered_model,
    read_logs,
    read_metrics,
    read_the_log_of_a_failed_creation,
    see_that_an_endpoint_is_gone,
    see_the_deployments,
    works,
)
from tests.support.contract.ports import Ports
from tests.support.role import GRANTED, LOG_ANALYTICS_READER, ROLE

if TYPE_CHECKING:
    from pathlib import Path

    from azure.identity import ManagedIdentityCredential

    from tests.support.contract.local_azure import LocalAzure

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")
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
COLLECTED: tuple[tuple[str, Flow], ...] = (
    (ACTIONS[Call.DATA_GET], copy_it_with_its_answers_collected),
    (ACTIONS[Call.DATA_PUT], copy_it_with_its_answers_collected),
)
SECRETS: tuple[tuple[str, Flow], ...] = tuple(
    (action, flow)
    for action in READ_SECRETS
    for flow in (move_traffic_where_secrets_are_enforced, copy_where_secrets_are_enforced)
)
# What it needs to find them is in `test_predictions_port.py`.
TO_READ_COLLECTED = ACTIONS[Call.DATASTORES_GET]
LOGS: tuple[tuple[str, Flow], ...] = ((LOGS_READ, read_logs),)
# What the doubles cannot play: they read no template.
NEWEST_ENVIRONMENT = ACTIONS[Call.ENVIRONMENTS_VERSIONS]
EACH = pytest.mark.parametrize(
    ("action", "flow"),
    [
        pytest.param(action, flow, id=f"{action.partition('/')[2]}-{number}")
        for number, (action, flow) in enumerate(
            (*ALWAYS, *KEYS, *TEMPLATES, *COLLECTED, *SECRETS, *LOGS)
        )
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


def test_every_action_of_the_role_stands_in_this_file() -> None:
    def actions(flows: tuple[tuple[str, Flow], ...]) -> set[str]:
        return {action for action, _ in flows}

    assert actions(ALWAYS) == set(ROLE.always)
    assert actions(KEYS) == set(ROLE.keys)
    assert actions(TEMPLATES) | {NEWEST_ENVIRONMENT} == set(ROLE.templates)
    assert actions(COLLECTED) | {TO_READ_COLLECTED} == set(ROLE.collected)
    assert actions(SECRETS) == set(ROLE.secretStores)
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


@pytest.mark.parametrize("ports", ["arm"], indirect=True)  # the double reads no template
def test_a_template_that_builds_its_environment_looks_up_a_datastore(
    serving: Ports, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue("services")
    (folder / "env" / "Dockerfile").write_text(f"FROM mcr.example/base:1\n# {serving.name}\n")
    before, _, after = (folder / "deployment.yml").read_text().partition("environment:\n")
    built = "environment: {build: {path: ./env}}\n"
    (folder / "deployment.yml").write_text(
        f"{before}{built}{after[after.index('instance_type:') :]}"
    )

    serving.allow(*(set(ROLE.everything) - set(ROLE.datastores)))
    with pytest.raises(AccessDeniedError, match="azd env set TEMPLATES_BUILD_ENVIRONMENTS true"):
        create_from_a_template(serving)


@pytest.mark.parametrize("ports", ["arm"], indirect=True)  # the double has no SDK
@pytest.mark.parametrize("keys", [False, True], ids=["no keys", "keys"])
def test_what_is_built_is_uploaded_without_the_storage_accounts_key(
    serving: Ports, request: pytest.FixtureRequest, *, keys: bool
) -> None:
    """So the role has no `datastores/listSecrets`: refused, the SDK uploads as the app itself."""
    # Its import warns, which only tests may.
    from azure.ai.ml import MLClient  # noqa: PLC0415
    from azure.ai.ml._artifacts._artifact_utilities import get_datastore_info  # noqa: PLC0415

    credential: ManagedIdentityCredential = request.getfixturevalue("credential")
    workspace, stores = serving.world.workspace, serving.world.datastores
    names = workspace.subscription, workspace.resource_group, workspace.name
    client = MLClient(credential, *names, enable_telemetry=False)
    before = stores["workspaceblobstore"]
    stores["workspaceblobstore"] = replace(before, has_keys=keys)

    serving.allow(*ROLE.datastores)
    found = get_datastore_info(client.datastores, "")
    stores["workspaceblobstore"] = before

    assert found["container_name"] == before.container_name
    assert found["credential"] is client.datastores._credential


@pytest.mark.parametrize("ports", ["arm"], indirect=True)  # the double reads no template
def test_a_template_that_collects_needs_data_assets(
    serving: Ports, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue("services")
    with (folder / "deployment.yml").open("a") as template:
        template.write("data_collector: {collections: {model_outputs: {enabled: 'True'}}}\n")

    serving.allow(*ROLE.always, *ROLE.templates)
    assert not works(serving, create_from_a_template)
    serving.allow(*ROLE.always, *ROLE.templates, *ROLE.dataAssets)
    assert works(serving, create_from_a_template)


@pytest.fixture
def on_endpoints(serving: Ports) -> Iterator[Ports]:
    """The app's rights where endpoints are named: its own, and none on another endpoint."""
    workspace = serving.world.workspace.path
    serving.allow()
    serving.access.grant(APP, workspace, ROLE.on_workspace)
    serving.access.grant(APP, serving.endpoint, ROLE.on_endpoints)
    yield serving
    for scope in (workspace, serving.endpoint):
        serving.access.revoke(APP, scope)
    serving.allow(*GRANTED)


@pytest.mark.parametrize(
    "flow",
    dict.fromkeys(
        flow
        for _, flow in (*ALWAYS, *KEYS, *TEMPLATES, *COLLECTED, *SECRETS)
        if flow is not create_an_endpoint
    ),
)
def test_rights_on_the_endpoint_alone_are_enough_for_it(on_endpoints: Ports, flow: Flow) -> None:
    assert works(on_endpoints, flow)


def test_rights_on_one_endpoint_are_none_on_another(on_endpoints: Ports) -> None:
    other = replace(on_endpoints, name=f"{on_endpoints.name}-o")
    other.given_endpoint()
    other.given_deployment("blue", "6")
    other.given_split(blue=100)

    with pytest.raises(AccessDeniedError, match="ROLE_ON_ENDPOINTS") as refused:
        move_traffic(other)
    assert other.endpoint in str(refused.value).lower()
    assert other.seen().traffic == {"blue": 100}
    assert not works(other, read_metrics)
    assert not works(on_endpoints, create_an_endpoint)


def test_an_endpoint_is_never_deleted_and_no_key_is_made_anew(ports: Ports) -> None:
    forbidden = {
        ACTIONS[call]
        for call in (Call.ENDPOINTS_DELETE, Call.ENDPOINTS_REGENERATE, Call.ENDPOINTS_TOKEN)
    }

    assert not forbidden & set(ROLE.everything)
    assert [action for action in ROLE.everything if "*" in action] == [CODES]

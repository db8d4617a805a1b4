import pytest

from tests.integration.hooks.conftest import WORKSPACE, Hooks

REGISTERED = "provider show*"


def test_preprovision_passes_when_everything_exists(hooks: Hooks) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    ended = hooks.run("preprovision.sh")
    assert ended.code == 0, ended.errors


def test_preprovision_names_what_is_not_registered(hooks: Hooks) -> None:
    hooks.answer("provider show*Microsoft.App *", "NotRegistered\\n")
    hooks.answer(REGISTERED, "Registered\\n")
    ended = hooks.run("preprovision.sh")
    assert ended.code == 1
    assert "az provider register --namespace Microsoft.App " in ended.out
    assert "Microsoft.Web" not in ended.out


def test_preprovision_says_that_the_workspace_does_not_exist(hooks: Hooks) -> None:
    hooks.answer("resource show*", "(ResourceNotFound)", 3)
    ended = hooks.run("preprovision.sh")
    assert ended.code == 1
    assert f"there is no workspace {WORKSPACE}" in ended.errors


@pytest.mark.parametrize("name", ["AZUREML_WORKSPACE_NAME", "AZUREML_RESOURCE_GROUP"])
def test_preprovision_asks_for_the_workspace(hooks: Hooks, name: str) -> None:
    hooks.variables.pop(name)
    ended = hooks.run("preprovision.sh")
    assert ended.code == 1
    assert f"azd env set {name}" in ended.errors


def test_the_app_may_not_go_into_the_workspaces_group(hooks: Hooks) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    ended = hooks.run("preprovision.sh", ROLLOUT_RESOURCE_GROUP="RG-ML")
    assert ended.code == 1
    assert "azd down deletes the app's group" in ended.errors


@pytest.mark.parametrize("name", ["EXISTING_APP_SUBNET_ID", "EXISTING_ENDPOINT_SUBNET_ID"])
def test_one_subnet_without_the_other_is_refused(hooks: Hooks, name: str) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    ended = hooks.run("preprovision.sh", PRIVATE_PROFILE="true", **{name: "/subnet"})
    assert ended.code == 1
    assert "set both or neither" in ended.errors


def test_an_expired_sign_in_is_reported(hooks: Hooks) -> None:
    hooks.answer("account show*", "", 1)
    ended = hooks.run("preprovision.sh")
    assert ended.code == 1
    assert "az login" in ended.errors


def test_rights_are_granted_as_the_environment_asks(hooks: Hooks) -> None:
    hooks.answer("resource show*storageAccount*", "/id/workspace-storage\\n")
    ended = hooks.run("postprovision.sh", CREATE_FROM_TEMPLATES="true", ENDPOINTS_USE_KEYS="true")
    assert ended.code == 0, ended.errors
    call = ended.call("--name rollout-access")
    assert "--resource-group rg-production" in call
    for part in (
        "createFromTemplates=true",
        "endpointsUseKeys=true",
        "workspaceStorageId=/id/workspace-storage",
        "useBuiltInRoles=false",
        "assignRoles=true",
    ):
        assert part in call


def test_every_command_is_printed_when_roles_may_not_be_assigned(hooks: Hooks) -> None:
    hooks.answer("deployment group list*ownRoles-*", "ownRoles-suffix\\n")
    hooks.answer("deployment group show*ownRoles-suffix*", "own command\\n")
    hooks.answer("deployment group show*rollout-access*", "workspace command\\n")
    ended = hooks.run("postprovision.sh", ASSIGN_ROLES="false")
    assert ended.code == 0, ended.errors
    assert "assignRoles=false" in ended.call("deployment group create")
    assert "own command" in ended.out
    assert "workspace command" in ended.out


LOGS = "/subscriptions/s/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces"


def test_logs_may_be_queried_in_the_workspaces_that_are_listed(hooks: Hooks) -> None:
    ended = hooks.run("postprovision.sh", TRAFFIC_LOG_WORKSPACE_IDS=f"{LOGS}/a, {LOGS}/b")
    assert ended.code == 0, ended.errors
    wanted = f'trafficLogWorkspaceIds=["{LOGS}/a","{LOGS}/b"] '
    assert wanted in ended.call("--name rollout-access")
    assert "trafficLogWorkspaceIds=[] " in hooks.run("postprovision.sh").call("rollout-access")


IDENTITIES = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssigned"


def test_the_right_to_assign_is_given_for_the_identities_of_all_endpoints(hooks: Hooks) -> None:
    hooks.answer("rest*onlineEndpoints?api*", f"https://next\\n{IDENTITIES}/a\\n")
    hooks.answer("rest*https://next*", f"\\n{IDENTITIES}/b,{IDENTITIES}/c\\n")
    ended = hooks.run("postprovision.sh")
    assert ended.code == 0, ended.errors
    wanted = ",".join(f'"{IDENTITIES}/{name}"' for name in "abc")
    assert f"endpointIdentityIds=[{wanted}] " in ended.call("--name rollout-access")


def test_endpoints_that_cannot_be_listed_are_said_and_stop_nothing(hooks: Hooks) -> None:
    hooks.answer("rest*onlineEndpoints*", "(AuthorizationFailed)", 1)
    ended = hooks.run("postprovision.sh")
    assert ended.code == 0, ended.errors
    assert "Managed Identity Operator" in ended.out
    assert "endpointIdentityIds=[] " in ended.call("--name rollout-access")


CONTAINER = (
    "/subscriptions/s/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/mlstorage"
    "/blobServices/default/containers/answers"
)


def test_collected_answers_may_be_read_in_the_one_container_that_is_named(hooks: Hooks) -> None:
    ended = hooks.run("postprovision.sh", COLLECTED_CONTAINER_ID=CONTAINER)
    assert ended.code == 0, ended.errors
    assert f"collectedContainerId={CONTAINER} " in ended.call("--name rollout-access")
    assert "collectedContainerId= " in hooks.run("postprovision.sh").call("rollout-access")


@pytest.mark.parametrize("hook", ["preprovision.sh", "postprovision.sh"])
@pytest.mark.parametrize(
    "wrong",
    [
        "answers",
        CONTAINER.partition("/blobServices")[0],
        CONTAINER.removesuffix("answers"),
        f"{CONTAINER}/blobs/one",
        f"{CONTAINER},{CONTAINER}",
        "https://mlstorage.blob.core.windows.net/answers",
    ],
)
def test_what_is_not_one_container_is_refused(hooks: Hooks, hook: str, wrong: str) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    ended = hooks.run(hook, COLLECTED_CONTAINER_ID=wrong)
    assert ended.code == 1
    assert f"'{wrong}' is not the ARM id of a blob container" in ended.errors
    assert not any("deployment" in call for call in ended.calls)


@pytest.mark.parametrize("hook", ["preprovision.sh", "postprovision.sh"])
@pytest.mark.parametrize(
    "wrong", ["0f3a6f0e-8f1c-4f4c-9a53-7d2a4b1d9c11", f"{LOGS}/", f"{LOGS}/a/tables/b", WORKSPACE]
)
def test_an_id_that_is_not_a_log_analytics_workspace_is_refused(
    hooks: Hooks, hook: str, wrong: str
) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    ended = hooks.run(hook, TRAFFIC_LOG_WORKSPACE_IDS=f"{LOGS}/a,{wrong}")
    assert ended.code == 1
    assert f"'{wrong}' is not the ARM id of a Log Analytics workspace" in ended.errors
    assert not any("deployment" in call for call in ended.calls)

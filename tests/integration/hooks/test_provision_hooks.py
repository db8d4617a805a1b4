import pytest

from tests.integration.hooks.conftest import SUBSCRIPTION, WORKSPACE, Ended, Hooks

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
    assert call.endswith("--output none --subscription " + SUBSCRIPTION)
    assert "/../access.bicepparam " in call
    assert ended.settings["CREATE_FROM_TEMPLATES"] == "true"
    assert ended.settings["ENDPOINTS_USE_KEYS"] == "true"
    assert ended.settings["WORKSPACE_STORAGE_ID"] == "/id/workspace-storage"


def test_every_command_is_printed_when_roles_may_not_be_assigned(hooks: Hooks) -> None:
    hooks.answer("deployment group list*ownRoles-*", "ownRoles-suffix\\n")
    hooks.answer("deployment group show*ownRoles-suffix*", "own command\\n")
    hooks.answer("deployment group show*rollout-access*", "workspace command\\n")
    ended = hooks.run("postprovision.sh", ASSIGN_ROLES="false")
    assert ended.code == 0, ended.errors
    assert ended.settings["ASSIGN_ROLES"] == "false"
    assert "own command" in ended.out
    assert "workspace command" in ended.out


LOGS = "/subscriptions/s/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces"


IDENTITIES = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssigned"


def test_the_right_to_assign_is_given_for_the_identities_of_all_endpoints(hooks: Hooks) -> None:
    hooks.answer("rest*onlineEndpoints?api*", f"https://next\\n{IDENTITIES}/a\\n")
    hooks.answer("rest*https://next*", f"\\n{IDENTITIES}/b,{IDENTITIES}/c\\n")
    ended = hooks.run("postprovision.sh")
    assert ended.code == 0, ended.errors
    found = ended.settings["ENDPOINT_IDENTITY_IDS"].split(",")
    assert [each for each in found if each] == [f"{IDENTITIES}/{name}" for name in "abc"]


def test_endpoints_that_cannot_be_listed_are_said_and_stop_nothing(hooks: Hooks) -> None:
    hooks.answer("rest*onlineEndpoints*", "(AuthorizationFailed)", 1)
    ended = hooks.run("postprovision.sh")
    assert ended.code == 0, ended.errors
    assert "Managed Identity Operator" in ended.out
    assert ended.settings["ENDPOINT_IDENTITY_IDS"] == ""
    given = f"{IDENTITIES}/a"
    assert (
        hooks.run("postprovision.sh", ENDPOINT_IDENTITY_IDS=given).settings["ENDPOINT_IDENTITY_IDS"]
        == given
    )


CONTAINER = (
    "/subscriptions/s/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/mlstorage"
    "/blobServices/default/containers/answers"
)


GRANT = "deployment group create*rollout-access*"


def grants(ended: Ended) -> int:
    return sum("/../access.bicepparam " in call for call in ended.calls)


def test_a_grant_is_tried_again_because_roles_take_a_while(hooks: Hooks) -> None:
    hooks.answer(GRANT, "(RoleDefinitionDoesNotExist) not yet", 1)
    ended = hooks.run("postprovision.sh", ACCESS_ATTEMPTS="3")
    assert ended.code == 1
    assert grants(ended) == 4, "three attempts, and one for the commands"
    assert ended.sleeps == ["60", "60"]
    assert "RoleDefinitionDoesNotExist" in ended.errors


FAKE_REFUSAL = """#!/bin/sh
case "$*" in
    *"deployment group create"*)
        [ "$ASSIGN_ROLES" = false ] || { echo "(AuthorizationFailed)" >&2; exit 1; } ;;
    *"deployment group show"*commands*) echo "az role assignment create X" ;;
esac
"""


def test_a_grant_that_is_refused_gives_the_commands(hooks: Hooks) -> None:
    (hooks.folder / "az").write_text(FAKE_REFUSAL)
    ended = hooks.run("postprovision.sh", ASSIGN_ROLES="true")
    assert ended.code == 1
    assert "AuthorizationFailed" in ended.errors
    assert "az role assignment create X" in ended.out
    assert "azd env set ASSIGN_ROLES false, and azd up" in ended.errors


def test_another_azd_project_with_the_same_environment_is_refused(hooks: Hooks) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    hooks.answer("group show --name rg-ml *azd-env-name*", "rollout-production\\n")
    ended = hooks.run("preprovision.sh")
    assert ended.code == 1
    assert "azd env new <a name that no other project has" in ended.errors
    assert hooks.run("preprovision.sh", AZURE_ENV_NAME="rollout-test").code == 0


@pytest.mark.parametrize("name", ["PRIVATE_PROFILE", "RELIABLE", "TEMPLATES_COLLECT_DATA"])
def test_a_flag_that_is_neither_true_nor_false_is_refused(hooks: Hooks, name: str) -> None:
    ended = hooks.run("preprovision.sh", **{name: "yes"})
    assert ended.code == 1
    assert f"{name}: 'yes' is neither true nor false" in ended.errors


def test_on_named_endpoints_only_their_identities_are_looked_up(hooks: Hooks) -> None:
    hooks.answer("resource show*onlineEndpoints/fraud *join*", f"{IDENTITIES}/a\\n")
    ended = hooks.run("postprovision.sh", ROLE_ON_ENDPOINTS="fraud, churn")
    assert ended.code == 0, ended.errors
    assert ended.settings["ENDPOINT_IDENTITY_IDS"].strip(",") == f"{IDENTITIES}/a"
    assert ended.settings["ROLE_ON_ENDPOINTS"] == "fraud, churn"
    assert not any("onlineEndpoints?api" in call for call in ended.calls)


def test_a_named_endpoint_that_is_not_there_is_refused(hooks: Hooks) -> None:
    hooks.answer("resource show*onlineEndpoints/churn *", "(ResourceNotFound)", 3)
    ended = hooks.run("postprovision.sh", ROLE_ON_ENDPOINTS="fraud,churn")
    assert ended.code == 1
    assert "ROLE_ON_ENDPOINTS: there is no endpoint churn in ws" in ended.errors
    assert grants(ended) == 0


def test_built_in_roles_are_for_a_whole_workspace(hooks: Hooks) -> None:
    ended = hooks.run("preprovision.sh", ROLE_ON_ENDPOINTS="fraud", USE_BUILT_IN_ROLES="true")
    assert ended.code == 1
    assert "does not go with USE_BUILT_IN_ROLES" in ended.errors


REGISTRY = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/registries"
)


@pytest.mark.parametrize("wrong", ["models", f"{REGISTRY}/", f"{REGISTRY}/a/models/b", WORKSPACE])
def test_what_is_not_a_registry_is_refused(hooks: Hooks, wrong: str) -> None:
    for hook in ("preprovision.sh", "postprovision.sh"):
        ended = hooks.run(hook, REGISTRY_IDS=f"{REGISTRY}/a,{wrong}")
        assert ended.code == 1
        assert f"REGISTRY_IDS: '{wrong}' is not the ARM id of a registry" in ended.errors


@pytest.mark.parametrize("wrong", ["203.0.113.0", "10.0.0.0/8/8", "/24", "example.com/24"])
def test_what_is_not_a_network_is_refused(hooks: Hooks, wrong: str) -> None:
    ended = hooks.run("preprovision.sh", ALLOWED_NETWORKS=f"203.0.113.0/24, 2001:db8::/32,{wrong}")
    assert ended.code == 1
    assert f"ALLOWED_NETWORKS: '{wrong}' is not a range" in ended.errors


PERSON = "22222222-2222-2222-2222-222222222222"


def test_publishers_are_a_list(hooks: Hooks) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    hooks.answer("account show*user.type*", "servicePrincipal\\n")
    both = f"{PERSON}:User, {PERSON}:ServicePrincipal,{PERSON}:Group"
    assert hooks.run("preprovision.sh", BUNDLE_PUBLISHERS=both).code == 0


@pytest.mark.parametrize("entry", [PERSON, f"{PERSON}:user", "somebody:User", f"{PERSON}:User:x"])
def test_a_publisher_without_id_or_kind_is_refused(hooks: Hooks, entry: str) -> None:
    ended = hooks.run("preprovision.sh", BUNDLE_PUBLISHERS=f"{PERSON}:User,{entry}")
    assert ended.code == 1
    assert f"BUNDLE_PUBLISHERS: '{entry}' is not" in ended.errors


def test_a_pipeline_says_who_publishes(hooks: Hooks) -> None:
    """azd says who is signed in, but not that it is no person."""
    hooks.answer(REGISTERED, "Registered\\n")
    hooks.answer("account show*user.type*", "servicePrincipal\\n")
    ended = hooks.run("preprovision.sh")
    assert ended.code == 1
    assert "azd env set BUNDLE_PUBLISHERS" in ended.errors
    assert hooks.run("preprovision.sh", ASSIGN_ROLES="false").code == 0


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


GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ml"
LOCKS = "providers/Microsoft.Authorization/locks"


@pytest.mark.parametrize(
    ("asked", "lock"),
    [
        (f"lock list*--resource {WORKSPACE} *", f"{WORKSPACE}/{LOCKS}/l"),
        ("lock list*--resource-group rg-ml *", f"{GROUP.upper()}/{LOCKS}/l"),
        ("lock list*", f"/subscriptions/{SUBSCRIPTION}/{LOCKS}/l"),
    ],
)
def test_a_lock_that_reaches_the_endpoints_is_said_with_what_it_prevents(
    hooks: Hooks, asked: str, lock: str
) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    hooks.answer(asked, f"ReadOnly\\tkeep\\t{lock}\\n")
    ended = hooks.run("preprovision.sh")
    assert ended.code == 0, ended.errors
    assert f"  ReadOnly keep ({lock})\n" in ended.out
    assert "CanNotDelete: deployments that are done with cannot be deleted" in ended.out
    assert "ReadOnly: nothing can be written, traffic neither" in ended.out


def test_locks_beside_the_endpoints_are_not_said(hooks: Hooks) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    others = (
        f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st/{LOCKS}/l",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ml-2/{LOCKS}/l",
        f"{WORKSPACE}2/{LOCKS}/l",
    )
    rows = "".join(f"CanNotDelete\\tl\\t{each}\\n" for each in others)
    hooks.answer("lock list*", rows)
    assert "WARNING" not in hooks.run("preprovision.sh").out


def test_locks_that_cannot_be_listed_stop_nothing(hooks: Hooks) -> None:
    hooks.answer(REGISTERED, "Registered\\n")
    hooks.answer("lock list*", "(AuthorizationFailed)", 1)
    ended = hooks.run("preprovision.sh")
    assert ended.code == 0, ended.errors
    assert "cannot be listed" in ended.out

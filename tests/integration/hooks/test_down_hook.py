import json

import pytest

from tests.integration.hooks.conftest import SUBSCRIPTION, WORKSPACE, Ended, Hooks

ROLE = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/guid"


@pytest.fixture
def wired(hooks: Hooks) -> Hooks:
    """Everything that the deployments leave in the workspace's group exists."""
    hooks.answer("deployment group show*rollout-wiring*systemTopicName*", "egst-ws\\n")
    hooks.answer("deployment group show*rollout-wiring*systemTopicGroup*", "rg-ml\\n")
    hooks.answer("deployment group show*rollout-access*.roleName.*", "Rollout controller ws\\n")
    hooks.answer("eventgrid system-topic event-subscription list*.name*", "func-1\\nother\\n")
    hooks.answer("role assignment list*", "/assignment/1\\n")
    hooks.answer("role definition list*", f"{ROLE}\\n")
    return hooks


def topic_of(hooks: Hooks, tag: str, others: int, *identities: str, kind: str = "None") -> None:
    hooks.answer("eventgrid system-topic event-subscription list*length*", f"{others}\\n")
    hooks.answer("eventgrid system-topic show*rollout-app*", f"{tag}\\n")
    listed = ",".join(identities)
    hooks.answer("eventgrid system-topic show*", f"/id/topic\\n{kind}\\n{listed}\\n")


def deletes(ended: Ended) -> list[str]:
    return [call for call in ended.calls if "delete" in call]


def test_everything_of_the_app_in_the_workspaces_group_is_removed(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    subscription, topic, assignment, role = deletes(ended)
    assert "event-subscription delete" in subscription
    assert "--name func-1 " in subscription
    assert "system-topic delete --resource-group rg-ml --name egst-ws" in topic
    assert assignment == "role assignment delete --ids /assignment/1"
    assert f"--url {ROLE}?" in role


def test_nothing_else_is_deleted(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    ended = wired.run("predown.sh", CREATE_FROM_TEMPLATES="true")
    kinds = ("event-subscription delete", "system-topic delete", "role assignment delete", ROLE)
    assert all(any(kind in call for kind in kinds) for call in deletes(ended))
    assert not any(WORKSPACE in call for call in deletes(ended))
    assert not any("group delete" in call for call in ended.calls)


@pytest.mark.parametrize(("tag", "others"), [("func-1", 1), ("None", 0), ("func-2", 0)])
def test_a_topic_that_others_own_or_use_stays(wired: Hooks, tag: str, others: int) -> None:
    topic_of(wired, tag, others)
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    assert not any("system-topic delete" in call for call in ended.calls)
    assert any("event-subscription delete" in call for call in ended.calls)


def test_a_topic_of_another_name_stays_whatever_its_tag(wired: Hooks) -> None:
    wired.answers.insert(0, "deployment group show*systemTopicName*|0|theirs\\n\n")
    topic_of(wired, "func-1", 0)
    assert not any("system-topic delete" in call for call in wired.run("predown.sh").calls)


@pytest.mark.parametrize(
    ("kind", "identities", "wanted"),
    [
        ("UserAssigned", ["/ID/Events"], {"type": "None"}),
        ("SystemAssigned, UserAssigned", ["/id/events"], {"type": "SystemAssigned"}),
        (
            "SystemAssigned, UserAssigned",
            ["/id/others", "/id/events"],
            {
                "type": "SystemAssigned, UserAssigned",
                "userAssignedIdentities": {"/id/events": None},
            },
        ),
    ],
)
def test_our_identity_is_taken_off_a_topic_that_stays(
    wired: Hooks, kind: str, identities: list[str], wanted: dict[str, object]
) -> None:
    topic_of(wired, "func-1", 1, *identities, kind=kind)
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    call = ended.call("rest --method patch")
    assert "--url /id/topic?api-version=" in call
    assert json.loads(call.partition("--body ")[2]) == {"identity": wanted}


def test_a_topic_that_stays_without_our_identity_is_left_alone(wired: Hooks) -> None:
    topic_of(wired, "None", 3, "/id/others", kind="UserAssigned")
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    assert not any("rest --method patch" in call for call in ended.calls)


def test_an_identity_that_cannot_be_taken_off_stops_azd(wired: Hooks) -> None:
    topic_of(wired, "func-1", 1, "/id/events", kind="UserAssigned")
    wired.answer("rest --method patch*", "(LinkedAuthorizationFailed)", 1)
    ended = wired.run("predown.sh")
    assert ended.code == 1
    assert "cannot take the identity /id/events off the system topic egst-ws" in ended.errors


SUBNET = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-production"
    "/providers/Microsoft.Network/virtualNetworks/vnet-1/subnets/app"
)


def private(hooks: Hooks, links: str, **more: str) -> Ended:
    topic_of(hooks, "func-1", 0)
    hooks.answer("network vnet subnet show*", links)
    return hooks.run("predown.sh", PRIVATE_PROFILE="true", SUBNET_WAIT_SECONDS="60", **more)


def test_the_app_leaves_its_network_before_that_is_deleted(wired: Hooks) -> None:
    ended = private(wired, "0\\n")
    assert ended.code == 0, ended.errors
    assert "--resource-group rg-production --name func-1" in ended.call("vnet-integration remove")
    assert f"--ids {SUBNET} " in ended.call("network vnet subnet show")
    assert ended.sleeps == []


def test_the_wait_for_the_subnets_link_is_bounded(wired: Hooks) -> None:
    ended = private(wired, "1\\n")
    assert ended.code == 1
    assert ended.sleeps == ["30", "30"]
    assert "still has a service association link" in ended.out
    assert "Later: azd down" in ended.errors


def test_a_subnet_of_somebody_else_does_not_hold_the_removal_up_for_ever(wired: Hooks) -> None:
    ended = private(wired, "1\\n", EXISTING_APP_SUBNET_ID="/id/subnet")
    assert ended.code == 0, ended.errors
    assert "cannot be used for anything else" in ended.out
    assert any("network vnet subnet show --ids /id/subnet" in call for call in ended.calls)


def test_locks_that_cannot_be_listed_stop_the_removal(wired: Hooks) -> None:
    wired.answer("lock list*", "(AuthorizationFailed)", 1)
    ended = wired.run("predown.sh")
    assert ended.code == 1
    assert deletes(ended) == []


@pytest.mark.parametrize(("answer", "code"), [("(ResourceNotFound)", 0), ("(Forbidden)", 1)])
def test_an_app_that_is_gone_has_left_its_network(wired: Hooks, answer: str, code: int) -> None:
    wired.answer("functionapp vnet-integration remove*", answer, 3)
    wired.answer("network vnet subnet show*", answer, 3)
    assert private(wired, "0\\n").code == code


def test_the_public_profile_has_no_network(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    assert not any("vnet" in call for call in wired.run("predown.sh").calls)


def test_a_lock_on_the_apps_group_stops_the_removal_before_it_begins(wired: Hooks) -> None:
    wired.answer("lock list*--resource-group rg-production *", "CanNotDelete\\tl\\t/id/lock\\n")
    ended = wired.run("predown.sh")
    assert ended.code == 1
    assert "  az lock delete --ids /id/lock\n" in ended.out
    assert deletes(ended) == []


def test_only_the_controllers_assignments_are_listed(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    call = wired.run("predown.sh").call("role assignment list")
    assert "--all " in call
    assert f"principalId=='{wired.variables['CONTROLLER_PRINCIPAL_ID']}'" in call
    assert "!contains(scope, '/resourceGroups/rg-production/')" in call


def test_the_hook_may_be_run_again(hooks: Hooks) -> None:
    hooks.answer("deployment group show*", "(DeploymentNotFound)", 3)
    hooks.answer("lock list*", "(ResourceGroupNotFound) could not be found", 3)
    ended = hooks.run("predown.sh")
    assert ended.code == 0, ended.errors
    assert deletes(ended) == []


def test_an_environment_that_was_never_provisioned_has_nothing_to_remove(hooks: Hooks) -> None:
    hooks.variables.pop("CONTROLLER_PRINCIPAL_ID")
    ended = hooks.run("predown.sh")
    assert ended.code == 0
    assert [call for call in ended.calls if "account show" not in call] == []


def test_rights_that_a_platform_team_gave_are_left_to_it(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    ended = wired.run("predown.sh", ASSIGN_ROLES="false")
    assert ended.code == 0, ended.errors
    assert "az role assignment delete --ids /assignment/1" in ended.out
    assert "az role definition delete" in ended.out
    assert not any(call.startswith("role") and "delete" in call for call in ended.calls)


def test_a_failure_stops_azd_before_it_deletes_anything(wired: Hooks) -> None:
    wired.answers.insert(0, "role assignment delete*|1|(AuthorizationFailed)\n")
    topic_of(wired, "func-1", 0)
    ended = wired.run("predown.sh")
    assert ended.code != 0


def test_rights_on_logs_in_another_subscription_are_removed_too(wired: Hooks) -> None:
    logs = "/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces"
    here, elsewhere = f"/subscriptions/{SUBSCRIPTION}{logs}/a", f"/subscriptions/s{logs}/b"
    topic_of(wired, "func-1", 0)
    ended = wired.run("predown.sh", TRAFFIC_LOG_WORKSPACE_IDS=f"{here},{elsewhere}")
    assert ended.code == 0, ended.errors
    assert f"--scope {elsewhere} " in ended.call("role assignment list --scope")


def test_the_role_on_endpoints_is_removed_too(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    wired.answer("deployment group show*rollout-access*.endpointRoleName.*", "R on endpoints\\n")
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    assert "Deleted the custom role 'R on endpoints'." in ended.out
    assert sum("rest --method delete" in call for call in ended.calls) == 2


def test_rights_in_another_subscription_that_the_hook_found_are_removed_too(wired: Hooks) -> None:
    topic_of(wired, "func-1", 0)
    found = f"/subscriptions/{SUBSCRIPTION}/id/here,/subscriptions/s/id/there"
    wired.answer("deployment group show*endpointIdentityIds*", f"{found}\\n")
    ended = wired.run("predown.sh", REGISTRY_IDS="/subscriptions/s/id/registry")
    assert ended.code == 0, ended.errors
    scopes = [call for call in ended.calls if "role assignment list --scope" in call]
    assert [call.split()[4] for call in scopes] == [
        "/subscriptions/s/id/registry",
        "/subscriptions/s/id/there",
    ]


@pytest.mark.parametrize(
    ("answer", "code"), [("(ResourceNotFound) gone", 0), ("(AuthorizationFailed) no right", 1)]
)
def test_only_a_deleted_topic_is_skipped(wired: Hooks, answer: str, code: int) -> None:
    wired.answers.insert(0, f"eventgrid system-topic event-subscription list*|3|{answer}\n")
    ended = wired.run("predown.sh")
    assert ended.code == code
    assert any("role assignment delete" in call for call in ended.calls) is (code == 0)

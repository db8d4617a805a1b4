import pytest

from tests.integration.hooks.conftest import SUBSCRIPTION, WORKSPACE, Ended, Hooks

ROLE = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/guid"


@pytest.fixture
def wired(hooks: Hooks) -> Hooks:
    """Everything that the deployments leave in the workspace's group exists."""
    hooks.answer("deployment group show*rollout-wiring*systemTopicName*", "egst-ws\\n")
    hooks.answer("deployment group show*rollout-wiring*systemTopicGroup*", "rg-ml\\n")
    hooks.answer("deployment group show*rollout-access*roleName*", "Rollout controller ws\\n")
    hooks.answer("eventgrid system-topic event-subscription list*.name*", "func-1\\nother\\n")
    hooks.answer("role assignment list*", "/assignment/1\\n")
    hooks.answer("role definition list*", f"{ROLE}\\n")
    return hooks


def topic_of(hooks: Hooks, environment: str, others: int) -> None:
    hooks.answer("eventgrid system-topic event-subscription list*length*", f"{others}\\n")
    hooks.answer("eventgrid system-topic show*", f"{environment}\\n")


def deletes(ended: Ended) -> list[str]:
    return [call for call in ended.calls if "delete" in call]


def test_everything_of_the_app_in_the_workspaces_group_is_removed(wired: Hooks) -> None:
    topic_of(wired, "production", 0)
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    subscription, topic, assignment, role = deletes(ended)
    assert "event-subscription delete" in subscription
    assert "--name func-1 " in subscription
    assert "system-topic delete --resource-group rg-ml --name egst-ws" in topic
    assert assignment == "role assignment delete --ids /assignment/1"
    assert f"--url {ROLE}?" in role


def test_nothing_else_is_deleted(wired: Hooks) -> None:
    topic_of(wired, "production", 0)
    ended = wired.run("predown.sh", CREATE_FROM_TEMPLATES="true")
    kinds = ("event-subscription delete", "system-topic delete", "role assignment delete", ROLE)
    assert all(any(kind in call for kind in kinds) for call in deletes(ended))
    assert not any(WORKSPACE in call for call in deletes(ended))
    assert not any("group delete" in call for call in ended.calls)


@pytest.mark.parametrize(("environment", "others"), [("production", 1), ("None", 0), ("dev", 0)])
def test_a_topic_that_others_own_or_use_stays(wired: Hooks, environment: str, others: int) -> None:
    topic_of(wired, environment, others)
    ended = wired.run("predown.sh")
    assert ended.code == 0, ended.errors
    assert not any("system-topic delete" in call for call in ended.calls)
    assert any("event-subscription delete" in call for call in ended.calls)


def test_only_the_controllers_assignments_are_listed(wired: Hooks) -> None:
    topic_of(wired, "production", 0)
    call = wired.run("predown.sh").call("role assignment list")
    assert "--all " in call
    assert f"principalId=='{wired.variables['CONTROLLER_PRINCIPAL_ID']}'" in call
    assert "!contains(scope, '/resourceGroups/rg-production/')" in call


def test_the_hook_may_be_run_again(hooks: Hooks) -> None:
    hooks.answer("deployment group show*", "(DeploymentNotFound)", 3)
    ended = hooks.run("predown.sh")
    assert ended.code == 0, ended.errors
    assert deletes(ended) == []


def test_an_environment_that_was_never_provisioned_has_nothing_to_remove(hooks: Hooks) -> None:
    hooks.variables.pop("CONTROLLER_PRINCIPAL_ID")
    ended = hooks.run("predown.sh")
    assert ended.code == 0
    assert [call for call in ended.calls if "account show" not in call] == []


def test_rights_that_a_platform_team_gave_are_left_to_it(wired: Hooks) -> None:
    topic_of(wired, "production", 0)
    ended = wired.run("predown.sh", ASSIGN_ROLES="false")
    assert ended.code == 0, ended.errors
    assert "az role assignment delete --ids /assignment/1" in ended.out
    assert "az role definition delete" in ended.out
    assert not any(call.startswith("role") and "delete" in call for call in ended.calls)


def test_a_failure_stops_azd_before_it_deletes_anything(wired: Hooks) -> None:
    wired.answers.insert(0, "role assignment delete*|1|(AuthorizationFailed)\n")
    topic_of(wired, "production", 0)
    ended = wired.run("predown.sh")
    assert ended.code != 0


def test_rights_on_logs_in_another_subscription_are_removed_too(wired: Hooks) -> None:
    logs = "/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces"
    here, elsewhere = f"/subscriptions/{SUBSCRIPTION}{logs}/a", f"/subscriptions/s{logs}/b"
    topic_of(wired, "production", 0)
    ended = wired.run("predown.sh", TRAFFIC_LOG_WORKSPACE_IDS=f"{here},{elsewhere}")
    assert ended.code == 0, ended.errors
    assert f"--scope {elsewhere} " in ended.call("role assignment list --scope")


@pytest.mark.parametrize(
    ("answer", "code"), [("(ResourceNotFound) gone", 0), ("(AuthorizationFailed) no right", 1)]
)
def test_only_a_deleted_topic_is_skipped(wired: Hooks, answer: str, code: int) -> None:
    wired.answers.insert(0, f"eventgrid system-topic event-subscription list*|3|{answer}\n")
    ended = wired.run("predown.sh")
    assert ended.code == code
    assert any("role assignment delete" in call for call in ended.calls) is (code == 0)

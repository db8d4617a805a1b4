import json
import re
import shlex
from typing import Any

import pytest

from tests.integration.hooks.conftest import HOOKS, WORKSPACE, Ended, Hooks
from tests.support.paths import PROJECT

GONE = "(ResourceNotFound) The Resource was not found."
KEYS = "rest --method post*functions/alert/listkeys*"
DEPLOY = "deployment group create*rollout-wiring*"
PARAMETER = re.compile(r"^param (\w+) [\w\[\]?]+( =)?", re.MULTILINE)


@pytest.fixture
def ready(hooks: Hooks) -> Hooks:
    """The functions exist and their key can be read."""
    hooks.answer(KEYS, "43\\n")
    return hooks


def parameters(ended: Ended) -> dict[str, str]:
    call = ended.call("--name rollout-wiring-func-1 --template-file")
    given = call.partition("--parameters ")[2].partition(" --subscription")[0]
    pairs = re.split(r" (?=\w+=)", given)
    return dict(pair.split("=", 1) for pair in pairs)


def json_of(ended: Ended, name: str) -> Any:
    return json.loads(parameters(ended)[name])


def test_endpoints_that_exist_get_alerts_and_the_others_are_listed(ready: Hooks) -> None:
    ready.answer("resource show*onlineEndpoints/unborn *", GONE, 3)
    ended = ready.run("wire.sh", ALERTED_ENDPOINTS="fraud=800, unborn=300,churn")
    assert ended.code == 0, ended.errors
    assert json_of(ended, "alertedEndpoints") == [
        {"name": "fraud", "latencyP95Milliseconds": 800},
        {"name": "churn", "latencyP95Milliseconds": 1000},
    ]
    assert json_of(ended, "skippedEndpoints") == ["unborn"]
    assert "do not exist yet: unborn. Once they do: make wire" in ended.out


def test_an_endpoint_that_cannot_be_looked_up_stops_the_pass(ready: Hooks) -> None:
    ready.answer("resource show*onlineEndpoints/fraud *", "(AuthorizationFailed) no right", 1)
    ended = ready.run("wire.sh", ALERTED_ENDPOINTS="fraud=800")
    assert ended.code == 1
    assert "AuthorizationFailed" in ended.errors
    assert not any("rollout-wiring" in call for call in ended.calls)


@pytest.mark.parametrize("limit", ["fast", "1s", "-1"])
def test_a_limit_that_is_not_a_number_is_refused(ready: Hooks, limit: str) -> None:
    ended = ready.run("wire.sh", ALERTED_ENDPOINTS=f"fraud={limit}")
    assert ended.code == 1
    assert f"'fraud={limit}' is not name=milliseconds" in ended.errors


def test_the_wait_for_the_functions_is_bounded_and_says_what_to_do(hooks: Hooks) -> None:
    hooks.answer("resource show*functions/modelRegistered*", GONE, 3)
    ended = hooks.run("wire.sh", WIRE_WAIT_SECONDS="30")
    assert ended.code == 1
    assert ended.sleeps == ["10", "10", "10"]
    assert "az functionapp function list" in ended.out
    assert "make wire" in ended.errors
    assert not any("rollout-wiring" in call for call in ended.calls)


@pytest.mark.parametrize("answer", ["", "0\\n", "None\\n"])
def test_functions_without_a_key_are_waited_for(hooks: Hooks, answer: str) -> None:
    hooks.answer(KEYS, answer)
    ended = hooks.run("wire.sh", WIRE_WAIT_SECONDS="10")
    assert ended.code == 1
    assert ended.sleeps == ["10"]


def test_the_key_itself_is_never_asked_for(ready: Hooks) -> None:
    ended = ready.run("wire.sh")
    assert "--query length(default)" in ended.call("listkeys")


def test_the_private_profile_waits_for_no_function(hooks: Hooks) -> None:
    hooks.answer("resource show*functions/modelRegistered*", GONE, 3)
    ended = hooks.run("wire.sh", PRIVATE_PROFILE="true")
    assert ended.code == 0, ended.errors
    assert parameters(ended)["privateProfile"] == "true"
    assert "the gate alone rolls back" in ended.out


def test_a_deployment_that_fails_is_tried_a_bounded_number_of_times(ready: Hooks) -> None:
    ready.answer(DEPLOY, "(AuthorizationFailed) not yet", 1)
    ended = ready.run("wire.sh", WIRE_ATTEMPTS="3")
    assert ended.code == 1
    assert sum("--name rollout-wiring-func-1 --template-file" in call for call in ended.calls) == 3
    assert ended.sleeps == ["60", "60"]
    assert "make wire" in ended.errors


def topic(hooks: Hooks, *, environment: str, principal: str, kind: str) -> None:
    row = [WORKSPACE.lower(), "theirs", "rg-topics", environment, principal, kind, "/id/topic"]
    other = ["/other/source", "other", "rg-x", "None", "None", "None", "/id/other"]
    hooks.answer(
        "eventgrid system-topic list*",
        "\\n".join("\\t".join(each) for each in (other, row)) + "\\n",
    )


def test_an_existing_system_topic_is_used(ready: Hooks) -> None:
    topic(ready, environment="None", principal="77", kind="SystemAssigned")
    given = parameters(ready.run("wire.sh"))
    assert given["existingSystemTopicName"] == "theirs"
    assert given["existingSystemTopicGroup"] == "rg-topics"


def test_a_system_topic_of_this_environment_is_deployed_over(ready: Hooks) -> None:
    topic(ready, environment="production", principal="77", kind="SystemAssigned, UserAssigned")
    assert parameters(ready.run("wire.sh"))["existingSystemTopicName"] == ""


def test_topics_that_cannot_be_listed_stop_the_pass(ready: Hooks) -> None:
    ready.answer("eventgrid system-topic list*", "(AuthorizationFailed) no right", 1)
    ended = ready.run("wire.sh")
    assert ended.code == 1
    assert "cannot list the system topics" in ended.errors
    assert not any("rollout-wiring" in call for call in ended.calls)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("None", "SystemAssigned"), ("UserAssigned", "SystemAssigned, UserAssigned")],
)
def test_a_system_topic_without_an_identity_of_its_own_is_reported(
    ready: Hooks, kind: str, wanted: str
) -> None:
    topic(ready, environment="None", principal="None", kind=kind)
    ended = ready.run("wire.sh")
    assert ended.code == 1
    assert f"az resource update --ids /id/topic --set identity.type='{wanted}'" in ended.out


def test_tag_filters_and_addresses_become_json(ready: Hooks) -> None:
    ended = ready.run(
        "wire.sh",
        MODEL_TAG_FILTERS='stage=production|staging,team="fraud\\ops"',
        ATTENTION_EMAILS="a@example.com, b@example.com",
        ATTENTION_ACTION_GROUP_IDS="*",
    )
    assert ended.code == 0, ended.errors
    assert json_of(ended, "modelTagFilters") == [
        {"key": "stage", "values": ["production", "staging"]},
        {"key": "team", "values": ['"fraud\\ops"']},
    ]
    assert json_of(ended, "attentionEmails") == ["a@example.com", "b@example.com"]
    assert json_of(ended, "attentionActionGroupIds") == ["*"]
    assert parameters(ended)["noticeAlert"] == "true"
    assert "No operator is notified" not in ended.out


def test_notices_can_be_switched_off(ready: Hooks) -> None:
    assert parameters(ready.run("wire.sh", NOTICE_ALERT="false"))["noticeAlert"] == "false"


def test_missing_addresses_and_endpoints_are_pointed_out(ready: Hooks) -> None:
    ended = ready.run("wire.sh")
    assert json_of(ended, "attentionEmails") == []
    assert "No operator is notified" in ended.out
    assert "No endpoint has alerts" in ended.out


@pytest.mark.parametrize("text", ["stage", "=x", "a.b=c"])
def test_a_tag_filter_that_event_grid_cannot_apply_is_refused(ready: Hooks, text: str) -> None:
    ended = ready.run("wire.sh", MODEL_TAG_FILTERS=text)
    assert ended.code == 1
    assert "MODEL_TAG_FILTERS" in ended.errors


def test_further_tags_are_given(ready: Hooks) -> None:
    ended = ready.run("wire.sh", EXTRA_TAGS="cost-center=4711,owner=ml platform")
    assert parameters(ended)["extraTags"] == '{"cost-center":"4711","owner":"ml platform"}'
    assert parameters(ready.run("wire.sh"))["extraTags"] == "{}"


@pytest.mark.parametrize("text", ["owner", "=x"])
def test_a_tag_without_a_value_is_refused(ready: Hooks, text: str) -> None:
    ended = ready.run("wire.sh", EXTRA_TAGS=text)
    assert ended.code == 1
    assert "EXTRA_TAGS" in ended.errors


def test_commands_for_a_platform_team_are_printed(ready: Hooks) -> None:
    ready.answer("deployment group show*rollout-wiring*commands*", "az role assignment create X\\n")
    ended = ready.run("wire.sh", ASSIGN_ROLES="false")
    assert ended.code == 0, ended.errors
    assert parameters(ended)["assignRoles"] == "false"
    assert "az role assignment create X" in ended.out


def test_a_variable_that_is_missing_is_named(hooks: Hooks) -> None:
    hooks.variables.pop("FUNCTION_APP_NAME")
    ended = hooks.run("wire.sh")
    assert ended.code == 1
    assert "FUNCTION_APP_NAME is not set" in ended.errors


def test_a_missing_bundle_is_pointed_out(ready: Hooks) -> None:
    url = "https://st1.blob.core.windows.net/services/services.zip"
    ready.answer("storage blob show*", "not there", 3)
    ended = ready.run("wire.sh", SERVICES_BUNDLE_URL=url)
    assert ended.code == 0
    assert f"No services bundle was found at {url}" in ended.out


@pytest.mark.parametrize(
    ("hook", "template"), [("wire.sh", "wiring.bicep"), ("postprovision.sh", "access.bicep")]
)
def test_a_hook_gives_exactly_the_parameters_the_template_has(hook: str, template: str) -> None:
    text = (HOOKS / hook).read_text()
    block = text.partition("--parameters ")[2].partition("\n}" if hook == "wire.sh" else "\n\n")[0]
    given = {word.split("=", 1)[0] for word in shlex.split(block.replace("\\\n", " "))}
    declared = PARAMETER.findall((PROJECT / "infra" / template).read_text())
    assert {name for name, _ in declared} == given

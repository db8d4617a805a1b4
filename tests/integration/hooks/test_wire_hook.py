import pytest

from tests.integration.hooks.conftest import WORKSPACE, Ended, Hooks

GONE = "(ResourceNotFound) The Resource was not found."
KEYS = "rest --method post*functions/alert/listkeys*"
DEPLOY = "deployment group create*rollout-wiring*"
HEALTH = "rest --method get*/api/health*"


@pytest.fixture
def ready(hooks: Hooks) -> Hooks:
    """The functions exist, their key can be read, and the timer runs."""
    hooks.answer(KEYS, "43\\n")
    hooks.answer("resource show*defaultHostName*", "func-1.azurewebsites.net\\n")
    hooks.answer(HEALTH, "0\\n")
    return hooks


def deployments(ended: Ended) -> int:
    return sum("/../wiring.bicepparam " in call for call in ended.calls)


def test_endpoints_that_exist_get_alerts_and_the_others_are_listed(ready: Hooks) -> None:
    ready.answer("resource show*onlineEndpoints/unborn *", GONE, 3)
    ended = ready.run("wire.sh", ALERTED_ENDPOINTS="fraud=800, unborn=300,churn")
    assert ended.code == 0, ended.errors
    assert ended.settings["ALERTED_ENDPOINTS"] == "fraud=800,churn"
    assert ended.settings["SKIPPED_ENDPOINTS"] == "unborn"
    assert "do not exist yet: unborn. Once they do: make wire" in ended.out


def test_an_endpoint_that_cannot_be_looked_up_stops_the_pass(ready: Hooks) -> None:
    ready.answer("resource show*onlineEndpoints/fraud *", "(AuthorizationFailed) no right", 1)
    ended = ready.run("wire.sh", ALERTED_ENDPOINTS="fraud=800")
    assert ended.code == 1
    assert "AuthorizationFailed" in ended.errors
    assert deployments(ended) == 0


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
    assert deployments(ended) == 0


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
    assert deployments(ended) == 1
    assert "the gate alone rolls back" in ended.out


def test_a_deployment_that_fails_is_tried_a_bounded_number_of_times(ready: Hooks) -> None:
    ready.answer(DEPLOY, "(AuthorizationFailed) not yet", 1)
    ended = ready.run("wire.sh", WIRE_ATTEMPTS="3")
    assert ended.code == 1
    assert deployments(ended) == 3
    assert ended.sleeps == ["60", "60"]
    assert "make wire" in ended.errors


def topic(hooks: Hooks, *, name: str, tag: str, principal: str, kind: str) -> None:
    row = [WORKSPACE.lower(), name, "rg-topics", tag, principal, kind, "/id/topic"]
    other = ["/other/source", "other", "rg-x", "None", "None", "None", "/id/other"]
    hooks.answer(
        "eventgrid system-topic list*",
        "\\n".join("\\t".join(each) for each in (other, row)) + "\\n",
    )


@pytest.mark.parametrize(
    ("name", "tag"),
    [("theirs", "None"), ("egst-ws", "None"), ("egst-ws", "func-2"), ("x", "func-1")],
)
def test_a_system_topic_that_this_app_did_not_make_is_used(
    ready: Hooks, name: str, tag: str
) -> None:
    topic(ready, name=name, tag=tag, principal="77", kind="SystemAssigned")
    ended = ready.run("wire.sh", EXISTING_SYSTEM_TOPIC_NAME="stale")
    assert ended.settings["EXISTING_SYSTEM_TOPIC_NAME"] == name
    assert ended.settings["EXISTING_SYSTEM_TOPIC_GROUP"] == "rg-topics"


def test_a_system_topic_of_this_app_is_deployed_over(ready: Hooks) -> None:
    ready.variables["AZUREML_WORKSPACE_NAME"] = "ws_1"
    row = [f"{WORKSPACE}_1", "egst-ws-1", "rg-ml", "func-1", "77", "SystemAssigned", "/id/topic"]
    ready.answer("eventgrid system-topic list*", "\\t".join(row) + "\\n")
    assert ready.run("wire.sh").settings["EXISTING_SYSTEM_TOPIC_NAME"] == ""


def test_topics_that_cannot_be_listed_stop_the_pass(ready: Hooks) -> None:
    ready.answer("eventgrid system-topic list*", "(AuthorizationFailed) no right", 1)
    ended = ready.run("wire.sh")
    assert ended.code == 1
    assert "cannot list the system topics" in ended.errors
    assert deployments(ended) == 0


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("None", "SystemAssigned"), ("UserAssigned", "SystemAssigned, UserAssigned")],
)
def test_a_system_topic_without_an_identity_of_its_own_is_reported(
    ready: Hooks, kind: str, wanted: str
) -> None:
    topic(ready, name="theirs", tag="None", principal="None", kind=kind)
    ended = ready.run("wire.sh")
    assert ended.code == 1
    assert f"az resource update --ids /id/topic --set identity.type='{wanted}'" in ended.out


def test_other_settings_are_left_to_bicep_as_they_are(ready: Hooks) -> None:
    given = {
        "MODEL_TAG_FILTERS": 'stage=production|staging,team="fraud\\ops"',
        "ATTENTION_EMAILS": "a@example.com, b@example.com",
        "ATTENTION_ACTION_GROUP_IDS": "*",
        "EXTRA_TAGS": "cost-center=4711,owner=ml platform",
        "NOTICE_ALERT": "false",
    }
    ended = ready.run("wire.sh", **given)
    assert ended.code == 0, ended.errors
    assert {name: ended.settings[name] for name in given} == given
    assert "No operator is notified" not in ended.out


def test_missing_addresses_and_endpoints_are_pointed_out(ready: Hooks) -> None:
    ended = ready.run("wire.sh")
    assert ended.settings["ALERTED_ENDPOINTS"] == ""
    assert "No operator is notified" in ended.out
    assert "No endpoint has alerts" in ended.out


@pytest.mark.parametrize("text", ["stage", "=x", "a.b=c"])
def test_a_tag_filter_that_event_grid_cannot_apply_is_refused(ready: Hooks, text: str) -> None:
    ended = ready.run("wire.sh", MODEL_TAG_FILTERS=text)
    assert ended.code == 1
    assert "MODEL_TAG_FILTERS" in ended.errors


@pytest.mark.parametrize("text", ["owner", "=x"])
def test_a_tag_without_a_value_is_refused(ready: Hooks, text: str) -> None:
    ended = ready.run("wire.sh", EXTRA_TAGS=text)
    assert ended.code == 1
    assert "EXTRA_TAGS" in ended.errors


def test_commands_for_a_platform_team_are_printed(ready: Hooks) -> None:
    ready.answer("deployment group show*rollout-wiring*commands*", "az role assignment create X\\n")
    ended = ready.run("wire.sh", ASSIGN_ROLES="false")
    assert ended.code == 0, ended.errors
    assert ended.settings["ASSIGN_ROLES"] == "false"
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


def test_a_tick_after_the_deployment_is_waited_for_and_said(ready: Hooks) -> None:
    ended = ready.run("wire.sh")
    assert ended.code == 0, ended.errors
    assert "The timer runs: the last tick was 0 s ago." in ended.out
    assert ended.sleeps == []
    assert "--skip-authorization-header" in ended.call("/api/health")
    assert "https://func-1.azurewebsites.net/api/health " in ended.call("/api/health")


@pytest.mark.parametrize("age", ["119", "120", "None", ""])
def test_no_tick_is_said_and_fails_nothing(ready: Hooks, age: str) -> None:
    ready.answers.insert(0, f"{HEALTH}|0|{age}\\n\n")
    ended = ready.run("wire.sh", TICK_WAIT_SECONDS="30")
    assert ended.code == 0, ended.errors
    assert ended.sleeps == ["10", "10", "10"]
    assert "no tick of the timer was seen in 30 s" in ended.out


def test_a_tick_of_before_the_deployment_does_not_count(ready: Hooks) -> None:
    ready.answers.insert(0, f"{HEALTH}|0|25\\n\n")
    ended = ready.run("wire.sh", TICK_WAIT_SECONDS="300")
    assert ended.sleeps == ["10", "10", "10"], "25 s ago is after the start 30 s ago only"
    assert "The timer runs" in ended.out


def test_an_app_that_does_not_answer_fails_nothing(ready: Hooks) -> None:
    ready.answers.insert(0, f"{HEALTH}|1|503\n")
    ended = ready.run("wire.sh", TICK_WAIT_SECONDS="10")
    assert ended.code == 0, ended.errors
    assert "no tick of the timer was seen in 10 s" in ended.out


def test_a_private_app_cannot_be_asked_for_its_tick(ready: Hooks) -> None:
    ended = ready.run("wire.sh", PRIVATE_PROFILE="true")
    assert "whether the timer runs cannot be seen from here" in ended.out
    assert not any("/api/health" in call for call in ended.calls)


def test_a_lock_is_said_before_the_wiring(ready: Hooks) -> None:
    lock = f"{WORKSPACE}/providers/Microsoft.Authorization/locks/l"
    ready.answer("lock list*", f"CanNotDelete\\tkeep\\t{lock}\\n")
    assert f"  CanNotDelete keep ({lock})\n" in ready.run("wire.sh").out

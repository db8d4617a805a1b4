from typing import Any

import pytest

from localazure.functions_host.app_model import App, HttpTrigger, QueueTrigger, TimerTrigger
from localazure.functions_host.app_settings import AppSettings
from localazure.functions_host.host_json import HostJson
from localazure.functions_host.keys import AuthLevel
from localazure.functions_host.load_checks import check_app
from localazure.functions_host.worker import IndexedFunction

SETTINGS = AppSettings({"SCHEDULE": "0 * * * * *", "AzureWebJobsStorage": "UseIt=1"})
HTTP_OUT = {"type": "http", "direction": "OUT", "name": "$return"}


def http(**binding: Any) -> dict[str, Any]:
    return {"type": "httpTrigger", "direction": "IN", "name": "req", **binding}


def timer(**binding: Any) -> dict[str, Any]:
    timer = {"type": "timerTrigger", "direction": "IN", "name": "timer", "schedule": "%SCHEDULE%"}
    return {**timer, **binding}


def queue(**binding: Any) -> dict[str, Any]:
    trigger = {"type": "queueTrigger", "direction": "IN", "name": "message", "queueName": "work"}
    return {**trigger, "connection": "AzureWebJobsStorage", **binding}


def indexed(name: str, *bindings: dict[str, Any], retries: bool = False) -> IndexedFunction:
    return IndexedFunction(name, f"id-{name}", bindings, has_retry_policy=retries)


def check(*functions: IndexedFunction, host_json: HostJson | None = None) -> App:
    return check_app(functions, host_json or HostJson(), SETTINGS)


def test_functions_are_in_alphabetical_order_ignoring_case() -> None:
    app = check(indexed("zeta", timer()), indexed("Alpha", timer()), indexed("beta", timer()))
    assert [function.name for function in app.functions] == ["Alpha", "beta", "zeta"]


def test_a_trigger_is_found_among_the_bindings_and_resolved() -> None:
    app = check(
        indexed("alert", HTTP_OUT, http(route="alerts", methods=["POST"], authLevel="ANONYMOUS")),
        indexed("tick", timer(runOnStartup=True)),
        indexed("work", queue()),
    )
    alert, tick, work = app.functions
    assert isinstance(alert.trigger, HttpTrigger)
    assert alert.trigger.template.text == "api/alerts"
    assert alert.trigger.level is AuthLevel.ANONYMOUS
    assert isinstance(tick.trigger, TimerTrigger)
    assert tick.trigger.run_on_startup
    assert work.trigger == QueueTrigger("work", "AzureWebJobsStorage")


def test_a_route_defaults_to_the_function_name_and_the_level_to_function() -> None:
    trigger = check(indexed("Health", http(), HTTP_OUT)).functions[0].trigger
    assert isinstance(trigger, HttpTrigger)
    assert trigger.template.text == "api/health"
    assert trigger.level is AuthLevel.FUNCTION
    assert trigger.serves("PATCH")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (indexed("bad", timer(name="under_score")), "binding name"),
        (indexed("bad", timer(name="x"), {**HTTP_OUT, "name": "X"}), "ignoring case"),
        (indexed("1bad", timer()), "not a function name"),
        (indexed("host", timer()), "not a function name"),
        (indexed("bad", http(route="administer"), HTTP_OUT), "starts with 'admin'"),
        (indexed("bad", http(route="/Runtime/x"), HTTP_OUT), "starts with 'runtime'"),
        (indexed("bad", http(route="{a}{b}"), HTTP_OUT), "not served"),
        (indexed("bad", timer(schedule="%MISSING%")), "set the app setting MISSING"),
        (indexed("bad", timer(schedule="* * * * *")), "six"),
        (indexed("bad", queue(queueName="Not_A_Queue")), "not a queue name"),
        (indexed("bad", queue(connection="Elsewhere")), "no storage connection 'Elsewhere'"),
        (indexed("bad", HTTP_OUT), "0 triggers"),
        (indexed("bad", timer(), queue()), "2 triggers"),
        (indexed("bad", {**timer(), "type": "kafkaTrigger"}), "kafkaTrigger"),
        (indexed("bad", timer(), {"type": "table", "direction": "OUT", "name": "t"}), "table"),
    ],
)
def test_a_function_the_host_refuses_is_dropped_and_the_others_stay(
    function: IndexedFunction, reason: str
) -> None:
    app = check(function, indexed("good", timer()))
    assert [item.name for item in app.functions] == ["good"]
    assert len(app.errors) == 1
    assert reason in app.errors[0]


def test_the_same_route_and_method_twice_drops_the_later_function() -> None:
    app = check(
        indexed("second", http(route="x", methods=["GET", "POST"]), HTTP_OUT),
        indexed("first", http(route="X/", methods=["POST"]), HTTP_OUT),
        indexed("third", http(route="x", methods=["PUT"]), HTTP_OUT),
    )
    assert [item.name for item in app.functions] == ["first", "third"]
    assert "belongs to first" in app.errors[0]


def test_a_route_hidden_by_an_earlier_name_is_warned_about() -> None:
    app = check(
        indexed("getItem", http(route="items/{id}"), HTTP_OUT),
        indexed("listRecent", http(route="items/recent"), HTTP_OUT),
    )
    assert len(app.functions) == 2
    assert "getItem" in app.warnings[0]


def test_host_json_can_name_the_functions_to_load() -> None:
    app = check(
        indexed("one", timer()),
        indexed("two", timer()),
        host_json=HostJson(functions=frozenset({"two"})),
    )
    assert [item.name for item in app.functions] == ["two"]


def test_a_retry_policy_is_warned_about_because_it_has_no_effect_here() -> None:
    assert "retry policy" in check(indexed("tick", timer(), retries=True)).warnings[0]


def test_a_switched_off_function_is_loaded_as_disabled() -> None:
    settings = AppSettings({**SETTINGS.values, "AzureWebJobs.tick.Disabled": "True"})
    app = check_app([indexed("tick", timer())], HostJson(), settings)
    assert app.functions[0].disabled

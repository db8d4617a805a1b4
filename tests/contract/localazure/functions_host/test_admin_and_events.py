import json
from typing import Any

import pytest

from tests.support.contract.sample_host import Answer, SampleHost, eventually

DROPPED = ["misnamed", "refused", "unresolved"]


def event(identity: str, **data: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "topic": "/subscriptions/s",
        "subject": "models/m:1",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": "2026-11-23T10:00:00Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": data,
    }


def deliver(
    host: SampleHost, body: Any, kind: str = "Notification", function: str = "arrived"
) -> Answer:
    url = host.process.ready["eventGridUrl"].format(name=function)
    path = url.removeprefix(host.process.ready["url"])
    return host.call("POST", path, headers={"aeg-event-type": kind}, data=json.dumps(body))


def test_functions_the_host_refuses_are_named_and_the_rest_run(host: SampleHost) -> None:
    ready = host.process.ready
    assert ready["functions"] == sorted(ready["functions"], key=str.lower)
    assert not set(DROPPED) & set(ready["functions"])
    assert len(ready["errors"]) == len(DROPPED)
    assert "recent_items" in ready["warnings"][0]


def test_the_admin_api_requires_the_master_key_except_for_the_ping(host: SampleHost) -> None:
    assert host.call("GET", "/admin/host/ping").status == 200
    assert host.call("GET", "/admin/host/status", "functionKey").status == 401
    status = host.call("GET", "/admin/host/status", "masterKey").json
    assert status["state"] == "Running"
    assert len(status["errors"]) == len(DROPPED)


def test_the_admin_api_lists_the_functions(host: SampleHost) -> None:
    listed = host.call("GET", "/admin/functions", "masterKey").json
    assert [item["name"] for item in listed] == host.process.ready["functions"]
    one = host.call("GET", "/admin/functions/ECHO", "masterKey").json
    assert one["invoke_url_template"] == "/api/echo/{name}/{number:int?}"
    assert host.call("GET", "/admin/functions/tick/status", "masterKey").json == {}
    assert host.call("GET", "/admin/functions/nobody", "masterKey").status == 404
    assert host.call("GET", "/admin/elsewhere", "masterKey").status == 404


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("nobody", '{"input": ""}', 404),
        ("drain", "null", 400),
        ("drain", "{", 400),
        ("arrived", '{"input": "not json"}', 400),
    ],
)
def test_an_impossible_run_by_hand_is_refused(
    host: SampleHost, name: str, body: str, status: int
) -> None:
    assert host.call("POST", f"/admin/functions/{name}", "masterKey", data=body).status == status


@pytest.mark.parametrize(
    ("name", "text", "trigger"),
    [
        ("tick", "", "timer"),
        ("drain", "by hand", "queue"),
        ("arrived", json.dumps(event("by hand")), "eventGrid"),
    ],
)
def test_a_function_of_each_trigger_can_be_run_by_hand(
    host: SampleHost, name: str, text: str, trigger: str
) -> None:
    before = len(host.notes(trigger))
    body = json.dumps({"input": text})
    assert host.call("POST", f"/admin/functions/{name}", "masterKey", data=body).status == 202
    eventually(lambda: len(host.notes(trigger)) > before)


def test_events_of_a_batch_are_delivered_one_by_one(host: SampleHost) -> None:
    answer = deliver(host, [event("first", modelName="m"), event("second")])
    assert (answer.status, answer.body) == (202, b"")
    seen = {note["id"]: note["data"] for note in host.notes("eventGrid")}
    assert seen["first"] == {"modelName": "m"}
    assert "second" in seen


def test_one_failed_event_fails_the_whole_batch(host: SampleHost) -> None:
    answer = deliver(host, [event("fine"), event("bad", fail=True)])
    assert answer.status == 500
    assert b"ValueError: refused" in answer.body


def test_the_handshake_returns_the_validation_code(host: SampleHost) -> None:
    body = [event("validation", validationCode="abc")]
    answer = deliver(host, body, "SubscriptionValidation")
    assert (answer.status, answer.json) == (200, {"validationResponse": "abc"})
    assert deliver(host, [], "SubscriptionValidation").status == 400


def test_malformed_deliveries_are_refused(host: SampleHost) -> None:
    assert deliver(host, [event("x")], function="nobody").status == 404
    assert deliver(host, [event("x")], function="tick").status == 404
    assert deliver(host, [event("x")], "Other").status == 400
    assert deliver(host, ["text"]).status == 400
    assert deliver(host, None, "Unsubscribe").status == 202
    path = "/runtime/webhooks/eventgrid?functionName=arrived"
    assert host.call("POST", path, data="[]").status == 401
    assert host.call("POST", path, "functionKey", data="[]").status == 401
    assert host.call("OPTIONS", path, "masterKey").headers["Webhook-Allowed-Origin"] == "*"
    broken = host.call(
        "POST", path, "masterKey", headers={"aeg-event-type": "Notification"}, data="{"
    )
    assert broken.status == 400

"""Every function, indexed and invoked in Microsoft's worker behind the host's rules."""

import json
from typing import Any

import pytest

from tests.support.integration import (
    ENDPOINT,
    MODEL,
    SERVICE,
    WORK_QUEUE,
    Answer,
    RunningProduct,
    eventually,
)

FUNCTIONS = {
    *("alert", "command", "health", "listRollouts", "modelRegistered"),
    *("listSuspensions", "modelRegisteredFromQueue", "openapi", "readiness", "showBodies"),
    *("showHistory", "showMinutes", "showOffers", "showPlan", "showPolicy", "showRollout"),
    *(
        "startRollout",
        "suspendAll",
        "tick",
        "unsuspendAll",
        "whoami",
        "work",
        "zzConsole",
        "notify",
    ),
}


def test_the_host_loads_every_function_without_a_complaint(product: RunningProduct) -> None:
    ready = product.app.ready

    assert set(ready["functions"]) == FUNCTIONS
    assert ready["errors"] == []
    assert ready["warnings"] == []


def test_the_timer_runs_and_health_says_so_without_a_key(product: RunningProduct) -> None:
    answer = eventually(
        lambda: product.call("GET", "health", key=False), lambda seen: seen.status == 200
    )

    assert set(answer.json) == {"ready", "tickAgeSeconds", "text", "signIn"}
    assert answer.json["ready"] is True
    assert answer.json["tickAgeSeconds"] >= 0


@pytest.mark.parametrize("path", ["ui", "ui/", "ui/js/main.js", "ui/vendor/preact.js"])
def test_the_console_is_served_without_a_key(product: RunningProduct, path: str) -> None:
    answer = product.call("GET", path, key=False)

    assert answer.status == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    again = product.call("GET", path, key=False, If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_nothing_but_the_consoles_files_is_below_its_route(product: RunningProduct) -> None:
    for path in ("ui/../function_app.py", "ui/%2e%2e/wiring.py", "ui/js", "ui/vendor/.ready"):
        assert product.call("GET", path, key=False).status == 404


def test_an_order_that_another_sites_page_sends_is_refused(product: RunningProduct) -> None:
    answer = product.call(
        "POST", f"rollouts/{SERVICE}/pause", b'{"reason": "x"}', Sec_Fetch_Site="cross-site"
    )
    assert answer.status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "rollouts"),
        ("GET", f"rollouts/{SERVICE}"),
        ("GET", "whoami"),
        ("POST", "rollouts"),
        ("POST", f"rollouts/{SERVICE}/rollback"),
        ("POST", "alerts"),
    ],
)
def test_everything_else_needs_a_key(product: RunningProduct, method: str, path: str) -> None:
    assert product.call(method, path, key=False).status == 401


def test_with_keys_whoever_calls_may_order_everything_and_is_only_claimed(
    product: RunningProduct,
) -> None:
    answer = product.call("GET", "whoami", X_MS_CLIENT_PRINCIPAL_NAME="eve@example.com").json

    assert answer["actor"] == "claimed: unknown"
    assert (answer["signIn"], answer["roles"]) == (False, [])
    assert "advance" in answer["may"]


def test_a_view_that_the_client_has_is_not_sent_again(product: RunningProduct) -> None:
    first = product.call("GET", f"rollouts/{SERVICE}")
    assert first.headers["cache-control"] == "no-cache"
    again = product.call("GET", f"rollouts/{SERVICE}", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = product.call("GET", f"rollouts/{SERVICE}?limit=1", If_None_Match=first.headers["etag"])
    assert other.status == 200, "another page is another view"


def test_a_service_that_never_had_an_offer_is_listed(product: RunningProduct) -> None:
    listed = product.call("GET", "rollouts?limit=1").json

    assert [view["service"] for view in listed["value"]] == [SERVICE]
    assert listed["after"] is None
    assert listed["value"][0]["endpoint"].endswith(f"/onlineendpoints/{ENDPOINT}")


@pytest.mark.parametrize(
    ("request_line", "body", "status", "words"),
    [
        ("GET rollouts/nobody", None, 404, SERVICE),
        ("GET rollouts/-x-", None, 400, "not a valid name"),
        ("GET rollouts?limit=x", None, 400, "from 1 to 1000"),
        ("POST rollouts", b"{", 400, "not JSON"),
        ("POST rollouts", b"", 400, "empty"),
        ("POST rollouts", b'{"service": "fraud-detection"}', 400, '"version" is missing'),
        ("POST rollouts", b"[" * 300_000, 413, "256 KiB"),
        (
            "POST rollouts",
            b'{"service": "nobody", "version": "1", "model": "m", "reason": "x"}',
            404,
            "nobody",
        ),
        (f"POST rollouts/{SERVICE}/promote", b"", 404, "no such command"),
        (f"POST rollouts/{SERVICE}/pause", b'{"versoin": 1}', 400, "no field"),
        ("POST rollouts/nobody/pause", b'{"reason": "x"}', 404, "nobody"),
        ("POST alerts", b"{}", 400, "schemaId"),
        ("POST alerts", b"null", 400, "JSON object"),
        ("POST alerts", b'{"a": NaN}', 400, "NaN"),
    ],
)
def test_a_faulty_request_is_a_problem_that_says_what_to_do(
    product: RunningProduct, request_line: str, body: bytes | None, status: int, words: str
) -> None:
    method, _, path = request_line.partition(" ")
    answer = product.call(method, path, body)

    assert answer.status == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["status"] == status
    assert words in answer.json["detail"]


def alert(product: RunningProduct, **changes: Any) -> dict[str, Any]:
    essentials = {
        "alertId": "/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/1",
        "alertRule": "failures",
        "monitorCondition": "Fired",
        "alertTargetIDs": [product.endpoint_id.lower()],
        **changes,
    }
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials}}


def test_an_alert_that_asks_for_nothing_is_answered_with_the_reason(
    product: RunningProduct,
) -> None:
    for changes in ({"monitorCondition": "Resolved"}, {"alertTargetIDs": ["/subscriptions/x"]}):
        answer = product.post("alerts", alert(product, **changes))

        assert answer.status == 200
        assert answer.json["outcome"] == "ignored"
        assert answer.json["reason"]


def test_an_alert_without_a_live_rollout_is_ignored(product: RunningProduct) -> None:
    product.deliver(event(product, "900"))
    answer = product.post("alerts", alert(product))

    assert answer.status == 200
    assert answer.json["outcome"] == "ignored"


def event(product: RunningProduct, version: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"event-{version}",
        "topic": product.azure["workspaceId"],
        "subject": f"models/{MODEL}:{version}",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": "2026-11-23T18:41:00.9584103Z",
        "data": {"ModelName": MODEL, "ModelVersion": version, "ModelTags": {}},
        "dataVersion": "",
        "metadataVersion": "1",
        **changes,
    }


def cloud_event(product: RunningProduct, version: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"event-{version}",
        "source": product.azure["workspaceId"],
        "subject": f"models/{MODEL}:{version}",
        "type": "Microsoft.MachineLearningServices.ModelRegistered",
        "time": "2026-11-23T18:41:00.9584103Z",
        "data": {"modelName": MODEL, "modelVersion": version},
    }


def decided(product: RunningProduct, version: str) -> Any:
    offers = product.show()["offers"]
    found = [offer for offer in offers if offer["version"] == version]
    return found[0] if found and found[0]["state"] != "received" else None


@pytest.mark.parametrize(("version", "schema"), [("901", event), ("902", cloud_event)])
def test_an_event_becomes_an_offer_that_the_work_function_decides(
    product: RunningProduct, version: str, schema: Any
) -> None:
    assert product.deliver(schema(product, version)).status == 202
    offer = eventually(lambda: decided(product, version))

    # The workspace does not have this version, which only a pass over the endpoint finds out.
    assert offer["state"] == "rejected"
    assert offer["source"] == "event"
    assert offer["text"]


def test_events_that_are_not_for_this_app_are_accepted_and_change_nothing(
    product: RunningProduct,
) -> None:
    before = product.show()["offers"]
    strange = [
        event(product, "903", topic="/subscriptions/x"),
        event(product, "903", eventType="Microsoft.MachineLearningServices.ModelDeployed"),
        event(product, "903", data={"ModelName": "another-model", "ModelVersion": 1}),
        event(product, "903", data={}, subject="nonsense"),
    ]

    assert [product.deliver(each).status for each in strange] == [202] * 4
    assert product.show()["offers"] == before


def test_a_version_is_offered_by_hand_with_a_claimed_actor(product: RunningProduct) -> None:
    body = {"service": SERVICE, "model": MODEL, "version": "904", "actor": "ada", "reason": "try"}

    answer = product.post("rollouts", body)
    offer = eventually(lambda: decided(product, "904"))

    assert answer.status == 202
    assert answer.json["service"] == SERVICE
    assert (offer["by"], offer["reason"], offer["source"]) == ("claimed: ada", "try", "start")


def test_a_command_without_a_rollout_is_refused_with_the_reason(product: RunningProduct) -> None:
    product.deliver(event(product, "905"))

    answer = product.post(f"rollouts/{SERVICE}/rollback", {"actor": "ada", "reason": "slow"})

    assert answer.status == 409
    assert answer.json["detail"]


def test_an_operator_retries_a_rejected_version(product: RunningProduct) -> None:
    product.deliver(event(product, "906"))
    eventually(lambda: decided(product, "906"))

    answer = product.post(
        f"rollouts/{SERVICE}/retry", {"version": "906", "actor": "ada", "reason": "repaired"}
    )

    assert answer.status == 202
    assert answer.json["service"] == SERVICE


def test_an_order_that_comes_again_counts_once(product: RunningProduct) -> None:
    body = b'{"service": "fraud-detection", "version": "907", "reason": "try"}'

    def sent(content: bytes) -> Answer:
        return product.call("POST", "rollouts", content, Idempotency_Key='"try-907"')

    first, again = sent(body).json, sent(body).json

    assert (first["order"]["verb"], first["order"]["outcome"]) == ("start", "received")
    assert (first["service"], first["order"]["repeated"]) == (SERVICE, False)
    assert again["order"] == {**first["order"], "repeated": True}
    other = sent(body.replace(b"907", b"908"))
    assert (other.status, "key of its own" in other.json["detail"]) == (422, True)


def test_a_message_that_is_not_a_wake_up_is_dropped_not_poisoned(product: RunningProduct) -> None:
    with product.queue_service() as service:
        work = service.get_queue_client(WORK_QUEUE)
        work.send_message("no wake-up")
        eventually(lambda: "A wake-up was dropped" in product.log.read_text())

        names = [queue.name for queue in service.list_queues()]

    assert f"{WORK_QUEUE}-poison" not in names


def test_the_log_holds_no_key_and_no_request_header(product: RunningProduct) -> None:
    product.call("GET", "health", key=False)
    log = product.log.read_text()

    assert product.app.ready["functionKey"] not in log.replace(json.dumps(product.app.ready), "")
    assert "AccountKey" not in log
    assert "Bearer " not in log

"""A lifecycle event on its whole way: topic, function, table, and three places where it lands."""

from typing import Any
from uuid import uuid4

import pytest
from azure.core.credentials import AzureKeyCredential

from rollout.adapters.events.lifecycle_events import LifecycleTopic, publisher_client
from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from tests.support.happenings import AT, TOLD, WHY
from tests.support.integration import CHANNELS, CONSOLE, SERVICE, RunningProduct, eventually

TYPES = [f"AzureML.Rollout.{kind}" for kind in ("AttentionNeeded", "Notice", "RolloutStarted")]


@pytest.fixture
def subscribed(product: RunningProduct, monkeypatch: pytest.MonkeyPatch) -> RunningProduct:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, product.azure["authority"])
    url = product.app.ready["eventGridUrl"].format(name="notify")
    body = {"url": url, "topic": "lifecycle", "eventTypes": TYPES}
    product.control("PUT", "subscriptions/messages", body)
    product.control("DELETE", "messages")
    return product


def announce(product: RunningProduct, kind: str = "Notice", *, times: int = 1) -> str:
    """Publish a history row as the app does; return its rollout, which nobody else has."""
    rollout = f"r-{uuid4().hex[:8]}"
    phase = Phase.ROLLING_BACK
    entry = HistoryEntry(rollout, 7, AT, kind, phase, 1, WHY, data={**TOLD, "service": SERVICE})
    key = AzureKeyCredential(product.azure["topicKey"])
    with publisher_client(product.azure["topicUrl"], key) as client:
        for _ in range(times):
            LifecycleTopic(client).publish(product.endpoint_id.lower(), SERVICE, [entry])
    return rollout


def landed(product: RunningProduct) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = product.control("GET", "messages").json
    return [each for each in found if each["status"] < 300]


def test_a_notice_lands_in_every_usual_channel_once(subscribed: RunningProduct) -> None:
    rollout = announce(subscribed, times=3)
    seen = eventually(lambda: landed(subscribed), lambda found: len(found) >= len(CHANNELS))
    by_place = {each["receiver"]: each for each in seen}
    assert len(seen) == len(by_place) == len(CHANNELS)
    assert [each["problems"] for each in seen] == [[], [], []]
    assert by_place["hook"]["contentType"] == "application/cloudevents+json; charset=utf-8"
    assert by_place["hook"]["body"]["data"]["rollout"] == rollout
    assert by_place["hook"]["body"]["sequence"] == "00000007"
    (action,) = by_place["teams"]["body"]["attachments"][0]["content"]["actions"]
    assert action["url"] == f"{CONSOLE}/#/s/{SERVICE}"
    assert by_place["slack"]["body"]["text"].startswith(f"{SERVICE} v7 is being rolled back (gate)")


def test_a_place_that_fails_gets_it_on_a_later_delivery(subscribed: RunningProduct) -> None:
    trouble = {"receiver": "hook", "status": 503, "times": 1}
    subscribed.control("POST", "messages/trouble", trouble)
    announce(subscribed)
    seen = eventually(
        lambda: landed(subscribed),
        lambda found: "hook" in [each["receiver"] for each in found],
    )
    assert sorted(each["receiver"] for each in seen) == sorted(CHANNELS.values())


def test_no_secret_address_is_in_the_apps_log(subscribed: RunningProduct) -> None:
    announce(subscribed)
    eventually(lambda: landed(subscribed), lambda found: len(found) >= len(CHANNELS))
    log = subscribed.log.read_text(encoding="utf-8")
    for url in subscribed.azure["receivers"].values():
        secret = url.rpartition("/")[2].rpartition("=")[2]
        assert len(secret) > 20
        assert secret not in log

"""Payload logging: one draw a request, for both of its payloads."""

import random
from datetime import UTC, datetime

from localazure.collector.payload_log import Exchange, PayloadLog
from localazure.collector.rows import CollectedRows, CollectorDials
from localazure.runtime import CollectionSpec, CollectorSpec, RollingRate

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
REQUESTS = 200


def logged(
    answer: bytes | None = b"{}", sampling: float = 1.0, **rates: float
) -> dict[str, list[str]]:
    """Log some requests; return the request ids that each collection has."""
    chance = random.Random(5)  # noqa: S311 - a fair coin
    rows = CollectedRows(chance, lambda: NOW, CollectorDials(sampling=sampling))
    collections = {name: CollectionSpec(rate, "c", "f") for name, rate in rates.items()}
    for number in range(REQUESTS):
        exchange = Exchange(str(number), "/score", b"{}", "application/json", answer)
        PayloadLog(rows).log(CollectorSpec("green", RollingRate.HOUR, collections), exchange)
    found: dict[str, list[str]] = {"request": [], "response": []}
    for row in rows.take():
        found[row.record.collection].append(row.record.fields["xrequestid"])
    return found


def test_a_request_and_its_response_are_logged_together_or_not_at_all() -> None:
    found = logged(request=0.3, response=0.3)
    assert found["request"] == found["response"]
    assert 35 <= len(found["request"]) <= 85


def test_the_smaller_rate_takes_a_part_of_what_the_larger_takes() -> None:
    found = logged(request=0.8, response=0.2)
    assert set(found["response"]) < set(found["request"])


def test_only_what_the_deployment_asks_for_is_logged() -> None:
    found = logged(response=1.0)
    assert (len(found["request"]), len(found["response"])) == (0, REQUESTS)


def test_a_request_without_an_answer_has_no_response() -> None:
    found = logged(answer=None, request=1.0, response=1.0)
    assert (len(found["request"]), len(found["response"])) == (REQUESTS, 0)


def test_the_dial_multiplies_the_rates() -> None:
    assert 60 <= len(logged(sampling=0.5, response=1.0)["response"]) <= 140
    assert logged(sampling=0.0, response=1.0)["response"] == []

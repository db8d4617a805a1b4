"""What one line of a collection says, and which lines say nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.adapters.predictions.records import Found, Records
from tests.support.collected_files import record

AT = datetime(2026, 11, 26, 18, 16, 25, tzinfo=UTC)
MINUTE = datetime(2026, 11, 26, 18, 16, tzinfo=UTC)
OWN = Records("green-7", "model_outputs")


def test_each_row_of_a_merged_record_is_an_answer() -> None:
    found = OWN.read(record([{"score": 0.1}, {"score": 0.2}], AT))

    assert found == Found(MINUTE, ({"score": 0.1}, {"score": 0.2}))


def test_a_payload_is_one_answer_whatever_it_is() -> None:
    payloads = Records("green-7", "response")

    assert payloads.read(record([0.1, 0.2], AT, collection="response")) == Found(
        MINUTE, ([0.1, 0.2],)
    )
    assert payloads.read(record("fraud", AT, collection="response")) == Found(MINUTE, ("fraud",))


def test_rows_that_are_no_list_are_one_answer() -> None:
    assert OWN.read(record({"score": 0.1}, AT)) == Found(MINUTE, ({"score": 0.1},))


def test_a_record_of_another_deployment_is_passed_over() -> None:
    assert OWN.read(record([{"score": 0.1}], AT, deployment="blue-6")) is None
    # One name may end with the other.
    assert Records("7", "model_outputs").read(record([1], AT)) is None


def test_a_deployment_of_that_name_at_another_endpoint_is_another() -> None:
    records = Records("blue", "model_outputs", "fraud-endpoint")

    assert records.read(record([1], AT, deployment="blue", endpoint="Fraud-Endpoint")) is not None
    assert records.read(record([1], AT, deployment="blue", endpoint="churn-endpoint")) is None
    assert records.read(record([1], AT, source="/deployments/blue")) is not None


@pytest.mark.parametrize("source", [None, 7, "", "urn:something-else"])
def test_a_record_that_names_no_deployment_belongs_to_its_folder(source: Any) -> None:
    line = json.dumps({"source": source, "time": "2026-11-26T18:16:25Z", "data": [1]}).encode()

    assert OWN.read(line) == Found(MINUTE, (1,))


def test_deployments_are_compared_without_case() -> None:
    assert OWN.read(record([1], AT, deployment="Green-7")) == Found(MINUTE, (1,))


@pytest.mark.parametrize(
    "time",
    ["2026-11-26T18:16:59.123456Z", "2026-11-26T18:16:00+00:00", "2026-11-26T20:16:25+02:00"],
)
def test_moments_are_minutes_in_utc(time: str) -> None:
    assert OWN.read(record([1], AT, time=time)) == Found(MINUTE, (1,))


def test_a_payload_elsewhere_is_named_not_read() -> None:
    line = record("https://x/y", AT, collection="response", datainblob="true")

    assert Records("green-7", "response").read(line) == Found(MINUTE, elsewhere="https://x/y")


@pytest.mark.parametrize("span", ["bytes 0-6/7", "bytes 0-24/*", "", "nonsense"])
def test_whole_payloads_are_read(span: str) -> None:
    assert OWN.read(record([1], AT, contentrange=span)) == Found(MINUTE, (1,))


def test_of_a_key_twice_in_one_object_the_last_counts_as_for_every_client() -> None:
    line = b'{"time":"2026-11-26T18:16:25Z","data":[{"score":1,"score":2}]}'

    assert OWN.read(line) == Found(MINUTE, ({"score": 2},))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"data": [1]}',
        b'{"time": 7, "data": [1]}',
        b'{"time": "yesterdayZ", "data": [1]}',
        b'{"time": "yesterday", "data": [1]}',
        b'{"time": "2026-11-26T18:16:25Z"}',
        b'{"time": "2026-11-26T18:16:25Z", "data": 7, "datainblob": true}',
        b'{"time": "2026-11-26T18:16:25Z", "data": "a", "contentrange": "bytes 0-3/9"}',
        b'{"time": "2026-11-26T18:16:25Z", "data": "a", "contentrange": "bytes 4-8/9"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_whole_record_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        OWN.read(line)

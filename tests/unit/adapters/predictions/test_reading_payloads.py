"""Payloads that are files of their own: fetched from the same container, and judged like others."""

import json

import pytest

from rollout.adapters.predictions.allowance import Bounds
from rollout.adapters.predictions.reading import MOST_PAYLOAD_BYTES
from tests.support.collected_files import URL, record
from tests.unit.adapters.predictions.test_reading_on import MINUTE, ROW, SINCE, Side, a_file


def payload_side(content: bytes, url: str = f"{URL}/payloads/one") -> Side:
    side = Side(collection="response")
    side.files.append("payloads/one", content)
    line = record(url, SINCE, collection="response", datainblob="true")
    side.files.append(a_file(SINCE), line)
    return side


@pytest.mark.parametrize("content", [b'{"error": "no"}', b"plain text"])
def test_a_payload_in_a_file_of_its_own_is_read(content: bytes) -> None:
    side = payload_side(content)

    assert side.look(SINCE + MINUTE) == 1


def test_rows_in_a_file_of_their_own_are_answers_like_rows_in_a_line() -> None:
    side = Side()
    side.files.append("payloads/one", json.dumps([ROW, ROW, {"error": "no"}]).encode())
    side.files.append(a_file(SINCE), record(f"{URL}/payloads/one", SINCE, datainblob="true"))

    assert side.look(SINCE + MINUTE) == 3
    assert side.tally.minutes[SINCE].failed == 1


def test_payloads_that_take_long_to_fetch_are_fetched_over_several_looks() -> None:
    """Each is a call of its own: many in one range of lines would take a look beyond its time."""
    side = Side(collection="response")
    side.files.append("payloads/one", b"{}" + b" " * 1000)
    line = record(f"{URL}/payloads/one", SINCE, collection="response", datainblob="true")
    side.files.append(a_file(SINCE), line * 50)
    first = side.look(SINCE + MINUTE, Bounds(bytes=20_000))
    assert 5 < first < 20
    found = first
    while side.progress.more:
        found += side.look(SINCE + MINUTE, Bounds(bytes=20_000))

    assert found == 50


def test_a_url_may_be_encoded() -> None:
    side = payload_side(b"{}", f"{URL}/payloads%2Fone")

    assert side.look(SINCE + MINUTE) == 1


def test_its_json_is_judged() -> None:
    side = payload_side(b'{"error": "no"}')
    side.look(SINCE + MINUTE)

    assert side.tally.minutes[SINCE].failed == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/container/payloads/one",
        f"{URL}-other/payloads/one",
        f"{URL}/payloads/one?sig=x",
        f"{URL}/payloads/missing",
        f"{URL}/../container/payloads/one",
        f"{URL}/%2e%2e/container/payloads/one",
        f"see {URL}/payloads/one",
        "",
    ],
)
def test_no_payload_is_fetched_from_anywhere_else(url: str) -> None:
    side = payload_side(b"{}", url)

    assert side.look(SINCE + MINUTE) == 0
    assert side.progress.unread == 1


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0", b"x" * (MOST_PAYLOAD_BYTES + 1)])
def test_a_payload_that_says_nothing_is_passed_over(content: bytes) -> None:
    side = payload_side(content)

    assert side.look(SINCE + MINUTE) == 0
    assert side.progress.unread == 1

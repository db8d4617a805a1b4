"""Keys of rows, ARM ids, wake-ups: text in, text out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.azure_ml.arm_ids import (
    parse_endpoint_id,
    parse_model_reference,
    parse_workspace_id,
)
from rollout.adapters.storage import table_keys
from rollout.adapters.storage.wakeups import WakeUp, format_wake_up, parse_wake_up
from rollout.errors import InvalidInputError, RecordTooLargeError
from tests.doubles.records import ENDPOINT, WORKSPACE, entry

FORBIDDEN = set("/\\#?") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


@given(st.text())
def test_any_text_fits_into_a_key_and_comes_back(text: str) -> None:
    part = table_keys.escape(text)
    assert not FORBIDDEN & set(part)
    assert table_keys.SEPARATOR not in part
    assert table_keys.unescape(part) == text


def test_a_partition_names_its_endpoint() -> None:
    key = table_keys.partition_key(ENDPOINT.upper())
    assert key.startswith("!2fsubscriptions!2f")
    assert table_keys.endpoint_of(key) == ENDPOINT


def test_a_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(RecordTooLargeError):
        table_keys.partition_key("/" + "x" * 600)


def test_history_keys_sort_by_rollout_and_sequence() -> None:
    keys = [table_keys.history_key(key) for key in ("", entry(2, "0").key, entry(1, "20").key)]
    keys += [table_keys.history_key(entry(10, "20").key)]
    assert keys == sorted(keys)


def test_minutes_are_keyed_in_utc() -> None:
    at = datetime(2026, 1, 31, 12, 5, tzinfo=timezone(timedelta(hours=2)))
    assert table_keys.minute_key("r", at) == "minute|r|20260131T1005Z"


def test_ids_in_any_case_become_paths_with_every_segment_encoded() -> None:
    odd = ENDPOINT.replace("ml-local", "group (a) ü")
    path = parse_endpoint_id(odd.upper()).deployment_path("green-7")
    assert "/resourceGroups/GROUP%20%28A%29%20%C3%9C/" in path
    assert path.endswith("/onlineEndpoints/FRAUD-ENDPOINT/deployments/green-7")
    model = parse_workspace_id(WORKSPACE).model_path("a/b", "1?x")
    assert model.endswith("/models/a%2Fb/versions/1%3Fx")


@pytest.mark.parametrize(
    "text", ["", "fraud", WORKSPACE, f"{ENDPOINT}/deployments/x", f"{WORKSPACE}/onlineEndpoints/.."]
)
def test_what_is_no_endpoint_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_endpoint_id(text)


def test_what_is_no_workspace_id_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        parse_workspace_id(ENDPOINT)


@pytest.mark.parametrize("name", ["", "ab", "7up", "a_b", "a/../b", "x" * 33, "ends-"])
def test_names_are_checked_before_a_url_is_built(name: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_endpoint_id(ENDPOINT).deployment_path(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{WORKSPACE}/models/m/versions/7", ("m", "7")),
        ("azureml://registries/r/models/m/versions/7", ("m", "7")),
        ("azureml:m:7", ("m", "7")),
        ("azureml:m@latest", None),
        ("./model", None),
        (None, None),
        ({"path": "x"}, None),
    ],
)
def test_a_deployments_model_is_read_where_it_is_a_registered_one(
    text: object, found: tuple[str, str] | None
) -> None:
    assert parse_model_reference(text) == found


def test_a_wake_up_comes_back_as_it_was() -> None:
    for wake_up in (WakeUp(ENDPOINT), WakeUp(ENDPOINT, datetime(2026, 1, 31, tzinfo=UTC))):
        assert parse_wake_up(format_wake_up(wake_up)) == wake_up


def test_a_wake_up_has_no_key_that_the_host_reads_itself() -> None:
    text = format_wake_up(WakeUp(ENDPOINT, datetime(2026, 1, 31, tzinfo=UTC)))
    assert not {"id", "insertiontime"} & {word.lower() for word in text.split('"')}


def test_a_wake_up_without_a_zone_is_utc_and_unknown_keys_are_ignored() -> None:
    text = '{"endpoint": "/E", "chainEnds": "2026-01-31T10:00:00", "more": 1}'
    assert parse_wake_up(text) == WakeUp("/e", datetime(2026, 1, 31, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"endpoint": 1}',
        '{"endpoint": ""}',
        "[" * 100_000,
        '{"endpoint": "e", "chainEnds": "soon"}',
        '{"endpoint": "e", "chainEnds": 1}',
    ],
    ids=range(8),
)
def test_what_is_no_wake_up_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_wake_up(text)

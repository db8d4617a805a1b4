"""A body is read within limits, whatever a model answers."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.predictions.bodies import (
    MAX_DEPTH,
    READ_BYTES,
    deeper_than,
    read_body,
    unwrapped,
)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "an empty answer"),
        (b" \n", "an empty answer"),
        (b"oops", "no JSON"),
        (b"{'a': 1}", "no JSON"),
        (b'{"a": 1', "no JSON"),
        (b'{"a": 1} {"a": 2}', "no JSON"),
        (b'"\xff"', "no JSON"),
        (b"\xff\xd8\xff\xe0 a picture", "no JSON"),
        (b"[" * READ_BYTES, "nested too deeply"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested too deeply"),
        (b"1" * 5000, "a number of thousands of digits"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, fault: str) -> None:
    body = read_body(raw)

    assert body.fault == fault
    assert not body.is_read


@pytest.mark.parametrize(
    ("raw", "document"),
    [
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        ('{"straße": "é"}'.encode("utf-16"), {"straße": "é"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"0", 0),
        (b"null", None),
        (b'"a text"', "a text"),
        (json.dumps('{"a": 1}').encode(), {"a": 1}),
        (json.dumps(json.dumps('{"a": 1}')).encode(), json.dumps('{"a": 1}')),
        (json.dumps("1").encode(), "1"),
    ],
)
def test_what_json_readers_take_is_read(raw: bytes, document: object) -> None:
    body = read_body(raw)

    assert body.document == document
    assert body.is_read


def test_a_body_of_megabytes_is_not_read_and_no_fault() -> None:
    body = read_body(b"[" + b"0," * READ_BYTES + b"0]")

    assert body.too_long
    assert not body.is_read
    assert body.fault == ""


def test_a_text_with_deep_json_inside_stays_a_text() -> None:
    deep = "[" * 100_000

    assert unwrapped(deep) == deep


def test_depth_counts_lists_and_objects() -> None:
    assert not deeper_than("text", 0)
    assert deeper_than([], 0)
    assert not deeper_than([{}], 2)
    assert deeper_than([{"a": []}], 2)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60)
    | st.text(alphabet='[]{}",:0123456789.eE+-nulltrfasNaIiy\\ud8').map(str.encode)
)
def test_reading_never_raises(raw: bytes) -> None:
    body = read_body(raw)

    assert body.is_read == (body.fault == "")

"""Bodies: the malformed families, each refused with a sentence and a 4xx."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.errors import InvalidInputError
from rollout.inbound.strict_json import (
    MAX_BODY_BYTES,
    MAX_DEPTH,
    check_headers,
    check_order,
    read_json,
    read_object,
)

FAMILIES: list[tuple[bytes, str, int]] = [
    (b"", "empty", 400),
    (b" \n", "empty", 400),
    (b"x" * (MAX_BODY_BYTES + 1), "larger than 256 KiB", 413),
    (b"[" * 10_000, "deep", 400),
    (b"[" * 100_000 + b"]" * 100_000, "deep", 400),
    (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep", 400),
    (b'{"a": 1, "a": 2}', "same key twice", 400),
    (b'{"a": {"b": 1, "b": 1}}', "same key twice", 400),
    (b'{"a": NaN}', "NaN", 400),
    (b"[Infinity]", "Infinity", 400),
    (b"[-Infinity]", "-Infinity", 400),
    (b"[1e999]", "too large", 400),
    (b"[" + b"9" * 5000 + b"]", "too large", 400),
    (b'["\\ud800"]', "surrogate", 400),
    (b'{"\\udfff": 1}', "surrogate", 400),
    (b'"\\ud800"', "surrogate", 400),
    (b"\xef\xbb\xbf", "empty", 400),
    (b'"\xff"', r"not UTF-8 \(byte 1 is 0xff, perhaps ISO-8859-1\): send UTF-8", 400),
    ('{"reason": "St\u00f6rung"}'.encode("latin-1"), "byte 14 is 0xf6, perhaps ISO-8859-1", 400),
    ("{}".encode("utf-16"), "UTF-16 or binary: send UTF-8", 400),
    ("{}".encode("utf-16-le"), "UTF-16 or binary: send UTF-8", 400),
    ("{}".encode("utf-16-be"), "UTF-16 or binary: send UTF-8", 400),
    (gzip.compress(b"{}", mtime=0), "not UTF-8", 400),
    (b"{'a': 1}", "line 1, column 2", 400),
    (b'{"a": 1} {}', "not JSON", 400),
    (b'{"a": 01}', "not JSON", 400),
    (b'["\x00"]', "binary", 400),
]


@pytest.mark.parametrize(
    ("body", "words", "status"),
    FAMILIES,
    ids=[f"{number}-{words}" for number, (_, words, _) in enumerate(FAMILIES)],
)
def test_a_malformed_body_is_refused(body: bytes, words: str, status: int) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        read_json(body)

    assert refused.value.status == status


def test_a_byte_order_mark_is_dropped() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": "\xc3\xb6"}') == {"a": "\u00f6"}


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"x"', b"[{}]"])
def test_a_body_that_is_no_object_is_refused_where_one_is_wanted(body: bytes) -> None:
    with pytest.raises(InvalidInputError, match="JSON object"):
        read_object(body)


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert read_object(b'{"a": "\\ud83d\\ude00\\u00e9"}') == {"a": "\U0001f600\u00e9"}


def test_the_deepest_allowed_body_is_read() -> None:
    assert read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "media_type", ["", "application/json", "Application/JSON; charset=utf-8", "application/x+json"]
)
def test_a_json_media_type_is_accepted(media_type: str) -> None:
    check_headers({"content-type": media_type, "content-encoding": "identity"}, b"{}")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "application/x-www-form-urlencoded"}, b"", 415),
        ({"content-encoding": "gzip"}, b"{}", 415),
        ({"transfer-encoding": "chunked"}, b"", 411),
    ],
)
def test_a_body_that_is_not_plain_json_is_refused(
    headers: dict[str, str], body: bytes, status: int
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_headers(headers, body)

    assert refused.value.status == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"content-type": "application/json", "sec-fetch-site": "same-origin"},
        {"content-type": "application/json", "sec-fetch-site": "none"},
    ],
)
def test_an_order_of_a_program_or_of_the_console_passes(headers: dict[str, str]) -> None:
    check_order(headers, b"{}")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        # What a form or a script of a foreign page can send without being asked about.
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "multipart/form-data; boundary=x"}, b"{}", 415),
        ({"origin": "https://elsewhere.example"}, b'{"reason": "x"}', 415),
        ({"origin": "null", "content-type": " "}, b'{"reason": "x"}', 415),
        ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, b"{}", 403),
        ({"content-type": "application/json", "sec-fetch-site": "Same-Site"}, b"{}", 403),
        ({"sec-fetch-site": "cross-site"}, b"{}", 415),
    ],
)
def test_an_order_that_another_site_may_have_sent_is_refused(
    headers: dict[str, str], body: bytes, status: int
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_order(headers, body)

    assert refused.value.status == status


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value: Any = read_json(body)
    except InvalidInputError:
        return
    assert value == json.loads(body)


def test_blank_bodies_have_a_size_too() -> None:
    with pytest.raises(InvalidInputError, match="larger than 256 KiB"):
        check_headers({}, b" " * (MAX_BODY_BYTES + 1))

"""What an answer must be, and what is said of one that is not."""

import json
from datetime import timedelta
from typing import Any

import pytest

from rollout.adapters.azure_ml.expectations import judged
from rollout.core.policy.expectation import Expectation, Interval, JsonType, Near


def failures(expect: Expectation, answer: Any) -> tuple[str, ...]:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return judged(expect, 200, body, timedelta()).failures


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("error: no column", "a JSON text, not an object: does run() return json.dumps?"),
        ([{"error": 1}], "a JSON list, not an object"),
        (None, "null, not an object"),
        (0.5, "a number, not an object"),
        (True, "true or false, not an object"),
    ],
)
def test_an_answer_that_is_no_object_shows_neither_absence_nor_presence(
    answer: Any, what: str
) -> None:
    (absent,) = failures(Expectation(absent=("error",)), answer)
    assert absent.startswith(f"cannot show that 'error' is absent: the answer is {what}: ")
    (present,) = failures(Expectation(present=("result",)), answer)
    assert present.startswith(f"has no 'result': the answer is {what}: ")


def test_absence_is_not_shown_through_a_list_or_a_text_inside() -> None:
    (inside,) = failures(Expectation(absent=("results.error",)), {"results": [{"error": 1}]})
    assert "'results' is a JSON list, not an object" in inside
    assert failures(Expectation(absent=("result.error",)), {"result": "a text"})
    # A number has no fields, and neither has what is not there.
    assert failures(Expectation(absent=("result.error", "other.error")), {"result": 0.5}) == ()


def test_a_text_with_text_inside_is_not_unwrapped_twice() -> None:
    twice = json.dumps(json.dumps({"result": 1}))
    assert failures(Expectation(present=("result",)), twice)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_json_cannot_write_is_no_answer(number: bytes) -> None:
    (failure,) = failures(Expectation(present=("score",)), b'{"score": ' + number + b"}")
    assert failure.startswith(f"did not answer JSON ({number.decode()} is no JSON number)")


def test_a_dollar_is_the_whole_answer() -> None:
    assert failures(Expectation(lengths={"$": 2}, types={"$": JsonType.LIST}), [1, 2]) == ()


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ({}, {JsonType.OBJECT}),
        ([], {JsonType.LIST}),
        ("", {JsonType.TEXT}),
        (1, {JsonType.NUMBER, JsonType.INTEGER}),
        (1.0, {JsonType.NUMBER, JsonType.INTEGER}),
        (1.5, {JsonType.NUMBER}),
        (True, {JsonType.BOOLEAN}),
        (None, {JsonType.NULL}),
    ],
)
def test_a_value_has_json_s_types_and_no_other(value: Any, kinds: set[JsonType]) -> None:
    fits = {kind for kind in JsonType if not failures(Expectation(types={"x": kind}), {"x": value})}
    assert fits == kinds


def test_numbers_are_compared_with_a_range_and_a_tolerance() -> None:
    expect = Expectation(ranges={"p": Interval(0, 1)}, close={"s": Near(0.93, 0.01)})
    assert failures(expect, {"p": 0, "s": 0.935}) == ()
    assert failures(expect, {"p": 1.5, "s": 10**400}) == (
        "has 'p' = 1.5, which is not from 0 to 1",
        f"has 's' = {'1' + '0' * 196}..., more than 0.01 from 0.93",
    )
    assert failures(expect, {"p": True, "s": "0.93"}) == (
        "has 'p' = true, true or false instead of a number",
        "has 's' = \"0.93\", a JSON text instead of a number",
    )


def test_a_length_is_of_a_list_or_a_text() -> None:
    expect = Expectation(lengths={"x": 2})
    assert failures(expect, {"x": [1, 2]}) == failures(expect, {"x": "ab"}) == ()
    assert failures(expect, {"x": [1]}) == ("has 'x' = [1], with a length of 1 instead of 2",)
    assert failures(expect, {"x": 2}) == ("has 'x' = 2, a number, which has no length",)
    assert failures(expect, {}) == ("has no 'x': {}",)

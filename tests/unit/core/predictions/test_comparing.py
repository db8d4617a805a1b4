"""When two answers differ, what is said of it, and when two predict the same."""

import json
from typing import Any

import pytest

from rollout.core.policy.quality_model import Compared, OutputKind
from rollout.core.predictions.bodies import READ_BYTES, Body, read_body
from rollout.core.predictions.comparing import Comparison, first_difference, key_of, missing_paths
from rollout.core.predictions.walking import MAX_VALUES
from rollout.core.records.answers import CHANGE_CHARACTERS

EVERYTHING = Comparison(Compared())
NAN, INFINITY = float("nan"), float("inf")
HUGE = 10**400


def body(answer: Any) -> Body:
    return read_body(answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def change(stable: Any, candidate: Any, how: Comparison = EVERYTHING) -> str:
    return first_difference(how, body(stable), body(candidate))


@pytest.mark.parametrize(
    ("stable", "candidate"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (1, 1.0),
        (0.0, -0.0),
        (100.0, 101.0),
        (0.0, 1e-6),
        (1000, 1010),
        ([0.5, [1.0]], [0.5, [1.005]]),
        (None, None),
        ({"x": NAN}, {"x": NAN}),
        ({"x": INFINITY}, {"x": INFINITY}),
        (HUGE, HUGE),
        ({"a": 1}, {"a": 1, "added": 2}),
        ("text", "text"),
        (b"not JSON", b"not JSON"),
        (b"", b""),
        (json.dumps({"a": 1}), json.dumps({"a": 1.0})),
    ],
)
def test_answers_that_say_the_same_do_not_differ(stable: Any, candidate: Any) -> None:
    assert change(stable, candidate) == ""


def test_an_answer_inside_a_json_text_is_another_one_to_clients() -> None:
    """A script that returns `json.dumps(...)` of what it returned before."""
    inside = json.dumps({"a": 1})
    assert change({"a": 1}, inside) == "$: object -> text"
    assert change(inside, {"a": 1}) == "$: text -> object"
    assert change(json.dumps([1]), 7) == "$: text -> number"
    assert change(json.dumps([1]), json.dumps([2])) == "[*] 1 -> 2"


@pytest.mark.parametrize(
    ("stable", "candidate", "told"),
    [
        ({"label": 0}, {"label": 1}, "label 0 -> 1"),
        ("cat", "dog", "answer cat -> dog"),
        ({"ok": True}, {"ok": False}, "ok true -> false"),
        ([1, 0], [1, 1], "[*] 0 -> 1"),
        ({"rows": [{"a": "x"}]}, {"rows": [{"a": "y"}]}, "rows[*].a x -> y"),
        ({"score": 0.5}, {"score": 0.6}, "score: number"),
        ({"score": 1000}, {"score": 2000}, "score: number"),
        ({"score": 0}, {"score": 0.5}, "score: number"),
        ({"score": NAN}, {"score": 1.5}, "score: number"),
        ({"score": 1.5}, {"score": INFINITY}, "score: number"),
        ({"score": 1.5}, {"score": HUGE}, "score: number"),
        ({"score": 1e308}, {"score": -1e308}, "score: number"),
        ({"a": True}, {"a": 1}, "a: boolean -> number"),
        ({"a": "1"}, {"a": 1}, "a: text -> number"),
        ({"a": 1}, {"a": None}, "a: number -> null"),
        ({"a": 1}, {}, "a: number -> missing"),
        ({"a": {"b": 1}}, {"a": [1]}, "a: object -> list"),
        ([1, 2], [1], "$: length"),
        ({"p": [1, 2]}, {"p": [1]}, "p: length"),
        ({"t": "a long sentence, no label"}, {"t": "another"}, "t: text"),
        ({"a": 1}, b"oops", "JSON -> no JSON"),
        (b"", {"a": 1}, "an empty answer -> JSON"),
        (b"one", b"two", "no JSON -> no JSON"),
    ],
)
def test_the_first_difference_is_told(stable: Any, candidate: Any, told: str) -> None:
    assert change(stable, candidate) == told


def test_a_changed_label_is_told_before_other_differences() -> None:
    stable = {"score": 0.4, "gone": 1, "label": "ok"}

    assert change(stable, {"score": 0.9, "label": "fraud"}) == "label ok -> fraud"


def test_a_field_that_stable_lacks_differs_where_none_may_be_added() -> None:
    how = Comparison(Compared(), added=False)

    assert change({"a": 1}, {"a": 1, "b": 2}, how) == "b: missing -> number"
    assert change({"a": 1}, {"a": 1}, how) == ""


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (("label",), ""),
        (("score",), "score: number"),
        (("label", "score"), "score: number"),
        (("rows[*].a",), "rows[*].a 1 -> 2"),
        (("lost",), "lost: number -> missing"),
        (("added",), "added: missing -> number"),
        (("nowhere", "label"), ""),
        (("lists[*]",), "lists[*]: length"),
    ],
)
def test_only_the_named_paths_are_compared(paths: tuple[str, ...], told: str) -> None:
    stable = {"label": 0, "score": 0.5, "rows": [{"a": 1}], "lost": 1, "lists": [1]}
    candidate = {"label": 0, "score": 0.9, "rows": [{"a": 2}], "added": 1, "lists": [1, 1]}

    assert change(stable, candidate, Comparison(Compared(paths))) == told


def test_a_policy_s_kind_decides_whether_a_number_is_a_label() -> None:
    as_label = Comparison(Compared(), kinds={"x": OutputKind.LABEL})
    as_number = Comparison(Compared(), kinds={"x": OutputKind.NUMBER})

    assert change({"x": 70001}, {"x": 70002}, as_label) == "x 70001 -> 70002"
    assert change({"x": 1.0}, {"x": 2.0}, as_label) == "x 1 -> 2"
    assert change({"x": [70001]}, {"x": [70002]}, as_label) == "x[*] 70001 -> 70002"
    assert change([7], [8], Comparison(Compared(), kinds={"$": OutputKind.NUMBER})) == "[*]: number"
    assert change({"x": 200}, {"x": 201}, as_number) == ""
    assert change({"x": 200}, {"x": 201}) == "x 200 -> 201"


def test_tolerances_are_those_of_the_policy() -> None:
    strict = Comparison(Compared(rtol=0, atol=0))
    wide = Comparison(Compared(rtol=0.5, atol=0))

    assert change(1.5, 1.5000001, strict) == "$: number"
    assert change(1.5, 2.2, wide) == ""
    assert change(1.5, 2.3, wide) == "$: number"


def test_a_change_is_short_redacted_and_one_line() -> None:
    key = "k" * 200
    told = [
        change({key: 0}, {key: 1}),
        change({"a\nb\ud800": 0}, {"a\nb\ud800": 1}),
        change({"a": "password=hunter2"}, {"a": "x"}),
    ]

    assert all(0 < len(each) <= CHANGE_CHARACTERS for each in told)
    assert all(each.isprintable() and each.encode() for each in told)
    assert "hunter2" not in told[2]


def test_of_a_huge_list_so_many_values_are_compared() -> None:
    same = [0] * MAX_VALUES

    assert change([*same, 0], [*same, 1]) == ""
    assert change([0, *same], [1, *same]) == "[*] 0 -> 1"
    assert change({"a": same, "b": 0}, {"a": same, "b": 1}) == ""


def test_bodies_too_long_to_be_read_are_compared_byte_by_byte() -> None:
    long = b'"' + b"x" * READ_BYTES + b'"'

    assert change(long, long) == ""
    assert change(long, long + b" ") == "too long to be read -> too long to be read"
    assert key_of(EVERYTHING, body(long)) == key_of(EVERYTHING, body(long))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": [1.0, None]}, {"b": [1, None], "a": 1.0}),
        (0.12345678, 0.12345679),
        (-0.0, 0),
        (NAN, NAN),
    ],
)
def test_equal_predictions_have_equal_keys(one: Any, other: Any) -> None:
    assert key_of(EVERYTHING, body(one)) == key_of(EVERYTHING, body(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, "1"),
        (None, "null"),
        ([1, 2], [2, 1]),
        ([[1], [2]], [[1, 2]]),
        ([["a"], "b"], [["a", "b"]]),
        ({"a": 1}, {"b": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        ({"a": "b"}, {"ab": ""}),
        (HUGE, HUGE + 1),
        ([], {}),
        (b"no", b"JSON"),
    ],
)
def test_other_predictions_have_other_keys(one: Any, other: Any) -> None:
    assert key_of(EVERYTHING, body(one)) != key_of(EVERYTHING, body(other))


def test_a_key_is_of_the_compared_paths_only() -> None:
    how = Comparison(Compared(("label",)))

    assert key_of(how, body({"label": 0, "id": 1})) == key_of(how, body({"label": 0, "id": 2}))
    assert key_of(how, body({"label": 0})) != key_of(how, body({"label": 1}))
    assert key_of(how, body({})) != key_of(how, body({"label": None}))


def test_compared_paths_that_lead_nowhere_are_named() -> None:
    how = Comparison(Compared(("a", "b[*].c", "d")))

    assert list(missing_paths(how, {"a": 1, "b": [{"c": 1}, {}]})) == ["b[*].c", "d"]
    assert list(missing_paths(EVERYTHING, {})) == []


def test_paths_that_lead_nowhere_leave_everything_to_be_compared() -> None:
    misspelt = Comparison(Compared(paths=("lable", "rows[*].scroe")))
    assert change({"label": 1}, {"label": 1}, misspelt) == ""
    assert change({"label": 1}, {"label": 2}, misspelt) == "label 1 -> 2"
    assert change({"lable": 1, "id": 1}, {"lable": 1, "id": 2}, misspelt) == ""
    assert change({"lable": 1}, {"label": 1}, misspelt) == "lable: number -> missing"
    assert key_of(misspelt, body({"label": 1})) != key_of(misspelt, body({"label": 2}))

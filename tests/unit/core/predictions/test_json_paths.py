"""Paths lead through objects and lists, and say where they end before their time."""

from typing import Any

import pytest

from rollout.core.predictions.json_paths import (
    Blocked,
    Missing,
    at_path,
    each_at,
    is_missing,
    kind_of,
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("[0].score", 0.9),
        ("0.score", 0.9),
        ("0", {"score": 0.9, "tags": [["a"], ["b", "c"]], "a[0]": 7}),
        ("[0].tags[1][0]", "b"),
        ("0.tags.1.1", "c"),
        ("0.a[0]", 7),
    ],
)
def test_a_path_goes_through_lists(path: str, value: Any) -> None:
    answer = [{"score": 0.9, "tags": [["a"], ["b", "c"]], "a[0]": 7}]
    assert at_path(answer, path) == value


def test_a_dollar_is_the_whole_answer_unless_it_is_a_key() -> None:
    assert at_path([1, 2], "$") == [1, 2]
    assert at_path({"$": 3}, "$") == 3


def test_an_index_beyond_the_list_is_missing_and_one_into_an_object_is_a_key() -> None:
    assert at_path([1], "5") == Missing()
    assert at_path({"0": 1}, "0") == 1
    assert at_path({"a": None}, "a.b") == Missing()
    assert at_path({"a": "x"}, "a.0") == Blocked("a", "x")


@pytest.mark.parametrize(
    ("document", "path", "values"),
    [
        ({"rows": [{"a": 1}, {"a": 2}]}, "rows[*].a", [1, 2]),
        ([{"a": 1}, {"b": 2}], "[*].a", [1, Missing()]),
        ([[1, 2], [3]], "[*][*]", [1, 2, 3]),
        ([[1, 2], [3]], "[*]", [[1, 2], [3]]),
        ([[1, 2], [3]], "[*][0]", [1, 3]),
        ({"rows": []}, "rows[*].a", []),
        ({"rows": []}, "rows", [[]]),
        ({"rows": 5}, "rows[*].a", [Blocked("rows", 5)]),
        ({}, "rows[*].a", [Missing()]),
        ("text", "rows[*].a", [Blocked("", "text")]),
        ({"a": 1}, "[*]", [Blocked("", {"a": 1})]),
    ],
)
def test_a_star_stands_for_every_item(document: Any, path: str, values: list[Any]) -> None:
    assert each_at(document, path) == values


def test_what_is_missing_is_no_value() -> None:
    assert is_missing(Missing())
    assert is_missing(Blocked("a", 1))
    assert not is_missing(None)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "number"),
        (0.5, "number"),
        ("1", "text"),
        ([], "list"),
        ({}, "object"),
        (Missing(), "missing"),
    ],
)
def test_each_kind_has_one_word(value: Any, kind: str) -> None:
    assert kind_of(value) == kind

"""Each unmet expectation has a sentence that quotes, and a fault that does not."""

from typing import Any

import pytest

from rollout.core.policy.expectation import Expectation, Interval, JsonType, Near
from rollout.core.predictions.expectations import same_json, unmet

SECRET = "personal"


@pytest.mark.parametrize(
    ("expect", "fault"),
    [
        (Expectation(present=("score",)), "no 'score'"),
        (Expectation(present=("name.first",)), "no 'name.first'"),
        (Expectation(absent=("name",)), "has 'name'"),
        (Expectation(absent=("name.first",)), "not known to lack 'name.first'"),
        (Expectation(values={"name": "x"}), "another value at 'name'"),
        (Expectation(values={"score": 1}), "no 'score'"),
        (Expectation(types={"name": JsonType.NUMBER}), "text at 'name'"),
        (Expectation(lengths={"name": 3}), "another length at 'name'"),
        (Expectation(lengths={"age": 3}), "number at 'age'"),
        (Expectation(ranges={"age": Interval(0, 1)}), "out of range at 'age'"),
        (Expectation(ranges={"name": Interval(0, 1)}), "text at 'name'"),
        (Expectation(close={"age": Near(0, 1)}), "not close at 'age'"),
        (Expectation(close={"name": Near(0, 1)}), "text at 'name'"),
    ],
)
def test_a_fault_names_path_and_kind_and_no_value(expect: Expectation, fault: str) -> None:
    (found,) = unmet(expect, {"name": SECRET, "age": 4711})

    assert found.fault == fault
    assert SECRET not in found.fault
    assert "4711" not in found.fault


def test_what_is_met_yields_nothing() -> None:
    expect = Expectation(
        present=("a",),
        absent=("error",),
        values={"a": 1},
        types={"a": JsonType.INTEGER},
        lengths={"b": 2},
        ranges={"a": Interval(0, 1)},
        close={"a": Near(1.05, 0.1)},
    )
    assert list(unmet(expect, {"a": 1, "b": "xy"})) == []


@pytest.mark.parametrize(
    ("expect", "fault"),
    [
        (Expectation(present=("[*].score",)), "no '[*].score'"),
        (Expectation(absent=("[*].error",)), "has '[*].error'"),
        (Expectation(types={"[*].score": JsonType.NUMBER}), "no '[*].score'"),
        (Expectation(ranges={"[*].id": Interval(0, 1)}), "out of range at '[*].id'"),
        (Expectation(present=("rows[*].score",)), "no 'rows[*].score'"),
        (Expectation(absent=("rows[*].error",)), "not known to lack 'rows[*].error'"),
    ],
)
def test_every_item_of_a_star_must_meet_it_and_the_first_that_does_not_is_told(
    expect: Expectation, fault: str
) -> None:
    rows = [{"id": 1, "score": 1}, {"id": 2, "error": "a"}, {"id": 3, "error": "b"}]

    assert [each.fault for each in unmet(expect, rows)] == [fault]
    assert list(unmet(Expectation(present=("[*].x",), absent=("[*].y",)), [])) == []


def test_a_quoted_value_can_be_written_anywhere() -> None:
    (found,) = unmet(Expectation(values={"a": 1}), {"a": "\ud800 token=abcdefgh"})

    assert found.sentence.encode()
    assert "abcdefgh" not in found.sentence


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        (True, 1, False),
        (1, True, False),
        (1, 1.0, True),
        ([1, [2]], (1, [2]), True),
        ([1], [1, 2], False),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": 1}, {"b": 1}, False),
        ([1], 1, False),
        (None, None, True),
        (float("nan"), float("nan"), False),
    ],
)
def test_json_values_are_compared_as_json(found: Any, wanted: Any, *, same: bool) -> None:
    assert same_json(found, wanted) is same

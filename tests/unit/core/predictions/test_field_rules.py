"""What a policy writes of a path is what every answer has there."""

from typing import Any

import pytest

from rollout.core.policy.expectation import Interval, JsonType
from rollout.core.policy.quality_model import FieldRule
from rollout.core.predictions.field_rules import adds_up, broken_rules

UNIT = Interval(0, 1)


def broken(rule: FieldRule, document: Any, path: str = "x") -> list[str]:
    return list(broken_rules({path: rule}, document))


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (FieldRule(), 1),
        (FieldRule(nullable=True), None),
        (FieldRule(JsonType.NULL), None),
        (FieldRule(JsonType.INTEGER), 1.0),
        (FieldRule(shape=(2,)), [1, 2]),
        (FieldRule(shape=(-1, 2)), [[1, 2], [3, 4], [5, 6]]),
        (FieldRule(shape=(-1, 2)), []),
        (FieldRule(range=UNIT), 1),
        (FieldRule(range=UNIT), [[0.5], [0, 1]]),
        (FieldRule(labels=("1", "2")), 1.0),
        (FieldRule(labels=("true", "a")), [True, "a"]),
        (FieldRule(sums_to=1), [0.3, 0.7004]),
        (FieldRule(sums_to=1), [[0.5, 0.5], [1, 0]]),
        (FieldRule(sums_to=100), [99.95]),
    ],
)
def test_what_fits_breaks_nothing(rule: FieldRule, value: Any) -> None:
    assert broken(rule, {"x": value}) == []


@pytest.mark.parametrize(
    ("rule", "value", "fault"),
    [
        (FieldRule(), None, "null at 'x'"),
        (FieldRule(JsonType.NUMBER), "1", "text at 'x'"),
        (FieldRule(JsonType.NUMBER), True, "boolean at 'x'"),
        (FieldRule(shape=(2,)), [1], "another shape at 'x'"),
        (FieldRule(shape=(2,)), 1, "another shape at 'x'"),
        (FieldRule(shape=(1,)), [[1]], "another shape at 'x'"),
        (FieldRule(shape=(-1, 2)), [[1, 2], [3]], "another shape at 'x'"),
        (FieldRule(range=UNIT), 1.5, "out of range at 'x'"),
        (FieldRule(range=UNIT), float("nan"), "out of range at 'x'"),
        (FieldRule(range=UNIT), 10**400, "out of range at 'x'"),
        (FieldRule(range=UNIT), [0.5, None], "null at 'x'"),
        (FieldRule(range=UNIT), "0.5", "text at 'x'"),
        (FieldRule(labels=("a",)), "b", "another label at 'x'"),
        (FieldRule(labels=("a",)), ["a", {}], "another label at 'x'"),
        (FieldRule(sums_to=1), [0.3, 0.6], "another sum at 'x'"),
        (FieldRule(sums_to=1), [0.3, "0.7"], "another sum at 'x'"),
        (FieldRule(sums_to=1), [[1], [0.5]], "another sum at 'x'"),
        (FieldRule(sums_to=1), [], "another sum at 'x'"),
        (FieldRule(sums_to=1), [10**400, 0.5], "another sum at 'x'"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(rule: FieldRule, value: Any, fault: str) -> None:
    assert broken(rule, {"x": value}) == [fault]


def test_what_is_missing_breaks_a_rule_unless_it_may_be_null() -> None:
    assert broken(FieldRule(), {}) == ["no 'x'"]
    assert broken(FieldRule(), [1]) == ["no 'x'"]
    assert broken(FieldRule(nullable=True), {}) == []


def test_a_rule_holds_for_every_item_and_is_told_once() -> None:
    rows = [{"p": 0.5}, {"p": 2}, {"p": 3}, {}]

    assert broken(FieldRule(range=UNIT), rows, "[*].p") == ["out of range at '[*].p'"]


def test_a_sum_is_compared_in_proportion() -> None:
    assert adds_up([0.5, 0.5004], 1)
    assert not adds_up([0.5, 0.502], 1)
    assert adds_up([0.0005], 0)
    assert adds_up([999.5], 1000)
    assert not adds_up([float("nan")], 1)

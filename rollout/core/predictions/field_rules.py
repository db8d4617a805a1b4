"""Whether a document has, at the paths that a policy writes, what its rules ask for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollout.core.policy.expectation import Interval, JsonType
from rollout.core.policy.quality_model import FieldRule
from rollout.core.predictions.expectations import is_number
from rollout.core.predictions.json_paths import each_at, is_missing, kind_of, type_fits
from rollout.core.predictions.labels import label_text
from rollout.core.predictions.walking import innermost, leaves

SUM_WITHIN = 0.001
"""Of what a list adds up to, or of 1 if that is less: floats are rounded when they are written."""

ANY_LENGTH = -1


def broken_rules(rules: Mapping[str, FieldRule], document: Any) -> Iterator[str]:
    """Yield what is wrong, once for each path: "null at 'score'"."""
    for path, rule in rules.items():
        for value in each_at(document, path):
            if (what := _broken(rule, value)) is not None:
                yield f"{what} '{path}'"
                break


def adds_up(numbers: Sequence[Any], to: float) -> bool:
    """Say whether a list of numbers has this sum."""
    try:
        total = sum(numbers)
        return bool(abs(total - to) <= SUM_WITHIN * max(1.0, abs(to)))
    except OverflowError:
        return False


def is_within(value: Any, interval: Interval) -> bool:
    """Say whether a number lies in an interval; NaN does not."""
    return bool(interval.least <= value <= interval.most)


def _broken(rule: FieldRule, value: Any) -> str | None:
    if is_missing(value):
        return None if rule.nullable else "no"
    if value is None:
        allowed = rule.nullable or rule.type is JsonType.NULL
        return None if allowed else "null at"
    if rule.type is not None and not type_fits(value, rule.type):
        return f"{kind_of(value)} at"
    if rule.shape is not None and not _has_shape(value, rule.shape):
        return "another shape at"
    return _broken_leaves(rule, value)


def _broken_leaves(rule: FieldRule, value: Any) -> str | None:
    for leaf in leaves([value]):
        if rule.range is not None:
            if not is_number(leaf):
                return f"{kind_of(leaf)} at"
            if not is_within(leaf, rule.range):
                return "out of range at"
        if rule.labels is not None and label_text(leaf) not in rule.labels:
            return "another label at"
    if rule.sums_to is not None:
        for numbers in innermost(value):
            if not (all(map(is_number, numbers)) and adds_up(numbers, rule.sums_to)):
                return "another sum at"
    return None


def _has_shape(value: Any, shape: tuple[int, ...]) -> bool:
    if not shape:
        return not isinstance(value, list)
    if not isinstance(value, list) or shape[0] not in (ANY_LENGTH, len(value)):
        return False
    return all(_has_shape(item, shape[1:]) for item in value)

"""Labels are told from measures, compared as classes, and quoted without harm."""

from typing import Any

import pytest

from rollout.core.predictions.labels import (
    LABEL_CHARACTERS,
    is_label,
    label_text,
    quoted_label,
    safe_line,
    same_label,
)


@pytest.mark.parametrize("value", ["fraud", "", "0.93", True, False, 0, 1, -999, 999])
def test_texts_booleans_and_short_whole_numbers_are_labels(value: Any) -> None:
    assert is_label(value)


@pytest.mark.parametrize("value", [1000, 10**400, 1.0, 0.5, None, [1], {"a": 1}])
def test_other_numbers_are_measures_and_null_is_neither(value: Any) -> None:
    assert not is_label(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.25, "0.25"),
        (1e300, "1e+300"),
        ("x", "x"),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_a_scalar_has_one_text(value: Any, text: str | None) -> None:
    assert label_text(value) == text


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (1, "1"),
        (1, "1.0"),
        (1.0, "1"),
        ("1", 1),
        (0.5, "0.50"),
        (True, "True"),
        (False, "false"),
        ("fraud", " fraud "),
        (-0.0, "0"),
    ],
)
def test_a_class_is_the_same_however_a_file_writes_it(found: Any, wanted: Any) -> None:
    assert same_label(found, wanted)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (1, True),
        (0, False),
        (7, "007"),
        (1, "1e0"),
        (1000, "1_000"),
        ("nan", None),
        (None, None),
        ([1], 1),
        ("a", "A"),
        (float("nan"), 0),
    ],
)
def test_other_classes_are_other(found: Any, wanted: Any) -> None:
    assert not same_label(found, wanted)


def test_short_labels_are_quoted_and_longer_texts_are_not() -> None:
    assert quoted_label("fraud") == "fraud"
    assert quoted_label(3) == "3"
    assert quoted_label("") == '""'
    assert quoted_label("x" * (LABEL_CHARACTERS + 1)) is None
    assert quoted_label(None) is None


def test_what_is_quoted_is_redacted_and_can_be_written_anywhere() -> None:
    assert quoted_label("password=hunter2") == "password=[redacted]"
    for odd in ("a\nb", "\ud800", "\u202eabc", "\x1b[31mred"):
        quoted = safe_line(odd, 60)
        assert quoted.encode()
        assert quoted.isprintable()

"""What the app tells of docs/unverified.md is what the page says."""

import pytest

from dev.unverified_rows import SOURCE, TARGET, module, rows
from rollout.inbound.unverified import UNVERIFIED

PAGE = SOURCE.read_text(encoding="utf-8")


def test_the_committed_module_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == module(PAGE), "run: make generate"
    assert tuple(rows(PAGE)) == UNVERIFIED


def test_rows_are_plain_text_under_their_heading() -> None:
    page = "## Heads\n| assumption | b | c |\n| --- | --- | --- |\n| a `\\|b` | [x](y) *z* | c |\n"
    assert list(rows(page)) == [("Heads", "a |b", "x z")]


def test_a_row_with_another_number_of_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 columns"):
        list(rows("| assumption | b | c |\n| a | b |"))


def test_what_is_settled_is_no_assumption() -> None:
    page = "| assumption | b | c |\n| a | b | c |\n\n| settled | b |\n| --- | --- |\n| d | e |\n"
    assert [assumption for _, assumption, _ in rows(page)] == ["a"]

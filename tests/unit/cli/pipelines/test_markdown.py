"""Markdown in which other people's text does nothing."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.cli.pipelines.markdown import CUT, block, page, table, text


@pytest.mark.parametrize(
    "written",
    ["<script>", "@org/team", "a|b", "[x](y)", "#12", "`x`", "*b*", "<!--", "&amp;", "~x~", "\\|"],
)
def test_markup_is_shown_and_not_obeyed(written: str) -> None:
    shown = text(written)

    assert not set("<>@|[]#`*!~\\") & set(re.sub(r"&#\d+;", "", shown))
    assert unescape(shown).replace("\u200b", "") == written


def test_words_stay_readable() -> None:
    assert text("10 % -> 50 %, candidate 0 of 71") == "10 % -&#62; 50 %, candidate 0 of 71"


@given(st.text())
def test_a_cell_is_one_line_without_a_bar(written: str) -> None:
    assert len(text(written).splitlines()) <= 1
    assert "|" not in text(written)


def test_a_mention_and_a_reference_are_broken() -> None:
    assert text("@ann #7") == "&#64;&#8203;ann &#35;&#8203;7"


@given(st.text(alphabet="`~ax\n"))
def test_nothing_in_a_block_ends_it(content: str) -> None:
    first, *body, last = block(content).rstrip("\n").split("\n")

    fence = first.removesuffix("text")
    assert last == fence
    assert set(fence) == {"`"}
    assert not any(fence in line for line in body)


def test_a_table_has_a_row_for_each_and_none_is_nothing() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert table(("a",), []) == ""


def test_sections_that_do_not_fit_are_left_out_whole_and_that_is_said() -> None:
    sections = ["a" * 40, "b" * 40, "c" * 40]

    assert page(sections, 1000) == "\n".join(sections)
    assert page(sections, 150) == f"{sections[0]}\n{sections[1]}{CUT}"
    assert len(page(["é" * 400], 300).encode()) <= 300

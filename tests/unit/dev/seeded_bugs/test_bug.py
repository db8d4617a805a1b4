"""A seeded bug breaks one line and nothing else, or says that its entry is out of date."""

from dataclasses import replace

import pytest

from dev.seeded_bugs.bug import OutdatedBugError, SeededBug

SOURCE = """\
def price(pieces, each):
    if pieces > 10:
        each = each / 2
    total = pieces * each
    return total
"""
BUG = SeededBug(
    file="shop/price.py",
    was="if pieces > 10:",
    becomes="if pieces >= 10:",
    harm="Ten pieces cost half.",
    test="tests/test_price.py::test_ten",
)


def test_one_line_is_broken_with_its_indentation_and_every_other_one_stays() -> None:
    assert BUG.broken(SOURCE) == SOURCE.replace("pieces > 10", "pieces >= 10")
    assert BUG.module == "shop.price"


def test_a_line_can_be_lost() -> None:
    lost = replace(BUG, was="total = pieces * each", becomes="")
    assert lost.broken(SOURCE) == SOURCE.replace("    total = pieces * each\n", "")


def test_lines_in_a_row_are_indented_relative_to_the_first() -> None:
    lines = "if pieces > 10:\n    each = each / 2"
    swapped = replace(BUG, was=lines, becomes="each = each / 2\nif pieces > 10:\n    pass")
    assert swapped.broken(SOURCE).splitlines()[1:4] == [
        "    each = each / 2",
        "    if pieces > 10:",
        "        pass",
    ]


@pytest.mark.parametrize(
    ("was", "times"), [("if pieces > 11:", 0), ("each = each", 0), ("total = pieces * each", 2)]
)
def test_a_line_that_is_not_there_exactly_once_asks_for_an_update(was: str, times: int) -> None:
    twice = SOURCE + SOURCE if times else SOURCE
    with pytest.raises(OutdatedBugError, match=f"has this {times} times, not once: update its"):
        replace(BUG, was=was).broken(twice)

"""The list: who needs a person comes first, and it fits a phone and a wide screen."""

import pytest

from rollout.cli.shown.fleet import fleet, summary
from rollout.cli.shown.glyphs import ASCII, UNICODE
from tests.support.builders import held
from tests.support.views import LATER, baking, fault_view, view_of

VIEWS = [view_of(baking()), fault_view(), {**view_of(held(baking())), "service": "churn"}]


def listed(width: int, *, wide: bool = False) -> list[str]:
    return [line.plain for line in fleet(VIEWS, LATER, width, UNICODE, wide=wide)]


@pytest.mark.parametrize("width", [40, 59, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert [line for line in listed(width) if len(line) > width] == []


@pytest.mark.parametrize("width", [40, 80, 200])
def test_those_that_need_a_person_come_first_and_are_marked(width: int) -> None:
    marked = [line for line in listed(width) if line[:2] in {"! ", "x "}]

    assert [line.split()[:2] for line in marked] == [["!", "churn"], ["x", "pricing"]]


def test_a_table_keeps_what_matters_most_where_it_is_narrow() -> None:
    assert "EVIDENCE" in listed(200)[0]
    assert "EVIDENCE" not in listed(80)[0]
    assert all(word in listed(60)[0] for word in ("SERVICE", "PHASE", "NEXT"))


def test_wide_has_the_endpoint_and_cuts_nothing() -> None:
    lines = listed(40, wide=True)

    assert "ENDPOINT" in lines[0]
    assert all("..." not in line for line in lines)


def test_ascii_is_ascii() -> None:
    lines = fleet(VIEWS, LATER, 80, ASCII)

    assert all(line.plain.isascii() for line in lines)


def test_the_summary_counts() -> None:
    told = "3 services: 1 needs a person, 1 with a fault, 1 moves; the timer ran 12 s ago"

    assert summary(VIEWS, 12) == told
    assert summary([], None) == "0 services"


def test_an_empty_list_says_so() -> None:
    assert [line.plain for line in fleet([], LATER, 80, UNICODE)] == ["no services"]

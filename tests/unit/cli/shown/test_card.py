"""A card fits its width, reads without colour, and says one next step."""

from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from rollout.cli.shown.card import Frame, card, one_line
from rollout.cli.shown.glyphs import ASCII, UNICODE, Glyphs
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Rollout
from tests.support.builders import BLUE, a_current, a_rollout, an_offer, held
from tests.support.views import LATER, baking, entry, view_of

WIDTHS = [40, 80, 200]


def drawn(rollout: Rollout | None, width: int = 80, glyphs: Glyphs = UNICODE, **frame: Any) -> str:
    view = view_of(rollout, history=(entry(1, "CREATING -> VALIDATING"), entry(2, "x" * 300)))
    lines = card(view, Frame(LATER, width, glyphs, **frame))
    return "\n".join(line.plain for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NONE])
def test_no_line_of_any_phase_is_wider_than_the_terminal(phase: Phase, width: int) -> None:
    for rollout in (a_rollout(phase), baking()):
        lines = drawn(rollout, width, silent="timed out").splitlines()
        assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bake_shows_split_track_odds_countdown_and_one_next_step(width: int) -> None:
    text = drawn(baking(), width)

    for told in ("BAKING 1/3", "blue 90 %", "green-7 10 %", "0 of 300", "in 7:00", "3:00 of 10:00"):
        assert told in " ".join(text.split())
    assert "▒" in text
    assert text.count("rollout rollback fraud") == 1


def test_sides_differ_by_glyph_and_by_nothing_else_without_colour() -> None:
    bar = next(line for line in drawn(baking(), 80).splitlines() if "█" in line and "▒" in line)

    assert bar.count("█") == 54
    assert bar.count("▒") == 6


@pytest.mark.parametrize("width", WIDTHS)
def test_ascii_is_ascii(width: int) -> None:
    assert drawn(baking(), width, ASCII).isascii()


def test_other_peoples_text_cannot_move_the_cursor_or_command_a_pipeline() -> None:
    view = view_of(baking())
    bad = {**view, "says": "a\x1b[2Jb ##vso[task.setvariable]x"}

    text = "\n".join(line.plain for line in card(bad, Frame(LATER, 80, UNICODE)))

    assert "\x1b" not in text
    assert "##vso" not in text


def test_a_hold_says_whose_turn_it_is_and_when_it_ends() -> None:
    text = drawn(held(baking()))

    assert "a person: " in text
    assert "ends by itself in 23:57:00" in text
    assert "rollout resume fraud" in text


def test_without_an_answer_of_the_app_the_way_without_it_is_shown() -> None:
    text = drawn(baking(), 200, silent="timed out")

    assert "The app does not answer: timed out" in text
    assert f"rollout rollback fraud --direct --to {BLUE}" in text


def test_lines_of_the_callers_own_stand_below_the_traffic() -> None:
    lines = drawn(baking(), extra=(Text("clients: 12 a second"),)).splitlines()

    split = next(at for at, line in enumerate(lines) if "green-7 10 %" in line)
    assert lines[split + 1] == "clients: 12 a second"


def test_a_service_without_a_rollout_has_a_card_too() -> None:
    current = a_current(waiting=an_offer("8"))
    view = view_of(None, current=current)

    text = "\n".join(line.plain for line in card(view, Frame(LATER, 80, UNICODE)))

    assert "version 8 waits" in text


def test_no_colour_leaves_no_escape_sequence() -> None:
    console = Console(width=80, no_color=True, force_terminal=False)
    with console.capture() as capture:
        for line in card(view_of(baking()), Frame(LATER, 80, UNICODE)):
            console.print(line)

    assert "\x1b" not in capture.get()


def test_one_line_says_where_it_is_and_what_is_next() -> None:
    line = one_line(view_of(baking()), UNICODE, LATER)

    assert line.startswith("fraud BAKING 1/3: version 7 bakes at 10 %")
    assert line.endswith("in 7:00")

"""The live view: sides differ by glyph, colours follow names."""

from rich.console import Console

from demo.pictures import drawn
from demo.watching import Picture


def picture(candidate: str, split: dict[str, int]) -> Picture:
    rollout = {
        "version": "3",
        "candidate": candidate,
        "stable": "green-2",
        "stage": 0,
        "stages": [{"weight": 10}],
        "hold": None,
        "traffic": {"seen": split},
    }
    return Picture({"phase": "BAKING", "rollout": rollout}, {}, {}, ())


def shown(of: Picture, *, colour: bool) -> str:
    console = Console(width=140, force_terminal=colour, color_system="standard" if colour else None)
    with console.capture() as capture:
        console.print(drawn("act", "", of))
    return capture.get()


def test_a_split_reads_without_colour() -> None:
    text = shown(picture("blue-3", {"green-2": 90, "blue-3": 10}), colour=False)

    assert "█" * 45 + "▒" * 5 + "  █ green-2 90 %  ▒ blue-3 10 %" in text


def test_a_colour_never_contradicts_a_name() -> None:
    text = shown(picture("blue-3", {"green-2": 90, "blue-3": 10}), colour=True)

    assert "\x1b[32m  █ green-2 90 %" in text
    assert "\x1b[34m  ▒ blue-3 10 %" in text


def test_a_split_that_was_not_seen_is_unknown() -> None:
    assert "traffic seen  unknown" in shown(picture("blue-3", {}), colour=False)

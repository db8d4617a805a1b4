"""The live view: sides differ by glyph, colours follow names, and both streams are shown."""

from typing import Any

from rich.console import Console

from demo.pictures import drawn, in_one_line, streams_text
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


def probed(phase: str, sent: int, live: dict[str, float] | None) -> Picture:
    rollout: dict[str, Any] = dict(picture("blue-3", {}).rollout)
    rollout["probes"] = {"pairs": 240, "candidateFailed": 3, "stableFailed": 0, "sent": sent}
    rollout["evidence"] = {"live": live, "fromProbes": 0.97, "text": None}
    return Picture({"phase": phase, "rollout": rollout}, {}, {}, ())


LIVE = {"candidate": 2.0, "candidateFailed": 0.0, "stable": 9.0, "stableFailed": 1.0}
PAIRS = "probes: 240 pairs, candidate failed 3, stable 0"


def test_a_bake_shows_both_streams_and_what_probes_have_of_the_evidence() -> None:
    now = probed("BAKING", 240, LIVE)
    lines = [
        "live requests judged in this stage: candidate failed 0 of 2, stable 1 of 9",
        f"{PAIRS}; 97% of the stage's evidence is theirs",
    ]

    assert streams_text(now).splitlines() == lines
    assert in_one_line(now).endswith(" | ".join(lines))
    assert all(line in shown(now, colour=False) for line in lines)


def test_before_the_first_weight_only_probes_are_shown() -> None:
    assert streams_text(probed("VALIDATING", 240, None)) == PAIRS


def test_without_a_probe_no_stream_is_shown() -> None:
    assert streams_text(probed("BAKING", 0, LIVE)) == ""
    assert streams_text(picture("blue-3", {})) == ""

"""The story's live view: the service's card, the clients' counts, and both streams."""

from dataclasses import replace
from typing import Any

from rich.console import Console

from demo.load import Count
from demo.pictures import drawn, in_one_line, streams_text
from demo.watching import Picture
from rollout.core.records.rollout import Seen
from tests.support.builders import NOW
from tests.support.views import baking, view_of


def picture(split: dict[str, int]) -> Picture:
    rollout = baking(candidate="blue-3", stable="green-2", seen=Seen(at=NOW, split=split))
    view = view_of(rollout)
    return Picture(view, {}, {}, (), view)


def shown(of: Picture, *, colour: bool = False) -> str:
    console = Console(width=140, force_terminal=colour, color_system="standard" if colour else None)
    with console.capture() as capture:
        console.print(drawn("act", "", of, 140))
    return capture.get()


def test_a_split_reads_without_colour() -> None:
    text = shown(picture({"green-2": 90, "blue-3": 10}))

    assert "█" * 54 + "▒" * 6 in text
    assert "█ green-2 90 %  ▒ blue-3 10 %" in text


def test_a_colour_never_contradicts_a_name() -> None:
    text = shown(picture({"green-2": 90, "blue-3": 10}), colour=True)

    assert "\x1b[32m green-2 90 %" in text
    assert "\x1b[34m blue-3 10 %" in text


def test_a_split_that_was_not_seen_is_said_to_be_so() -> None:
    assert "not seen yet" in shown(picture({}))


def test_clients_counts_stand_in_the_card_and_the_story_offers_no_orders() -> None:
    now = replace(picture({}), counts={"green-2": Count(1200, 3)}, rates={"green-2": 24.5})

    text = shown(now)

    assert "green-2           24.5     1,200       3" in text
    assert "rollout rollback" not in text


def test_an_app_that_does_not_answer_leaves_the_last_card() -> None:
    text = shown(replace(picture({}), view={}))

    assert "the app is not answering" in text
    assert "BAKING 1/3" in text
    assert "the app is not answering" in shown(Picture({}, {}, {}, ()))


def probed(phase: str, sent: int, live: dict[str, float] | None) -> Picture:
    rollout: dict[str, Any] = dict(picture({}).rollout)
    rollout["probes"] = {"pairs": 240, "candidateFailed": 3, "stableFailed": 0, "sent": sent}
    rollout["evidence"] = {"live": live, "fromProbes": 0.97, "text": None}
    view = {**picture({}).view, "phase": phase, "rollout": rollout}
    return Picture(view, {}, {}, (), view)


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
    assert all(line in shown(now) for line in lines)


def test_before_the_first_weight_only_probes_are_shown() -> None:
    assert streams_text(probed("VALIDATING", 240, None)) == PAIRS


def test_without_a_probe_no_stream_is_shown() -> None:
    assert streams_text(probed("BAKING", 0, LIVE)) == ""
    assert streams_text(picture({})) == ""

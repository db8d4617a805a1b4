"""Bars say what their numbers say."""

import pytest

from rollout.cli.shown.bars import odds_bar, split_bar, stage_track
from rollout.cli.shown.glyphs import ASCII, UNICODE
from rollout.core.records.phases import Phase
from tests.support.builders import BLUE, GREEN, a_rollout
from tests.support.views import view_of


@pytest.mark.parametrize(
    ("odds", "filled"), [(0.1, 0), (1.0, 0), (10.0, 10), (100.0, 20), (5000.0, 20)]
)
def test_odds_fill_their_bar_by_factors(odds: float, filled: int) -> None:
    bar = odds_bar({"odds": odds, "of": 100.0, "fromProbes": 0}, 20, ASCII, good=True)

    assert bar.plain.count("#") == filled


def test_odds_say_which_part_came_from_probes() -> None:
    bar = odds_bar({"odds": 71.0, "of": 20.0, "fromProbes": 0.3}, 20, ASCII, good=True)

    assert bar.plain.endswith("71:1 of 20:1, 30% from probes")


@pytest.mark.parametrize("candidate", [1, 10, 50, 99, 100])
@pytest.mark.parametrize("width", [10, 40, 60])
def test_a_split_fills_its_bar_and_hides_no_side(candidate: int, width: int) -> None:
    split = {GREEN: candidate, BLUE: 100 - candidate}
    rollout = {"candidate": GREEN, "stable": BLUE, "traffic": {"seen": split}}

    bar = split_bar(rollout, width, UNICODE)

    assert bar is not None
    assert len(bar.plain) == width
    assert bar.plain.count("▒") >= 1
    assert (bar.plain.count("█") >= 1) == (candidate < 100)


def test_a_third_deployment_has_a_glyph_of_its_own() -> None:
    split = {GREEN: 10, BLUE: 50, "hotfix": 40}
    rollout = {"candidate": GREEN, "stable": BLUE, "traffic": {"seen": split}}

    bar = split_bar(rollout, 20, UNICODE)

    assert bar is not None
    assert sorted(set(bar.plain)) == sorted("█▒▚")


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.NONE])
def test_a_rollout_is_at_one_station_or_on_its_way_back(phase: Phase) -> None:
    rollout = view_of(a_rollout(phase))["rollout"]

    here = [each.plain for each in stage_track(rollout, ASCII) if each.plain.startswith("> ")]

    on_track = {
        Phase.CREATING: "> create",
        Phase.VALIDATING: "> validate",
        Phase.SHIFTING: "> 10 %",
        Phase.BAKING: "> 10 %",
        Phase.PROMOTED: "> keep",
        Phase.RETIRING: "> keep",
        Phase.SUCCEEDED: "",
    }
    assert here == ([on_track[phase]] if on_track.get(phase) else [])

"""The periods that docs/scale.md states are those of the code."""

from datetime import timedelta

from rollout.service import Limits
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
UNITS = {
    "minutes": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hours": timedelta(hours=1),
    "day": timedelta(days=1),
}
ROUNDS = {
    "live endpoints": "sweep_live",
    "all known endpoints": "sweep_all",
    "leftovers": "clean",
    "old rows": "prune",
}


def stated(text: str) -> timedelta:
    number, unit = text.split()
    return int(number) * UNITS[unit]


def test_each_round_begins_and_comes_back_as_the_page_says() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines()]
    periods = {row[0]: (stated(row[1]), stated(row[2])) for row in rows if row[0] in ROUNDS}
    assert periods.keys() == ROUNDS.keys()
    limits = Limits("workspace")
    for name, period in periods.items():
        rhythm = getattr(limits, ROUNDS[name])
        assert period == (rhythm.every, rhythm.within), name


def test_the_slice_and_the_spread_are_the_codes() -> None:
    limits = Limits("workspace")
    assert f"a slice of {limits.slice_time.total_seconds():.0f} s" in PAGE
    assert f"spread over {limits.spread.total_seconds():.0f} s" in PAGE
    assert f"spread over {limits.clean.spread // timedelta(minutes=1)} minutes" in PAGE

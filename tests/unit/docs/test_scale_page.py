"""The stated periods of docs/scale.md are those of the code."""

import re
from datetime import timedelta

from rollout.core.records.rounds import RoundKind
from rollout.service.dependencies import Limits, Rhythm
from rollout.service.rounds import TITLES
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
MINUTE = timedelta(minutes=1)
RHYTHMS: dict[RoundKind, Rhythm] = {
    RoundKind.LIVE: Limits.sweep_live,
    RoundKind.ALL: Limits.sweep_all,
    RoundKind.LEFTOVERS: Limits.clean,
    RoundKind.RETENTION: Limits.prune,
}


def test_each_round_is_in_the_table_with_its_periods() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) min \| (\d+) min \|", PAGE, re.MULTILINE)
    assert {name: (int(every) * MINUTE, int(within) * MINUTE) for name, every, within in rows} == {
        TITLES[kind].removeprefix("the "): (rhythm.every, rhythm.within)
        for kind, rhythm in RHYTHMS.items()
    }


def test_the_time_of_a_slice_and_of_the_search_are_told() -> None:
    assert f"a slice of {Limits.slice_time.total_seconds():.0f} s" in PAGE
    assert f"spread over {Limits.clean.spread // MINUTE} min" in PAGE

"""Random schedules: whatever comes, in whatever order, with whatever faults, every rule holds.

A seed names a schedule; the same seed is the same story. What fails is printed as short as it still
fails, with the command that plays it again. `make prove SCHEDULES=100000` plays more of them.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.support.schedules.places import ENOUGH, never_reached
from tests.support.schedules.proving import play

# The same lines thousands of times: tracing them costs twice their run and covers nothing more.
pytestmark = pytest.mark.no_cover

SHARES = 40
A_SHARE = ENOUGH // SHARES


@pytest.fixture
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all shares of this run have in common, in whichever worker they run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "places"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize("share", range(SHARES))
def test_random_schedules_keep_every_rule_and_come_to_every_place(share: int, places: Path) -> None:
    result = play(range(share * A_SHARE, (share + 1) * A_SHARE))
    assert result.failure is None, str(result.failure)
    part = places / f"{share}.part"
    part.write_text(json.dumps(result.places))
    # Renamed once it is whole: another worker may be the last one.
    part.rename(places / f"{share}.json")
    told = [Counter(json.loads(each.read_text())) for each in places.glob("*.json")]
    if len(told) == SHARES:
        assert not never_reached(sum(told, Counter()))

"""Whatever files hold, however they grow and wherever looks end: each answer counts once."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.predictions.allowance import Bounds
from tests.support.collected_files import lines
from tests.unit.adapters.predictions.test_reading_on import SINCE, Side, a_file

MINUTE = timedelta(minutes=1)
RECORD = lines([{"score": 0.5}], SINCE)
LINES = st.sampled_from([RECORD, RECORD * 3, b"\n", b"no record\n", b"x" * 900 + b"\n", b"{}\r\n"])
BOUNDS = st.one_of(
    st.builds(Bounds, lines=st.integers(1, 9)), st.builds(Bounds, bytes=st.integers(1, 4000))
)


@given(
    contents=st.lists(st.lists(LINES, max_size=12), min_size=1, max_size=4),
    cuts=st.lists(st.floats(0, 1), max_size=5),
    bounds=st.lists(BOUNDS, min_size=1, max_size=6),
)
def test_each_answer_counts_once(
    contents: list[list[bytes]], cuts: list[float], bounds: list[Bounds]
) -> None:
    wholes = [b"".join(each) for each in contents]
    side, turn = Side(), 0
    for before, after in pairwise([0.0, *sorted(cuts), 1.0]):
        for number, whole in enumerate(wholes):
            part = whole[int(before * len(whole)) : int(after * len(whole))]
            side.files.append(a_file(SINCE, f"file-{number}"), part)
        side.look(SINCE + MINUTE, bounds[turn % len(bounds)])
        turn += 1
    while side.look(SINCE + MINUTE, bounds[turn % len(bounds)]) or side.progress.more:
        turn += 1

    assert side.answers == sum(whole.count(RECORD) for whole in wholes)

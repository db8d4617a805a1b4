"""How far files were read, in few bytes, and back again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.predictions.cursor import (
    MOST_BYTES,
    MOST_FILES,
    Position,
    of_side,
    packed,
    position,
    unpacked,
)

FOLDER = "2026/11/27/10/59"
names = st.text(min_size=1, max_size=40)


@given(st.dictionaries(names, st.integers(0, MOST_BYTES - 1), max_size=MOST_FILES))
def test_a_position_read_back_is_the_same(read: dict[str, int]) -> None:
    before = position(FOLDER, read.items())

    assert unpacked(json.loads(json.dumps(packed(before)))) == before
    # Two names with one digest are as likely as 1 in 4 milliards.
    assert {name: before.of(name) for name in read} == read


def test_both_sides_take_less_than_a_kilobyte() -> None:
    full = packed(position(FOLDER, ((f"file-{n}", MOST_BYTES - 1) for n in range(MOST_FILES))))
    cursor = {
        side: {**full, "last": "2026-11-27T10:59:00+00:00"} for side in ("candidate", "stable")
    }

    assert len(json.dumps(cursor)) < 1100


def test_a_file_that_is_not_known_was_not_read() -> None:
    assert position(FOLDER, []).of("new") == 0


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        {},
        {"oldest": "2026"},
        {"oldest": 7, "read": ""},
        {"oldest": "2026", "read": "no base 64!"},
        {"oldest": "2026", "read": "AAAA"},
    ],
)
def test_what_is_no_position_is_the_beginning(document: Any) -> None:
    assert unpacked(document) == Position()


def test_each_side_has_its_own() -> None:
    mine = position(FOLDER, [("a", 7)])

    assert of_side({"candidate": packed(mine)}, "candidate") == mine
    assert of_side({"candidate": packed(mine)}, "stable") == Position()

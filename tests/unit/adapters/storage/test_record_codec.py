"""Records as JSON and back, and what a damaged document is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.storage import entities, record_codec, table_rows, value_codecs
from rollout.core.policy.model import Approval
from rollout.core.records.history import HistoryEntry
from rollout.core.records.orders import Starter
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.watch import Watch
from rollout.errors import RowTooLargeError, UnreadableRowError
from rollout.ports import Commit
from rollout.units import NO_TIME
from tests.doubles.records import AT, CURRENT, ROLLOUT, entry, minute, offer_record

free_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "record", [CURRENT, ROLLOUT, entry(1), minute(), offer_record()], ids=lambda r: type(r).__name__
)
def test_a_record_comes_back_as_it_was(record: Any) -> None:
    assert record_codec.decode(type(record), record_codec.encode(record)) == record


@given(
    data=st.dictionaries(st.text(), free_json, max_size=3),
    text=st.text(),
    at=st.integers(0, 4_000_000_000_000_000).map(lambda n: AT + timedelta(microseconds=n)),
    phase=st.sampled_from(Phase),
)
def test_any_history_row_survives_its_entity(
    data: dict[str, Any], text: str, at: datetime, phase: Phase
) -> None:
    before = replace(entry(1), data=data, text=text, at=at, phase=phase)
    (_, write) = table_rows.operations(Commit(CURRENT, None, history=[before]), {})
    assert table_rows.read_record(HistoryEntry, write.entity) == before


def test_moments_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    document = record_codec.encode(replace(entry(1), at=AT.astimezone(east)))
    assert document["at"] == "2026-01-31T10:00:00.000000Z"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(entry(1), at=datetime(2026, 1, 1)),  # noqa: DTZ001 - that it has no zone is the point
        replace(entry(1), at="today"),  # type: ignore[arg-type] # what the test is about
        replace(entry(1), text=7),  # type: ignore[arg-type] # what the test is about
        replace(entry(1), sequence=True),
        replace(entry(1), data={"set": {1}}),
    ],
    ids=["naive", "text for moment", "number for text", "bool for number", "not JSON"],
)
def test_what_a_type_does_not_allow_is_not_written(wrong: HistoryEntry) -> None:
    with pytest.raises(TypeError):
        record_codec.encode(wrong)


def test_wrong_records_and_durations_are_not_written() -> None:
    bad_clock = replace(ROLLOUT, human=5)  # type: ignore[arg-type] # what the test is about
    with pytest.raises(TypeError):
        record_codec.encode(bad_clock)
    with pytest.raises(TypeError):
        record_codec.encode(replace(CURRENT, rollout=entry(1)))  # type: ignore[arg-type] # as above


def test_free_json_nested_too_deep_is_not_written() -> None:
    deep: Any = 1
    for _ in range(value_codecs.MAX_NESTING + 2):
        deep = [deep]
    with pytest.raises(ValueError, match="nested deeper"):
        record_codec.encode(replace(entry(1), data={"deep": deep}))


def test_numbers_json_does_not_have_are_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        table_rows.operations(
            Commit(CURRENT, None, history=[replace(entry(1), data={"x": float("nan")})]), {}
        )


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (["endpoint"], 1, "Current.endpoint must be a text, not int"),
        (["sequence"], True, "Current.sequence must be a whole number, not bool"),
        (["sequence"], 1.5, "Current.sequence must be a whole number, not float"),
        (["saved_at"], "soon", "Current.saved_at is not a moment: 'soon'"),
        (["saved_at"], "2026-01-31T10:00:00", "Current.saved_at has no time zone"),
        (["saved_at"], None, "Current.saved_at must be a moment in UTC, not NoneType"),
        (["offers"], {}, "Current.offers must be a list, not dict"),
        (["offers", 0], 1, "Current.offers[0] must be an object, not int"),
        (["offers", 1, "source"], "rumour", "Current.offers[1].source must be one of event"),
        (["offers", 1, "source"], [], "Current.offers[1].source must be one of event"),
        (["rollout", "phase"], "DREAMING", "Current.rollout.phase must be one of NONE"),
        (["rollout", "human"], "5m", "Current.rollout.human must be a number of seconds"),
        (["rollout", "human"], 1e300, "Current.rollout.human is not a duration"),
        (["rollout", "policy", "tags"], [], "Current.rollout.policy.tags must be an object"),
        (["rollout", "policy", "tags", "a"], 1, "Current.rollout.policy.tags.a must be a text"),
        (["rollout", "suspended"], 0, "Current.rollout.suspended must be true or false"),
        (["rollout", "stage"], 9, "Current.rollout: the policy has no stage 9"),
        (["rollout", "phase"], "LOST", "Current.rollout: a rollout in LOST cannot have ended at"),
        (["rollout", "policy", "stages", 0, "weight"], 0, "Current.rollout.policy.stages[0]: a st"),
        (
            ["sequence"],
            -1,
            "Current: history rows, failed passes and replacements cannot be fewer than 0",
        ),
    ],
)
def test_a_damaged_document_is_told_with_its_place(
    path: list[Any], value: Any, sentence: str
) -> None:
    document: Any = record_codec.encode(CURRENT)
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(UnreadableRowError) as caught:
        record_codec.decode(Current, document)
    assert str(caught.value).startswith(sentence)


def test_a_field_with_a_default_may_be_missing_and_others_may_not() -> None:
    document = record_codec.encode(CURRENT)
    del document["next_look"]
    assert record_codec.decode(Current, document) == CURRENT
    del document["service"], document["endpoint"]
    with pytest.raises(UnreadableRowError, match="Current has no endpoint, service"):
        record_codec.decode(Current, document)


BEFORE = [False, True, False]
"""What `approval` was of each stage."""


def test_a_row_of_before_orders_had_keys_and_stages_a_second_person_is_read() -> None:
    document = record_codec.encode(CURRENT)
    del document["orders"]
    del document["rollout"]["starter"]
    for offer in (*document["offers"], document["waiting"]):
        del offer["offerer"]
    for stage, approval in zip(document["rollout"]["policy"]["stages"], BEFORE, strict=True):
        stage["approval"] = approval

    row = record_codec.decode(Current, document)

    assert (row.orders, row.owner.starter, row.offers[0].starter) == ((), Starter(), Starter())
    assert [stage.approval for stage in row.owner.policy.stages] == [
        Approval.NONE,
        Approval.ANYBODY,
        Approval.NONE,
    ]
    again = record_codec.encode(row)["rollout"]["policy"]["stages"]
    assert [stage["approval"] for stage in again] == BEFORE


def test_a_row_of_before_looks_were_remembered_is_read_and_knows_of_none() -> None:
    document = record_codec.encode(CURRENT)
    del document["rollout"]["watch"]
    for clock in ("phase_clock", "deadline_clock"):
        del document["rollout"][clock]["unwatched"]

    owner = record_codec.decode(Current, document).owner

    assert owner.watch == Watch()
    assert (owner.phase_clock.unwatched, owner.deadline_clock.unwatched) == (NO_TIME, NO_TIME)


@dataclass(frozen=True)
class Inner:
    value: int = 0


@dataclass(frozen=True)
class Outer:
    one: Inner | None = None
    many: tuple[Inner, ...] = ()
    free: Mapping[str, int] | None = None


def carried(old: Any, new: Outer) -> dict[str, Any]:
    return record_codec.carry(Outer, old, record_codec.encode(new))


def test_unknown_fields_follow_the_part_they_belong_to() -> None:
    old = {
        "one": {"value": 1, "x": 1},
        "many": [{"value": 1, "x": 1}, {"value": 2, "x": 2}],
        "y": 0,
    }
    assert carried(old, Outer(Inner(5), (Inner(2),))) == {
        "one": {"value": 5, "x": 1},
        "many": [{"value": 2, "x": 2}],
        "free": None,
        "y": 0,
    }
    # With the length unchanged, an item that changed is still the item at its place.
    assert carried(old, Outer(None, (Inner(9), Inner(2))))["many"] == [
        {"value": 9, "x": 1},
        {"value": 2, "x": 2},
    ]
    assert carried(old, Outer(None, ()))["one"] is None


@pytest.mark.parametrize("old", [{}, {"one": 1, "many": 2}, {"one": None, "many": [1, 2]}])
def test_a_document_that_holds_nothing_of_use_is_not_carried(old: Any) -> None:
    new = Outer(Inner(1), (Inner(2),))
    assert carried(old, new) == record_codec.encode(new)


@dataclass(frozen=True)
class Odd:
    value: Any


@pytest.mark.parametrize(
    "hint", [set, int | str, int | str | None, tuple[int, str], Mapping[int, str], bytes]
)
def test_types_without_a_codec_are_refused_by_name(hint: Any) -> None:
    with pytest.raises(TypeError, match="no codec"):
        record_codec.codec_of(hint)


class Colour(Enum):
    RED = 1


def test_an_enumeration_may_have_numbers() -> None:
    codec = record_codec.codec_of(Colour)
    assert codec.decode(codec.encode(Colour.RED), "c") is Colour.RED


def test_older_documents_are_upgraded_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    entity, _ = table_rows.current_entity(CURRENT, {})
    monkeypatch.setattr(entities, "SCHEMA", 3)
    steps = {
        1: lambda document: {**document, "service": "two"},
        2: lambda document: {**document, "service": document["service"] + " three"},
    }
    monkeypatch.setattr(entities, "UPGRADES", steps)
    assert table_rows.read_current(entity).record.service == "two three"


def test_a_row_with_too_many_columns_is_refused() -> None:
    columns = {f"c{number}": 1 for number in range(300)}
    with pytest.raises(RowTooLargeError, match="properties"):
        table_rows.current_entity(CURRENT, {"columns": columns})


@pytest.mark.parametrize("entity", [{"count": "2"}, {"count": True}, {}])
def test_a_count_that_is_none_is_unreadable(entity: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRowError):
        table_rows.read_count(entity)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_moment_beyond_our_time_is_unreadable_and_no_crash(moment: str) -> None:
    document = record_codec.encode(entry(1)) | {"at": moment}
    with pytest.raises(UnreadableRowError, match="is not a moment of our time"):
        record_codec.decode(HistoryEntry, document)


@dataclass(frozen=True)
class Measured:
    value: float
    free: Any = None


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_neither_written_nor_read(number: float) -> None:
    with pytest.raises(UnreadableRowError, match=r"Measured\.value"):
        record_codec.decode(Measured, {"value": number})
    for wrong in (Measured(number), Measured(1.0, {"deep": [number]})):
        with pytest.raises(ValueError, match="no number that JSON has"):
            record_codec.encode(wrong)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_row_that_holds_no_number_is_unreadable_wherever_it_stands(number: str) -> None:
    (_, write) = table_rows.operations(Commit(CURRENT, None, history=[entry(1)]), {})
    part = next(name for name in write.entity if name.startswith("document"))
    damaged = {**write.entity, part: f'{write.entity[part][:-1]}, "more": {number}}}'}
    with pytest.raises(UnreadableRowError, match="the document cannot be read"):
        table_rows.read_record(HistoryEntry, damaged)

"""Tables that read a request and describe it: what one takes the other allows."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rollout.core.policy.azure_names import SERVICE_NAME
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.errors import InvalidInputError
from rollout.inbound.command_bodies import COMMAND_BODIES, START_BODY
from rollout.inbound.fields import (
    EXACT_NUMBER,
    Field,
    Form,
    Id,
    Kind,
    Moment,
    Name,
    NameOrNumber,
    Word,
)

FORMS = {"start": START_BODY, **{verb.value: form for verb, form in COMMAND_BODIES.items()}}
GOOD = {
    "service": "fraud",
    "version": "7",
    "model": "m",
    "actor": "ada",
    "reason": "try",
    "skip_evidence": True,
    "take_from": ["red-1"],
    "until": "2026-12-24T18:00:00+01:00",
    "expected": {"rollout": "20261123-1", "phase": "baking", "stage": 0},
}
VALUES = [
    *("", " ", "x", "a b", "A", "-a", "r" * 65, "\u212a", None, True, False, 0, 1, -1, 1.0, 1.5),
    *(10**6, 10**30, [], ["red-1"], ["x"], [None], ["red"] * 21, {}, {"a": 1}, "BAKING", "baking"),
    *("2026-12-24T18:00:00Z", "2026-12-24T18:00:00", "2026-12-24", "2026-12-24 18:00:00Z"),
    *({"stage": 1}, {"stage": -1}, {"phase": "x"}, {"stge": 1}),
]


def body_of(form: Form) -> dict[str, Any]:
    return {field.name: GOOD[field.name] for field in form.fields}


def takes(kind: Kind, value: Any) -> bool:
    try:
        kind.read(value, "it")
    except InvalidInputError:
        return False
    return True


@pytest.mark.parametrize("name", FORMS)
def test_each_body_is_taken_if_its_schema_allows_it(name: str) -> None:
    form = FORMS[name]
    allowed = Draft202012Validator(form.schema())

    bodies = [body_of(form)]
    for field in form.fields:
        bodies.append({key: value for key, value in body_of(form).items() if key != field.name})
        bodies += [{**body_of(form), field.name: value} for value in VALUES]
    bodies += [{**body_of(form), "other": 1}]
    told_apart = {allowed.is_valid(body) for body in bodies}

    # As the one exception, a version that is a number has no point in it.
    differing = [
        body
        for body in bodies
        if takes(form, body) != allowed.is_valid(body) and body.get("version") != 1.0
    ]
    assert differing == []
    assert told_apart == {True, False}


@given(st.text() | st.integers() | st.floats(allow_nan=False) | st.none() | st.booleans())
def test_each_kind_takes_what_its_schema_allows(value: Any) -> None:
    for kind in (Name(SERVICE_NAME, lower=True), Id(8, "a page", least=0), Word(Phase, "a phase")):
        assert takes(kind, value) == Draft202012Validator(kind.schema()).is_valid(value)


def test_every_kind_of_order_has_a_body() -> None:
    assert set(COMMAND_BODIES) == set(Verb)


def test_a_number_that_readers_of_json_would_round_must_be_text() -> None:
    kind = NameOrNumber(SERVICE_NAME)
    with pytest.raises(InvalidInputError, match="too large for a number: write it as text"):
        kind.read(EXACT_NUMBER + 1, "version")


def test_what_is_wrong_is_said_before_what_is_missing() -> None:
    form = Form(
        (
            Field("first", Id(8, "a page"), "", required=True),
            Field("second", Id(8, "a page"), "", required=True),
        )
    )
    with pytest.raises(InvalidInputError, match='"second" must be text'):
        form.read({"second": 7})
    with pytest.raises(InvalidInputError, match='"first" is missing'):
        form.read({"second": "x"})


# -- Moments

FIRST = datetime(2, 1, 1)  # noqa: DTZ001 - each is drawn with a zone of its own
LAST = datetime(8999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001 - as above
MOST_OFFSET = timedelta(hours=23, minutes=59)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)


@given(st.datetimes(FIRST, LAST), OFFSETS)
@example(FIRST, timezone(MOST_OFFSET))
@example(LAST, timezone(-MOST_OFFSET))
def test_every_moment_of_its_years_is_taken_with_every_offset(at: datetime, zone: timezone) -> None:
    moment = at.replace(tzinfo=zone)
    assert Draft202012Validator(Moment().schema()).is_valid(moment.isoformat())
    assert Moment().read(moment.isoformat(), "until") == moment


@pytest.mark.parametrize(
    "text",
    [
        "0001-12-31T23:59:59Z",
        "9000-01-17T04:11:09+20:30",
        "9999-12-31T00:00:00Z",
        "2026-12-24T24:00:00Z",
        "2026-12-24T18:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-12-24T18:00:00+24:00",
    ],
)
def test_what_is_no_moment_of_its_years_is_refused_and_not_described(text: str) -> None:
    assert not Draft202012Validator(Moment().schema()).is_valid(text)
    with pytest.raises(InvalidInputError, match="of the years 2 to 8999"):
        Moment().read(text, "until")

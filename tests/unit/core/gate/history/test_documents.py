"""What is stored of a minute and of a verdict's moment reads back as it was."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollout.core.gate.history.documents import (
    minute_document,
    minute_from,
    moment_document,
    moment_from,
)
from rollout.core.gate.judging.judge import Moment
from rollout.core.records.observation import (
    Instances,
    Minute,
    Percentiles,
    SideMinute,
    SlowCounts,
    Tally,
)

AT = datetime(2026, 1, 31, 10, 5, tzinfo=UTC)

counts = some.integers(0, 10**9) | some.floats(0, 1e12, allow_nan=False)
four = some.tuples(counts, counts, counts, counts)
sides = some.builds(
    SideMinute,
    requests=counts,
    failures=counts,
    by_status=some.dictionaries(some.text(max_size=4), counts, max_size=4),
    client_errors=counts,
    unknown=counts,
    latency=some.none() | some.builds(Percentiles, counts, counts, counts, counts),
    slow=some.none() | some.builds(SlowCounts, counts, four, four, some.none() | counts),
    custom=some.dictionaries(some.text(max_size=9), some.builds(Tally, counts, counts), max_size=3),
)
zones = some.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])
moments = some.builds(
    lambda span, zone: (AT + span).astimezone(zone),
    some.timedeltas(timedelta(0), timedelta(days=9000)),
    zones,
)
spans = some.timedeltas(timedelta(0), timedelta(days=400))


sizes = some.none() | some.builds(Instances, some.integers(0, 99), some.integers(0, 99))


@given(at=moments, stable=some.none() | sides, candidate=some.none() | sides, instances=sizes)
def test_a_minute_reads_back_as_it_was(
    at: datetime,
    stable: SideMinute | None,
    candidate: SideMinute | None,
    instances: Instances | None,
) -> None:
    minute = Minute(at, stable, candidate, instances)
    stored = json.loads(json.dumps(minute_document(minute), allow_nan=False))
    assert minute_from(stored) == minute
    assert json.dumps(minute_document(minute_from(stored))) == json.dumps(stored)


@given(now=moments, counts_from=moments, baked=spans, least=spans)
def test_a_moment_reads_back_as_it_was(
    now: datetime, counts_from: datetime, baked: timedelta, least: timedelta
) -> None:
    moment = Moment(now, counts_from, baked, least)
    assert moment_from(json.loads(json.dumps(moment_document(moment)))) == moment


def test_what_is_at_its_default_is_not_stored() -> None:
    assert minute_document(Minute(AT, None, SideMinute(3, 1))) == {
        "at": "2026-01-31T10:05:00+00:00",
        "stable": None,
        "candidate": {"requests": 3, "failures": 1},
    }


def test_what_is_stored_beside_a_minute_is_not_looked_at() -> None:
    minute = Minute(AT, SideMinute(1, 0), None)
    assert minute_from({**minute_document(minute), "numbers": {"evidence": 0.1}}) == minute


GOOD: dict[str, Any] = {"at": AT.isoformat(), "stable": None, "candidate": None}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "'at'"),
        ({**GOOD, "at": "soon"}, "soon"),
        ({**GOOD, "at": 5}, "argument must be str"),
        ({**GOOD, "at": "2026-01-31T10:05:00"}, "time zone"),
        ({**GOOD, "stable": {"requests": 1}}, "'failures'"),
        ({**GOOD, "stable": {"requests": "1", "failures": 0}}, "'1' is not a number"),
        ({**GOOD, "stable": {"requests": True, "failures": 0}}, "True is not a number"),
        ({**GOOD, "stable": {"requests": -1, "failures": 0}}, "counted"),
        ({**GOOD, "stable": {"requests": float("nan"), "failures": 0}}, "counted"),
        ({**GOOD, "stable": {"requests": 1, "failures": 0, "latencyMs": [1]}}, "missing 3"),
        ({**GOOD, "stable": {"requests": 1, "failures": 0, "byStatus": [1]}}, "items"),
        ([], "list indices"),
    ],
)
def test_what_is_not_a_minute_says_why(document: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        minute_from(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"now": None}, "argument must be str"), ({"bakedS": "5"}, "'5' is not a number")],
)
def test_what_is_not_a_moment_says_why(change: dict[str, Any], said: str) -> None:
    document = moment_document(Moment(AT, AT, timedelta(minutes=5), timedelta(minutes=5)))
    with pytest.raises(ValueError, match=said):
        moment_from({**document, **change})

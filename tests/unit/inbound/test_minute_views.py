"""A page of minutes as JSON: both sides, probes, answers, and what is not complete yet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.pages import MinutesPage
from rollout.core.records.phases import Phase
from rollout.inbound.minute_views import minutes_view

AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIDE = {"requests": 10, "failures": 1, "rejected": 2, "latencyMs": [5.0, 8.0, 9.0, 12.0]}
SHOWN = {
    "requests": 10,
    "failed": 1,
    "rejected": 2,
    "p50Millis": 5.0,
    "p90Millis": 8.0,
    "p95Millis": 9.0,
    "p99Millis": 12.0,
}


def record(data: Mapping[str, Any], at: datetime = AT, **more: Any) -> MinuteRecord:
    return MinuteRecord("r1", at, 1, {"weight": 10, **data}, **more)


def page(*minutes: tuple[MinuteRecord, ...], **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"marks": (), "candidate": "green-7", **more}
    return minutes_view(MinutesPage("r1", minutes=minutes, **fields))


def test_a_minute_has_both_sides_and_the_verdict() -> None:
    judged = {"verdict": "wait", "text": "too little", "provisional": []}
    found = page((record({"candidate": SIDE, "stable": None, "judgement": judged}),))
    assert found["rollout"] == "r1"
    assert found["after"] is None
    assert found["value"] == [
        {
            "minute": "2026-01-31T12:00:00Z",
            "stage": 1,
            "weight": 10,
            "settled": True,
            "candidate": SHOWN,
            "stable": None,
            "probes": None,
            "predictions": None,
            "verdict": "wait",
            "text": "too little",
        }
    ]


def test_a_side_without_latencies_has_none() -> None:
    found = page((record({"candidate": {"requests": 3, "failures": 0}, "stable": SIDE}),))
    side = found["value"][0]["candidate"]
    assert (side["requests"], side["rejected"], side["p95Millis"]) == (3, 0, None)


def test_probes_and_answers_of_a_minute_are_added_up() -> None:
    passes = [
        record({"probes": {"candidate": SIDE, "stable": SIDE}}, pair=pair) for pair in (0, 20)
    ]
    batch = {"candidate": {"answers": 4, "failed": 1}, "stable": {"answers": 9}}
    look = record({"predictions": {"batches": [batch, batch]}}, answers=True)
    (minute,) = page((*passes, look))["value"]
    assert minute["candidate"] is None
    assert minute["probes"]["candidate"] == {"requests": 20, "failed": 2}
    assert minute["predictions"] == {
        "candidate": {"answers": 8, "failed": 2},
        "stable": {"answers": 18, "failed": 0},
    }


def test_a_look_without_batches_says_nothing() -> None:
    look = record({"predictions": {"batches": [], "bins": []}}, answers=True)
    assert page((look,))["value"][0]["predictions"] is None


def test_minutes_that_are_not_complete_follow_the_last_page_only() -> None:
    early = {"at": "2026-01-31T12:01:00+00:00", "candidate": SIDE, "stable": None}
    judged = {"verdict": "wait", "text": "", "provisional": [early]}
    minute = (record({"candidate": SIDE, "stable": SIDE, "judgement": judged}),)
    last = page(minute)["value"]
    assert [each["settled"] for each in last] == [True, False]
    assert last[1]["minute"] == "2026-01-31T12:01:00Z"
    assert last[1]["candidate"] == SHOWN
    assert len(page(minute, after=AT)["value"]) == 1


def test_a_mark_says_the_candidates_weight_where_it_is_known() -> None:
    def mark(data: Mapping[str, Any]) -> HistoryEntry:
        return HistoryEntry("r1", 3, AT, "PhaseChanged", Phase.SHIFTING, 0, "on", data=data)

    entries = [mark({"wanted": {"blue": 90, "green-7": 10}}), mark({"wanted": {"blue": 100}})]
    found = page(marks=[*entries, mark({})])["marks"]
    assert [each["weight"] for each in found] == [10, 0, None]
    assert page(marks=entries, candidate="")["marks"][0]["weight"] is None
    assert found[0] == {
        "at": "2026-01-31T12:00:00Z",
        "kind": "PhaseChanged",
        "phase": "SHIFTING",
        "stage": 0,
        "text": "on",
        "weight": 10,
    }

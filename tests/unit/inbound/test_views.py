"""What people see of a service."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollout.core.policy.model import Policy
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState, Release
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import (
    Baking,
    Cause,
    Clock,
    Current,
    Hold,
    HoldReason,
    Rollout,
    Seen,
)
from rollout.errors import InvalidInputError
from rollout.inbound.parameters import MAX_PAGE_SIZE
from rollout.inbound.views import (
    bodies_view,
    history_end,
    history_number,
    page_size,
    service_view,
    summary_view,
)

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOW = START + timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
ENDPOINT = "/subscriptions/s/resourcegroups/g/providers/x/workspaces/w/onlineendpoints/fraud"

ROLLOUT = Rollout(
    id="20261123T120000-ab",
    service="fraud",
    release=Release("fraud-model", "2", "digest"),
    candidate="green-2",
    stable="blue-1",
    policy=Policy("fraud", "fraud", "fraud-model"),
    bundle_digest="bundle",
    phase=Phase.BAKING,
    stage=1,
    since=START + 10 * MINUTE,
    started_at=START,
    phase_clock=Clock(START + 10 * MINUTE),
    deadline_clock=Clock(START),
    human=5 * MINUTE,
    baking=Baking(
        START + 12 * MINUTE, verdict="continue", evidence="120 requests", judged_at=NOW - MINUTE
    ),
    validated="1 of 1 requests as expected",
    seen=Seen(
        endpoint=True, split={"blue-1": 50, "green-2": 50}, at=NOW - MINUTE, state="Succeeded"
    ),
)
OFFER = Offer("fraud-model", "3", OfferSource.EVENT, NOW, by="Event Grid", created_at=START)
CURRENT = Current(ENDPOINT, "fraud", NOW, ROLLOUT, offers=(OFFER,), waiting=OFFER, next_look=NOW)


def test_a_service_without_a_row_has_an_empty_view() -> None:
    view = service_view("fraud", ENDPOINT, None, NOW, history=(), offers=())

    assert view == {
        "service": "fraud",
        "endpoint": ENDPOINT,
        "says": "no version was rolled out yet",
        "next": None,
        "harm": None,
        "pass": None,
        "suspension": None,
        "frozen": None,
        "allowed": [],
        "phase": "NONE",
        "rollout": None,
        "received": [],
        "waiting": None,
        "nextLook": None,
        "savedAt": None,
        "fault": None,
        "alerts": None,
        "needsPerson": False,
        "updatedAt": "2026-11-23T12:30:00Z",
        "history": [],
        "historyBefore": None,
        "offers": [],
        "offersAfter": None,
    }


def test_wanted_and_seen_traffic_stand_side_by_side_with_the_age_of_the_look() -> None:
    view = summary_view("fraud", ENDPOINT, CURRENT, NOW)

    assert view["rollout"]["traffic"] == {
        "wanted": {"blue-1": 50, "green-2": 50},
        "seen": {"blue-1": 50, "green-2": 50},
        "mirrorWanted": {},
        "mirrorSeen": {},
        "seenAt": "2026-11-23T12:29:00Z",
        "seenAgeSeconds": 60,
        "endpointState": "Succeeded",
    }


def test_traffic_that_was_never_seen_is_none() -> None:
    current = replace(CURRENT, rollout=replace(ROLLOUT, seen=Seen()))
    traffic = summary_view("fraud", ENDPOINT, current, NOW)["rollout"]["traffic"]

    assert (traffic["seen"], traffic["seenAgeSeconds"]) == (None, None)


def test_machine_and_human_time_are_shown_apart() -> None:
    halted = replace(ROLLOUT, halted_since=NOW - 2 * MINUTE)
    view = summary_view("fraud", ENDPOINT, replace(CURRENT, rollout=halted), NOW)

    assert view["rollout"]["time"] == {
        "phaseMachineSeconds": 18 * 60,
        "machineSeconds": 23 * 60,
        "humanSeconds": 7 * 60,
        "unwatchedSeconds": 0,
        "deadlineSeconds": 24 * 3600,
        "maxBakeSeconds": 2 * 3600,
    }


def test_the_clocks_of_a_final_rollout_stand_still() -> None:
    final = replace(ROLLOUT, phase=Phase.ROLLED_BACK, ended_at=START + 20 * MINUTE)
    later = summary_view("fraud", ENDPOINT, replace(CURRENT, rollout=final), NOW + 60 * MINUTE)

    assert later["rollout"]["time"]["machineSeconds"] == 15 * 60


def test_evidence_hold_and_cause_are_shown() -> None:
    hold = Hold(HoldReason.OPERATOR, "claimed: ada", NOW, NOW + 60 * MINUTE, "wait")
    rollout = replace(ROLLOUT, hold=hold, cause=Cause.ALERT, cause_text="x", suspended=True)
    shown = summary_view("fraud", ENDPOINT, replace(CURRENT, rollout=rollout), NOW)["rollout"]

    assert shown["takeFrom"] == []
    assert shown["hold"] == {
        "reason": "operator",
        "by": "claimed: ada",
        "since": "2026-11-23T12:30:00Z",
        "expires": "2026-11-23T13:30:00Z",
        "text": "wait",
    }
    assert (shown["cause"], shown["causeText"], shown["suspended"]) == ("alert", "x", True)
    assert shown["evidence"] == {
        "validation": "1 of 1 requests as expected",
        "verdict": "continue",
        "text": "120 requests",
        "windowStart": "2026-11-23T12:12:00Z",
        "judgedAt": "2026-11-23T12:29:00Z",
        "unreadableMetrics": 0,
        "live": None,
        "fromProbes": None,
    }


def test_a_rollout_before_its_bake_has_no_verdict() -> None:
    current = replace(CURRENT, rollout=replace(ROLLOUT, baking=None, validated=""))
    evidence = summary_view("fraud", ENDPOINT, current, NOW)["rollout"]["evidence"]

    assert set(evidence.values()) == {None, 0}


def test_history_and_offers_say_why_a_version_did_not_start() -> None:
    entry = HistoryEntry(
        ROLLOUT.id, 7, NOW, "Held", Phase.BAKING, 1, "held", "claimed: ada", {"reason": "operator"}
    )
    record = OfferRecord(OFFER, OfferState.REJECTED, NOW, "older than stable", "", ("digest",))
    view = service_view("fraud", ENDPOINT, CURRENT, NOW, history=[entry], offers=[record])

    assert view["history"] == [
        {
            "rollout": ROLLOUT.id,
            "sequence": 7,
            "at": "2026-11-23T12:30:00Z",
            "kind": "Held",
            "phase": "BAKING",
            "stage": 1,
            "text": "held",
            "actor": "claimed: ada",
            "data": {"reason": "operator"},
            "bodies": [],
        }
    ]
    assert view["offers"][0]["text"] == "older than stable"
    assert (view["offers"][0]["state"], view["offers"][0]["quarantined"]) == ("rejected", True)
    assert view["waiting"]["version"] == view["received"][0]["version"] == "3"
    json.dumps(view)


SERVICES = [f"s{number:03d}" for number in range(120)]


@pytest.mark.parametrize(
    "limit",
    ["0", "-1", "x", "", "1.5", str(MAX_PAGE_SIZE + 1), "9" * 9999, "0000000019999", "1" * 5000],
    ids=lambda limit: limit[:5],
)
def test_a_strange_limit_is_refused(limit: str) -> None:
    with pytest.raises(InvalidInputError, match="from 1 to 200"):
        page_size({"limit": limit})


def test_the_view_holds_back_what_events_hold_back() -> None:
    data = {"stable": {"properties": {"environmentVariables": {"KEY": "s3cret"}}}, "finding": "x"}
    entry = HistoryEntry(ROLLOUT.id, 4, NOW, "PhaseChanged", Phase.RETIRING, 1, "text", data=data)
    view = service_view("fraud", ENDPOINT, CURRENT, NOW, history=[entry], offers=[])

    assert "s3cret" not in json.dumps(view)
    assert view["history"][0]["data"] == {"finding": "x"}
    assert view["history"][0]["bodies"] == ["stable"]
    assert bodies_view(ROLLOUT.id, 4, entry.held_back) == {
        "rollout": ROLLOUT.id,
        "sequence": 4,
        "data": {"stable": data["stable"]},
    }


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "9" * 20, "\u0661"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    for name, read in (("before", history_end), ("limit", page_size)):
        with pytest.raises(InvalidInputError, match=name):
            read({name: text})
    with pytest.raises(InvalidInputError, match="sequence"):
        history_number(text)


def test_numbers_of_pages_are_read() -> None:
    assert (history_end({}), history_end({"before": "12"})) == (None, 12)
    assert (page_size({}, 7), page_size({"limit": "3"}, 7)) == (7, 3)
    assert history_number("12") == 12

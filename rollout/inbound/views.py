"""What operators see of a service: the row, its history and its offers as plain JSON. Read only.

Times are ISO 8601 in UTC, durations and ages seconds, weights percent, shares 0 to 1; stages count
from 0, as `expected.stage` of a command does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from rollout.core.machine.halts import human_time, machine_time
from rollout.core.machine.wanted import wanted_mirror, wanted_split
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import Offer, OfferRecord
from rollout.core.records.rollout import Current, Hold, Rollout
from rollout.inbound.moments import moment_text, seconds
from rollout.inbound.parameters import BEFORE, PAGE_SIZE, SEQUENCE, limit

View = dict[str, Any]


def service_view(
    service: str,
    endpoint: str | None,
    current: Current | None,
    now: datetime,
    *,
    history: Iterable[HistoryEntry],
    offers: Iterable[OfferRecord],
    fault: str = "",
    history_before: int | None = None,
    offers_after: str | None = None,
) -> View:
    """Everything about one service; history oldest first, as given.

    `historyBefore` and `offersAfter` are the `before` and `after` of the next page (None: none).
    """
    offers = tuple(offers)
    return {
        **summary_view(service, endpoint, current, now, fault=fault, offers=offers),
        "history": [entry_view(entry) for entry in history],
        "historyBefore": history_before,
        "offers": [offer_record_view(record) for record in offers],
        "offersAfter": offers_after,
    }


def bodies_view(rollout: str, sequence: int, data: Mapping[str, Any]) -> View:
    """What the view of a service holds back of one history row."""
    return {"rollout": rollout, "sequence": sequence, "data": dict(data)}


def summary_view(
    service: str,
    endpoint: str | None,
    current: Current | None,
    now: datetime,
    *,
    fault: str = "",
    offers: Sequence[OfferRecord] = (),
) -> View:
    """One service without its history and offers.

    `fault` says why its row cannot be shown, or its files cannot be used. `offers` are those that
    are known: they say what may be retried.
    """
    rollout = current.rollout if current else None
    return {
        "service": service,
        "endpoint": endpoint,
        **_glance(current, now, fault, offers),
        "phase": current.phase.value if current else "NONE",
        "rollout": _rollout(rollout, now) if rollout else None,
        "received": [_offer(offer) for offer in current.offers] if current else [],
        "waiting": _offer(current.waiting) if current and current.waiting else None,
        "nextLook": moment_text(current.next_look) if current else None,
        "savedAt": moment_text(current.saved_at) if current else None,
        "fault": fault or None,
        "alerts": _alerts(current) if current else None,
        "updatedAt": moment_text(now),
    }


_NOT_STOPPED: View = {"suspension": None, "frozen": None}


def _glance(
    current: Current | None, now: datetime, fault: str, offers: Sequence[OfferRecord]
) -> View:
    if current is None:
        said = fault or "no version was rolled out yet"
        return {
            "says": said,
            "next": None,
            "needsPerson": False,
            "harm": None,
            "pass": None,
            **_NOT_STOPPED,
            "allowed": [],
        }
    # It brings the whole core, without which the app is indexed in two thirds of the time.
    from rollout.inbound.glance_views import glance_view  # noqa: PLC0415

    return glance_view(current, now, offers)


def _alerts(current: Current) -> View:
    return {"rows": current.alerts.rows, "unwritten": current.alerts.unwritten}


def page_size(parameters: Mapping[str, str], default: int = PAGE_SIZE) -> int:
    """Read `limit` from a query.

    Raises:
        InvalidInputError: It is no whole number from 1 to MAX_PAGE_SIZE.
    """
    size: int = limit(default).read(parameters)
    return size


def history_end(parameters: Mapping[str, str]) -> int | None:
    """Read `before`, a history row's number, from a query; None where it is absent.

    Raises:
        InvalidInputError: It is no such number.
    """
    number: int | None = BEFORE.read(parameters)
    return number


def history_number(text: str) -> int:
    """Read a history row's number from a route.

    Raises:
        InvalidInputError: It is none.
    """
    number: int = SEQUENCE.kind.read(text, SEQUENCE.name)
    return number


def _rollout(rollout: Rollout, now: datetime) -> View:
    from rollout.inbound.exam_views import exam_view  # noqa: PLC0415
    from rollout.inbound.stream_views import (  # noqa: PLC0415
        predictions_view,
        probes_view,
        streams_view,
    )

    # A final rollout's clocks stand still at its end.
    until = rollout.ended_at or now
    return {
        "id": rollout.id,
        "model": rollout.release.model,
        "version": rollout.release.version,
        "candidate": rollout.candidate,
        "stable": rollout.stable,
        "phase": rollout.phase.value,
        "stage": rollout.stage,
        "stages": [
            {
                "weight": stage.weight,
                "mirror": stage.mirror,
                "bakeSeconds": seconds(stage.bake),
                "approval": stage.approval.value,
                "evidenceFrom": source,
            }
            for stage, source in zip_longest(rollout.policy.stages, _sources(rollout))
        ],
        "startedAt": moment_text(rollout.started_at),
        "phaseSince": moment_text(rollout.since),
        "endedAt": moment_text(rollout.ended_at),
        "startedBy": rollout.created_by.value,
        "starter": rollout.starter.name or None,
        "traffic": _traffic(rollout, now),
        "takeFrom": list(rollout.may_take),
        "hold": _hold(rollout.hold) if rollout.hold else None,
        "suspended": rollout.suspended,
        "cause": rollout.cause.value if rollout.cause else None,
        "causeText": rollout.cause_text,
        "evidence": {**_evidence(rollout), **streams_view(rollout)},
        "probes": probes_view(rollout),
        **exam_view(rollout),
        "predictions": predictions_view(rollout),
        "time": {
            "phaseMachineSeconds": seconds(machine_time(rollout.phase_clock, rollout, until)),
            "machineSeconds": seconds(_machine_time(rollout, until)),
            "humanSeconds": seconds(human_time(rollout, until)),
            "unwatchedSeconds": seconds(rollout.watch.unwatched),
            "deadlineSeconds": seconds(rollout.policy.deadline),
            "maxBakeSeconds": seconds(rollout.policy.gate.max_bake),
        },
    }


def _machine_time(rollout: Rollout, until: datetime) -> timedelta:
    """All of its time that is neither a person's nor unwatched."""
    apart = human_time(rollout, until) + rollout.watch.unwatched
    return until - rollout.started_at - apart


def _sources(rollout: Rollout) -> Sequence[str]:
    """Where the start foresaw each stage's evidence; empty where it foresaw nothing."""
    return [source.value for source in rollout.outlook.stages]


def _traffic(rollout: Rollout, now: datetime) -> View:
    seen = rollout.seen
    return {
        "wanted": wanted_split(rollout),
        "seen": dict(seen.split) if seen.at else None,
        "mirrorWanted": wanted_mirror(rollout),
        "mirrorSeen": dict(seen.mirror) if seen.at else None,
        "seenAt": moment_text(seen.at),
        "seenAgeSeconds": seconds(now - seen.at) if seen.at else None,
        "endpointState": seen.state or None,
    }


def _hold(hold: Hold) -> View:
    return {
        "reason": hold.reason.value,
        "by": hold.by,
        "since": moment_text(hold.since),
        "expires": moment_text(hold.expires),
        "text": hold.text,
    }


def _evidence(rollout: Rollout) -> View:
    baking = rollout.baking
    return {
        "validation": rollout.validated or None,
        "verdict": (baking.verdict or None) if baking else None,
        "text": (baking.evidence or None) if baking else None,
        "windowStart": moment_text(baking.window_start) if baking else None,
        "judgedAt": moment_text(baking.judged_at) if baking else None,
        "unreadableMetrics": baking.source_failures if baking else 0,
    }


def entry_view(entry: HistoryEntry) -> View:
    """One history row, without what events and views hold back."""
    return {
        "rollout": entry.rollout,
        "sequence": entry.sequence,
        "at": moment_text(entry.at),
        "kind": entry.kind,
        "phase": entry.phase.value,
        "stage": entry.stage,
        "text": entry.text,
        "actor": entry.actor or None,
        "data": dict(entry.public),
        "bodies": sorted(entry.held_back),
    }


def _offer(offer: Offer) -> View:
    return {
        "model": offer.model,
        "version": offer.version,
        "source": offer.source.value,
        "offeredAt": moment_text(offer.offered_at),
        "by": offer.by or None,
        "reason": offer.reason or None,
        "createdAt": moment_text(offer.created_at),
    }


def offer_record_view(record: OfferRecord) -> View:
    """What became of one offered version."""
    return {
        **_offer(record.offer),
        "state": record.state.value,
        "decidedAt": moment_text(record.decided_at),
        "text": record.text,
        "rollout": record.rollout or None,
        "quarantined": bool(record.quarantined),
    }

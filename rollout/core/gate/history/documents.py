"""Minutes and moments as JSON values, so that what was judged can be stored and judged again.

A document read back is equal to what was written, to the last digit. What is at its default is left
out: a rollout stores a minute of both sides for every minute it bakes.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rollout.core.gate.history.prediction_documents import answers_document, answers_from
from rollout.core.gate.judging.judge import Moment
from rollout.core.gate.probing.rounds import ProbeRound
from rollout.core.records.observation import (
    Instances,
    Minute,
    Percentiles,
    SideMinute,
    SlowCounts,
    Tally,
)
from rollout.text.moments import in_utc

Document = dict[str, Any]


def minute_document(minute: Minute) -> Document:
    """Return a minute as JSON values: `at` (ISO 8601), `stable` and `candidate` (None: absent).

    `instances` (the candidate's, stable's) are there where they are known, `rest` where only a part
    of the minute counts.

    A side has `requests` and `failures`, and where there are any `rejected`, `unknown`, `byStatus`,
    `latencyMs` (P50, P90, P95, P99), `slow` (`total`, `over`, `overLimit`, `overSlo`) and `custom`
    (`[total, bad]` by the check's name).
    """
    document: Document = {
        "at": minute.at.isoformat(),
        "stable": _side_document(minute.stable),
        "candidate": _side_document(minute.candidate),
    }
    if minute.instances is not None:
        document["instances"] = [minute.instances.candidate, minute.instances.stable]
    if minute.rest is not None:
        document["rest"] = minute.rest
    return document


def minute_from(document: Mapping[str, Any]) -> Minute:
    """Read `minute_document`'s object back; other keys are ignored.

    Raises:
        ValueError: It is not such an object.
    """
    try:
        return Minute(
            _aware(document["at"]),
            _side(document["stable"]),
            _side(document["candidate"]),
            _instances(document.get("instances")),
            None if document.get("rest") is None else _number(document["rest"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not the record of a minute: {_what(error)}") from error


def round_document(seen: ProbeRound) -> Document:
    """Return a pass of probes as JSON values: `at`, `sent`, `inputs`, both sides.

    `stopped` and `answers` are there where there is anything to say.
    """
    document: Document = {
        "at": seen.at.isoformat(),
        "sent": seen.sent,
        "inputs": seen.inputs,
        "stable": _side_document(seen.stable),
        "candidate": _side_document(seen.candidate),
    }
    if seen.stopped:
        document["stopped"] = seen.stopped
    if seen.answers is not None:
        document["answers"] = answers_document(seen.answers)
    return document


def round_from(document: Mapping[str, Any]) -> ProbeRound:
    """Read `round_document`'s object back: an auditor's half, like `moment_from`.

    Raises:
        ValueError: It is not such an object.
    """
    minute = minute_from(document)
    if minute.candidate is None or minute.stable is None:
        raise ValueError("this is not the record of a pass of probes: a side is missing")
    try:
        return ProbeRound(
            minute.at,
            int(_number(document["sent"])),
            int(_number(document["inputs"])),
            minute.candidate,
            minute.stable,
            str(document.get("stopped", "")),
            answers_from(document["answers"]) if "answers" in document else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not the record of a pass of probes: {_what(error)}") from error


def moment_document(moment: Moment) -> Document:
    """Return when a verdict was given as JSON values, spans in seconds."""
    return {
        "now": moment.now.isoformat(),
        "countsFrom": moment.counts_from.isoformat(),
        "bakedS": moment.baked.total_seconds(),
        "leastS": moment.least.total_seconds(),
    }


def moment_from(document: Mapping[str, Any]) -> Moment:
    """Read `moment_document`'s object back: an auditor's half, which the app itself never needs.

    Raises:
        ValueError: It is not such an object.
    """
    try:
        return Moment(
            now=_aware(document["now"]),
            counts_from=_aware(document["countsFrom"]),
            baked=timedelta(seconds=_number(document["bakedS"])),
            least=timedelta(seconds=_number(document["leastS"])),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not the moment of a verdict: {_what(error)}") from error


def _side_document(side: SideMinute | None) -> Document | None:
    if side is None:
        return None
    document: Document = {"requests": side.requests, "failures": side.failures}
    if side.client_errors:
        document["rejected"] = side.client_errors
    if side.unknown:
        document["unknown"] = side.unknown
    if side.by_status:
        document["byStatus"] = dict(side.by_status)
    if side.latency is not None:
        each = side.latency
        document["latencyMs"] = [each.p50, each.p90, each.p95, each.p99]
    if side.slow is not None:
        document["slow"] = {
            "total": side.slow.total,
            "over": list(side.slow.over),
            "overLimit": list(side.slow.over_limit),
        }
        if side.slow.over_slo is not None:
            document["slow"]["overSlo"] = side.slow.over_slo
    if side.custom:
        document["custom"] = {name: [each.total, each.bad] for name, each in side.custom.items()}
    return document


def _instances(stored: Sequence[Any] | None) -> Instances | None:
    return None if stored is None else Instances(*(int(each) for each in _numbers(stored)))


def _side(document: Mapping[str, Any] | None) -> SideMinute | None:
    if document is None:
        return None
    latency, slow = document.get("latencyMs"), document.get("slow")
    return SideMinute(
        requests=_number(document["requests"]),
        failures=_number(document["failures"]),
        by_status={
            str(status): _number(count) for status, count in document.get("byStatus", {}).items()
        },
        client_errors=_number(document.get("rejected", 0.0)),
        unknown=_number(document.get("unknown", 0.0)),
        latency=None if latency is None else Percentiles(*_numbers(latency)),
        slow=None if slow is None else _slow(slow),
        custom={
            str(name): Tally(*_numbers(tally)) for name, tally in document.get("custom", {}).items()
        },
    )


def _slow(document: Mapping[str, Any]) -> SlowCounts:
    over_slo = document.get("overSlo")
    return SlowCounts(
        total=_number(document["total"]),
        over=_numbers(document["over"]),
        over_limit=_numbers(document["overLimit"]),
        over_slo=None if over_slo is None else _number(over_slo),
    )


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(_number(each) for each in values)


def _number(value: Any) -> float:
    """A count or a time: finite and not negative. It stays what it is, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is not a number that can be counted")
    return value


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say its time zone")
    in_utc(moment)  # Refuses what could not be counted with; the zone stays as it was written.
    return moment


def _what(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)

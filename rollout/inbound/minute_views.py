"""A rollout's minutes as plain JSON: what a plot of both sides needs, and nothing of payloads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rollout.core.records.history import HistoryEntry, MinuteRecord
from rollout.core.records.pages import MinutesPage
from rollout.inbound.moments import moment_text
from rollout.text.moments import read_moment

View = dict[str, Any]
_PERCENTILES = ("p50Millis", "p90Millis", "p95Millis", "p99Millis")


def minutes_view(page: MinutesPage) -> View:
    """A page of minutes, oldest first, and the marks among them.

    `settled` false: the minute was not complete when the last verdict was given, and comes again.
    A side that is not known is None.
    """
    value = [_minute(records) for records in page.minutes]
    if page.after is None and page.minutes:
        value += _provisional(page.minutes[-1])
    return {
        "rollout": page.rollout,
        "value": value,
        "marks": [_mark(entry, page.candidate) for entry in page.marks],
        "after": moment_text(page.after),
    }


def _minute(records: Sequence[MinuteRecord]) -> View:
    """One minute: of its requests, of probes in it, of answers that were read in it."""
    first = records[0]
    requests = next((each.data for each in records if each.pair is None and not each.answers), {})
    judgement = requests.get("judgement") or {}
    return {
        "minute": moment_text(first.minute),
        "stage": first.stage,
        "weight": first.data.get("weight"),
        "settled": True,
        "candidate": _side(requests.get("candidate")),
        "stable": _side(requests.get("stable")),
        "probes": _probes(each.data for each in records if each.pair is not None),
        "predictions": _predictions(each.data for each in records if each.answers),
        "verdict": judgement.get("verdict"),
        "text": judgement.get("text"),
    }


def _provisional(records: Sequence[MinuteRecord]) -> Iterator[View]:
    for record in records:
        for minute in (record.data.get("judgement") or {}).get("provisional", ()):
            yield {
                "minute": moment_text(read_moment(minute["at"])),
                "stage": record.stage,
                "weight": record.data.get("weight"),
                "settled": False,
                "candidate": _side(minute.get("candidate")),
                "stable": _side(minute.get("stable")),
                "probes": None,
                "predictions": None,
                "verdict": None,
                "text": None,
            }


def _side(side: Mapping[str, Any] | None) -> View | None:
    if side is None:
        return None
    latency = side.get("latencyMs") or (None,) * len(_PERCENTILES)
    return {
        "requests": side["requests"],
        "failed": side["failures"],
        "rejected": side.get("rejected", 0),
        **dict(zip(_PERCENTILES, latency, strict=True)),
    }


def _probes(passes: Iterable[Mapping[str, Any]]) -> View | None:
    """The requests that the app itself sent in this minute, and how many failed."""
    found = [each["probes"] for each in passes if "probes" in each]
    if not found:
        return None
    return {side: _counted(found, side) for side in ("candidate", "stable")}


def _counted(passes: Sequence[Mapping[str, Any]], side: str) -> View:
    sides = [each[side] for each in passes if each.get(side)]
    return {
        "requests": sum(each["requests"] for each in sides),
        "failed": sum(each["failures"] for each in sides),
    }


def _predictions(looks: Iterable[Mapping[str, Any]]) -> View | None:
    """The collected answers that were read in this minute, whenever they were given."""
    batches = [batch for each in looks for batch in each.get("predictions", {}).get("batches", ())]
    if not batches:
        return None
    return {
        side: {
            "answers": sum(each[side].get("answers", 0) for each in batches),
            "failed": sum(each[side].get("failed", 0) for each in batches),
        }
        for side in ("candidate", "stable")
    }


def _mark(entry: HistoryEntry, candidate: str) -> View:
    wanted = entry.data.get("wanted")
    weight = wanted.get(candidate, 0) if isinstance(wanted, Mapping) and candidate else None
    return {
        "at": moment_text(entry.at),
        "kind": entry.kind,
        "phase": entry.phase.value,
        "stage": entry.stage,
        "text": entry.text,
        "weight": weight,
    }

"""What is learnt of stable from the day before a rollout: its shares, its latency, its bursts.

A baseline is a JSON object of its own, so that the record of a rollout holds all that its
decisions started from.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rollout.core.gate.algebra import dispersion
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.latency import Latency, Slow
from rollout.core.gate.algebra.percentiles import QUANTILES
from rollout.core.gate.judging.opening import MIN_MINUTES, NONE
from rollout.core.policy.gate_model import GatePolicy, LatencyCheck
from rollout.core.records.observation import Minute
from rollout.units import MINUTE

MAX_KNOWN_REQUESTS = 20_000.0
"""More history than this would make stable's share slow to follow what it is now."""


def baseline(policy: GatePolicy, history: Sequence[Minute]) -> dict[str, Any]:
    """Summarise stable's minutes before the rollout, oldest first; gaps may be left out.

    Returns:
        minutes: Minutes with requests; hours: from the first to the last of them; per_minute: mean
        requests in minutes of that span; errors, rejected: bad
        and requests, both multiplied by scale, and correlation; latency: per percentile ln of the
        threshold in ms, shares over it and over its limit, and correlation; None where latency is
        not checked or not known.
    """
    whole = _without_gaps(history)
    sides = [minute.stable for minute in whole]
    present = [side for side in sides if side is not None and side.requests > 0]
    if not present:
        return dict(NONE)
    hours = len(sides) / 60
    requests = [side.requests if side else 0.0 for side in sides]
    failures = [side.failures if side else 0.0 for side in sides]
    rejected = [side.rejected if side else 0.0 for side in sides]
    enough = len(present) >= MIN_MINUTES
    short = not enough or len(sides) < _minutes(policy.short_history)
    floor = policy.correlation_floor if short else 0.0
    return {
        "minutes": len(present),
        "hours": round(hours, 2),
        "per_minute": sum(requests) / len(sides),
        "errors": _known(requests, failures, floor, enough=enough),
        "rejected": _known(requests, rejected, floor, enough=enough),
        "latency": _latency(policy.latency, whole, floor, enough=enough),
    }


def _known(
    requests: Sequence[float], bad: Sequence[float], floor: float, *, enough: bool
) -> dict[str, float]:
    minutes = [Counts(each, amount) for each, amount in zip(requests, bad, strict=True)]
    total = sum(requests)
    scale = min(1.0, MAX_KNOWN_REQUESTS / total)
    correlation = floor
    if enough:
        correlation = dispersion.correlation(
            minutes,
            blocks=dispersion.ERROR_BLOCKS,
            safety=dispersion.ERROR_SAFETY,
            floor=floor,
        )
    return {
        "bad": sum(bad) * scale,
        "requests": total * scale,
        "scale": scale,
        "correlation": correlation,
    }


def _latency(
    check: LatencyCheck | None, history: Sequence[Minute], floor: float, *, enough: bool
) -> list[list[float]] | None:
    """Walk through the history as the gate would have: each minute judged by those before it."""
    if check is None:
        return None
    latency = Latency.fresh()
    walked: list[list[Slow]] = []
    for minute in history:
        theirs = latency.slow(minute.stable, check, candidate=False)
        latency.learn(minute.stable, theirs)
        walked.append(theirs)
    if any(each.ln is None for each in latency.thresholds):
        return None
    found = []
    for index in range(len(QUANTILES)):
        threshold = latency.thresholds[index]
        correlation = floor
        if enough:
            correlation = dispersion.correlation(
                [each[index].over for each in walked],
                blocks=dispersion.LATENCY_BLOCKS,
                safety=dispersion.LATENCY_SAFETY,
                floor=floor,
            )
        found.append([threshold.ln or 0.0, threshold.share, threshold.share_limit, correlation])
    return found


def _without_gaps(history: Sequence[Minute]) -> list[Minute]:
    """Every minute from stable's first to its last with requests, absent ones put in as absent."""
    by_minute = {
        minute.at: minute
        for minute in history
        if minute.stable is not None and minute.stable.requests
    }
    if not by_minute:
        return []
    at, last = min(by_minute), max(by_minute)
    found = []
    while at <= last:
        found.append(by_minute.get(at) or Minute(at, None, None))
        at += MINUTE
    return found


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60

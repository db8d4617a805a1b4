"""A gate of fixed limits: two keys must turn before it blames the candidate.

The candidate's failure share must exceed the absolute limit AND, wherever stable has weight, be
worse than stable's by more than the margin. Slow minutes are judged the same way, minute by minute,
because percentiles must not be averaged across minutes. Both sides over the limit is not the
candidate's fault: the verdict is to hold. No data never passes and never rolls back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rollout.core.gate.verdicts import Judgement, Verdict
from rollout.core.observation import Minute, SideMinute
from rollout.core.policy import GatePolicy, LatencyLimits

FULL_WEIGHT = 100

State = Mapping[str, Any]


def fold(
    policy: GatePolicy, weight: int, state: State, minutes: Sequence[Minute]
) -> dict[str, Any]:
    """Return the state with `minutes` added. A minute at or before the last one folded is skipped.

    Args:
        policy: The frozen gate limits.
        weight: The stage's weight in percent; at 100 stable has no traffic to compare with.
        state: What an earlier fold returned; empty at the start of a window.
        minutes: Settled minutes, oldest first.
    """
    after = dict(state)
    for minute in minutes:
        stamp = minute.at.isoformat()
        if stamp <= after.get("last", ""):
            continue
        after["last"] = stamp
        side = minute.candidate
        if side is None or side.requests <= 0:
            after["empty"] = after.get("empty", 0) + 1
            continue
        after["minutes"] = after.get("minutes", 0) + 1
        after["candidate"] = _add(after.get("candidate"), side)
        if weight < FULL_WEIGHT and minute.stable is not None:
            after["stable"] = _add(after.get("stable"), minute.stable)
        if policy.latency_p95 is not None and side.p95_ms is not None:
            grade = _grade(policy.latency_p95, side.p95_ms, minute.stable, weight)
            after["slow"] = [*after.get("slow", []), grade][-policy.latency_p95.of :]
    return after


def judge(
    policy: GatePolicy, weight: int, state: State, *, baked: timedelta, least: timedelta
) -> Judgement:
    """Say what the evidence allows.

    Args:
        policy: The frozen gate limits.
        weight: The stage's weight in percent.
        state: What `fold` returned.
        baked: How long this window has run.
        least: The stage's bake: before it is over the best verdict is `CONTINUE`.
    """
    numbers = _numbers(state)
    faults = [each for each in (_failing(policy, weight, state), _slow(policy, state)) if each]
    # Harm on one side of the evidence is not hidden by doubt on the other.
    fault = next((each for each in faults if each[0] is Verdict.ROLLBACK), next(iter(faults), None))
    enough = (
        numbers["minutes"] >= policy.min_minutes
        and numbers["candidate_requests"] >= policy.min_requests
    )
    said = _said(policy, numbers)
    if fault and enough:
        verdict, why = fault
        return Judgement(verdict, f"{why}; {said}", clean=False, numbers=numbers)
    clean = fault is None and numbers["minutes"] > 0
    if enough and baked >= least:
        return Judgement(Verdict.ADVANCE, f"healthy: {said}", clean=True, numbers=numbers)
    if not enough and baked >= policy.max_bake:
        text = f"too little evidence after {_minutes(baked)}: {said}"
        return Judgement(Verdict.INCONCLUSIVE, text, clean=clean, numbers=numbers)
    waits = "the bake goes on" if enough else "more evidence is needed"
    return Judgement(Verdict.CONTINUE, f"{waits}: {said}", clean=clean, numbers=numbers)


def settled_from(policy: GatePolicy, window_start: datetime) -> datetime:
    """The first minute of a window that counts: whole, and after the settle time."""
    moment = window_start + policy.settle
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(minutes=1)


def settled_until(policy: GatePolicy, now: datetime) -> datetime:
    """The end (exclusive) of the minutes whose metrics have had time to appear."""
    return (now - policy.ingestion_delay).replace(second=0, microsecond=0)


def _add(total: Sequence[float] | None, side: SideMinute) -> list[float]:
    requests, failures = total or (0.0, 0.0)
    return [requests + side.requests, failures + side.failures]


def _grade(limits: LatencyLimits, p95_ms: float, stable: SideMinute | None, weight: int) -> str:
    """`ok`, `slow` (the candidate's fault) or `both` (stable is as slow, or cannot be compared)."""
    if p95_ms <= limits.limit.total_seconds() * 1000:
        return "ok"
    if weight >= FULL_WEIGHT:
        return "slow"
    if stable is None or stable.p95_ms is None:
        return "both"
    return "slow" if p95_ms > limits.ratio * stable.p95_ms else "both"


def _failing(policy: GatePolicy, weight: int, state: State) -> tuple[Verdict, str] | None:
    limits = policy.failures
    requests, failures = state.get("candidate", (0.0, 0.0))
    if limits is None or not requests or failures / requests <= limits.limit:
        return None
    share = failures / requests
    if weight >= FULL_WEIGHT:
        return Verdict.ROLLBACK, f"{share:.1%} of the candidate's requests fail"
    stable_requests, stable_failures = state.get("stable", (0.0, 0.0))
    if not stable_requests:
        return Verdict.HOLD, "the candidate fails and stable gives nothing to compare with"
    stable_share = stable_failures / stable_requests
    if share > stable_share + limits.margin:
        return Verdict.ROLLBACK, f"{share:.1%} of the candidate's requests fail"
    return Verdict.HOLD, "candidate and stable fail alike"


def _slow(policy: GatePolicy, state: State) -> tuple[Verdict, str] | None:
    limits = policy.latency_p95
    if limits is None:
        return None
    grades = list(state.get("slow", []))
    if grades.count("slow") >= limits.slow_minutes:
        return Verdict.ROLLBACK, f"slow in {grades.count('slow')} of {len(grades)} minutes"
    if grades.count("slow") + grades.count("both") >= limits.slow_minutes:
        return Verdict.HOLD, "candidate and stable are slow alike"
    return None


def _numbers(state: State) -> dict[str, float]:
    candidate = state.get("candidate", (0.0, 0.0))
    stable = state.get("stable", (0.0, 0.0))
    return {
        "minutes": state.get("minutes", 0),
        "empty_minutes": state.get("empty", 0),
        "candidate_requests": candidate[0],
        "candidate_failures": candidate[1],
        "stable_requests": stable[0],
        "stable_failures": stable[1],
    }


def _said(policy: GatePolicy, numbers: Mapping[str, float]) -> str:
    failures, requests = numbers["candidate_failures"], numbers["candidate_requests"]
    parts = [f"candidate {failures:,.0f} of {requests:,.0f} failed"]
    if numbers["stable_requests"]:
        parts.append(
            f"stable {numbers['stable_failures']:,.0f} of {numbers['stable_requests']:,.0f}"
        )
    if policy.failures is not None:
        parts.append(f"limit {policy.failures.limit:.1%} and {policy.failures.margin:.1%} worse")
    parts.append(
        f"{numbers['minutes']:.0f} of {policy.min_minutes} settled minutes, "
        f"at least {policy.min_requests:,} requests"
    )
    return ", ".join(parts)


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} min"

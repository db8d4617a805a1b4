"""Reasons for people: both sides' numbers, the limit, the evidence, and what would change it."""

from collections.abc import Sequence
from datetime import timedelta
from math import exp, inf, log

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.judging.odds import custom_checks, wealths
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import Check, GatePolicy, Margin

_MAX_ODDS = 1e6
_TITLES = {
    Check.ERRORS.value: "the candidate fails more",
    Check.MAJORITY.value: "the candidate fails more in most minutes",
    Check.SLO.value: "the candidate fails too much",
    Check.REJECTED.value: "the candidate refuses more requests",
    Check.LATENCY.value: "the candidate is slower",
    Check.LATENCY_SLO.value: "the candidate is too slow",
}


def counts(state: State, *, whole: bool = False) -> str:
    """Both sides' requests and failures, of the stage or of the whole rollout."""
    totals = state.totals if whole else state.stage.totals
    requests, failures, _ = totals.candidate
    text = f"candidate {failures:,.0f} of {requests:,.0f} failed"
    requests, failures, _ = totals.stable
    if requests > 0:
        return f"{text}, stable {failures:,.0f} of {requests:,.0f}"
    return text


def odds(ln: float) -> str:
    value = exp(min(ln, log(_MAX_ODDS)))
    if ln >= log(_MAX_ODDS):
        return f"over {_MAX_ODDS:,.0f}:1"
    return f"{value:,.0f}:1" if value >= 10 else f"{value:.1f}:1"  # noqa: PLR2004 - readable digits


def margin(limit: Margin) -> str:
    return f"{limit.ratio:g} x stable + {100 * limit.points:g} points"


def seen(policy: GatePolicy, state: State, name: str) -> str:
    """Both sides' numbers of the whole rollout that a check compares."""
    if name == Check.REJECTED.value:
        ours, theirs = state.totals.candidate, state.totals.stable
        return _compared((ours[0], ours[2], theirs[0], theirs[2]), "got another 4xx")
    if name == Check.LATENCY.value and policy.latency is not None:
        name, worst = max(
            zip(NAMES, state.latency.thresholds, strict=True),
            key=lambda each: each[1].process.wealth,
        )
        took = exp(worst.ln or 0.0)
        return _compared(
            state.tallies[name],
            f"took longer than {policy.latency.tolerance * took:,.0f} ms",
            f" than {took:,.0f} ms",
        )
    if name in state.tallies:
        took_longer = name == Check.LATENCY_SLO.value
        return _compared(state.tallies[name], "took longer" if took_longer else "were bad")
    return counts(state, whole=True)


def _compared(tally: Sequence[float], what: str, than: str = "") -> str:
    requests, bad, stables, stables_bad = tally
    return (
        f"candidate {bad:,.0f} of {requests:,.0f} {what}, "
        f"stable {stables_bad:,.0f} of {stables:,.0f}{than}"
    )


def harm(policy: GatePolicy, state: State, name: str) -> str:
    ln, alpha = _of(policy, state, name)
    since = state.fired[name]
    return (
        f"{_title(name)}: {seen(policy, state, name)}; {_limit(policy, name)}; harm odds {odds(ln)}"
        f", rollback at {odds(log(1 / alpha))}, reached in the minute of {since[11:16]} UTC; "
        "only a new release or `retry` changes that"
    )


def held(policy: GatePolicy, state: State, name: str) -> str:
    ln, alpha = _of(policy, state, name)
    return (
        f"{_title(name)}: {seen(policy, state, name)}; {_limit(policy, name)}; odds {odds(ln)}, "
        f"hold at {odds(log(1 / alpha))}; it lifts itself if the odds fall, `advance` or `rollback`"
        " decide"
    )


def not_to_blame(policy: GatePolicy, state: State, name: str, ln: float, excuse: str) -> str:
    blamed, alpha = _of(policy, state, name)
    found = f"{seen(policy, state, name)}; {_limit(policy, name)}"
    return (
        f"{_title(name)}, but {excuse}: {found}; odds {odds(ln)} that it is broken, {odds(blamed)} "
        f"that the candidate is to blame, rollback at {odds(log(1 / alpha))}; it lifts itself when "
        "the requests succeed again"
    )


def suspicious(policy: GatePolicy, state: State, name: str, ln: float, alpha: float) -> str:
    return (
        f"enough evidence to advance, but {_title(name)}: {seen(policy, state, name)}; "
        f"{_limit(policy, name)}; harm odds {odds(ln)}, proven at {odds(log(1 / alpha))}; "
        f"advances when the odds are below {odds(log(1 / alpha) / 2)}"
    )


def dark(policy: GatePolicy, state: State) -> str:
    quiet = state.quiet
    return (
        f"the candidate had no request for {quiet.minutes} min while {quiet.expected:,.0f} were "
        f"to be expected at {state.stage.weight} %: rollback after "
        f"{minutes_of(2 * policy.dark)} min, one request ends it"
    )


def silent(silence: timedelta, limit: timedelta) -> str:
    return (
        f"the metrics have said nothing for {minutes_of(silence)} min: nothing moves until they "
        f"do; inconclusive after {minutes_of(limit)} min"
    )


def healthy(policy: GatePolicy, state: State) -> str:
    stage = state.stage
    reached = evidence.reached(stage.errors)
    decide = (each for each in wealths(policy, state) if each[0] not in policy.observe_only)
    worst = max((ln - log(1 / alpha) for _, ln, alpha in decide), default=-inf)
    return (
        f"healthy: {counts(state)} in {stage.answered} min; odds {odds(reached)} that "
        f"{margin(policy.errors.limit)} is not reached, {odds(log(1 / policy.budget.advance))} "
        f"needed; harm odds at {exp(worst):.0%} of their threshold or less"
    )


def evidence_left(name: str, ln: float, needed: float, minutes: int) -> str:
    """How far the evidence is, and how long it takes if it goes on like this."""
    text = f"odds {odds(needed)} on {name} (now {odds(ln)}"
    if minutes > 0 and ln > 0:
        return f"{text}, about {(needed - ln) * minutes / ln:,.0f} min more)"
    return f"{text})"


def inconclusive(policy: GatePolicy, text: str) -> str:
    return (
        f"too little evidence after {minutes_of(policy.max_bake)} min: {text}; a wider limit, a "
        "longer max_bake, more weight or sample traffic would give it"
    )


def minutes_of(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f}"


def _title(name: str) -> str:
    return _TITLES.get(name, f"check {name} is worse on the candidate")


def _of(policy: GatePolicy, state: State, name: str) -> tuple[float, float]:
    return next((ln, alpha) for each, ln, alpha in wealths(policy, state) if each == name)


def _limit(policy: GatePolicy, name: str) -> str:
    for check in custom_checks(policy):
        if check.name == name:
            return f"tolerated {margin(check.tolerance)}"
    if name == Check.SLO.value and policy.errors.slo is not None:
        return f"limit {policy.errors.slo:.1%}"
    if name == Check.REJECTED.value and policy.rejected is not None:
        return f"tolerated {margin(policy.rejected.tolerance)}"
    if policy.latency is not None and name == Check.LATENCY.value:
        return f"tolerated {policy.latency.tolerance:g} x stable at every percentile"
    if policy.latency is not None and name == Check.LATENCY_SLO.value and policy.latency.slo:
        return f"limit P95 {policy.latency.slo.total_seconds() * 1000:,.0f} ms"
    return f"tolerated {margin(policy.errors.tolerance)}"

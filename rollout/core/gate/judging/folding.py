"""One settled minute goes into every process, once. Nothing is decided here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from math import log
from typing import Any

from rollout.core.gate.algebra import evidence, majority
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.dispersion import effective
from rollout.core.gate.algebra.latency import SLO_SHARE, milliseconds, over_slo
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.algebra.streams import line
from rollout.core.gate.checks.stage import Soak, Stage
from rollout.core.gate.judging.odds import Numbers, custom_checks, numbers, wealths
from rollout.core.gate.judging.state import Quiet, State
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.records.observation import Minute, SideMinute, SlowThresholds, Tally
from rollout.units import FULL_WEIGHT

_SILENT = SideMinute(0.0, 0.0)

Stored = Mapping[str, Any]


def begin_stage(stored: Stored, index: int, weight: int) -> dict[str, Any]:
    """Start a stage, or the same one anew: its evidence begins from nothing."""
    state = State.load(stored)
    soak = None
    if weight == FULL_WEIGHT:
        soak = Soak.against(state.errors, state.rejected, state.known_minutes, state.history)
    state.stage = Stage(index, weight, soak=soak)
    state.quiet = Quiet()
    return state.dump()


def fold(
    policy: GatePolicy, stored: Stored, minutes: Iterable[Minute]
) -> tuple[dict[str, Any], list[Numbers]]:
    """Return the state with `minutes` added, and what each of them left behind.

    A minute at or before the last one folded changes nothing but the count of late ones.

    Args:
        policy: The frozen gate policy.
        stored: What `begin_stage` or an earlier fold returned.
        minutes: Oldest first. One without any side counts as a minute that never came.

    Returns:
        The new state, and for each minute folded its numbers as JSON values (see `numbers`).
    """
    after, left = dict(stored), []
    state = State.load(after)
    for minute in minutes:
        if state.mark is not None and minute.at <= state.mark:
            state.late += 1
            after["late"] = state.late
            continue
        _fold_minute(policy, state, minute)
        # What is stored is rounded: nothing may hang on how many minutes one call was given.
        after = state.dump()
        state = State.load(after)
        _note_fired(policy, state, minute.at)
        after["fired"] = dict(state.fired)
        left.append({"minute": minute.at.isoformat(), **numbers(policy, state)})
    return after, left


def thresholds(policy: GatePolicy, stored: Stored) -> SlowThresholds | None:
    """What slow requests are to be counted against now; None where logs are not to be asked."""
    if policy.logs is None or not policy.logs.slow_counts or policy.latency is None:
        return None
    return State.load(stored).latency.asked(policy.latency)


def _fold_minute(policy: GatePolicy, state: State, minute: Minute) -> None:
    state.mark = minute.at
    stage = state.stage
    stage.minutes += 1
    ours = minute.candidate or _SILENT
    theirs = minute.stable or _SILENT
    if minute.stable is None and minute.candidate is None:
        state.gaps += 1
    else:
        state.heard = minute.at
    if ours.requests > 0:
        stage.answered += 1
    state.totals.add(ours, theirs)
    stage.totals.add(ours, theirs)
    _fold_errors(policy, state, ours, theirs)
    _fold_rejected(policy, state, ours, theirs)
    _fold_latency(policy, state, ours, theirs)
    _fold_custom(policy, state, ours, theirs)
    _fold_quiet(state, ours, theirs)
    if theirs.requests > 0 and stage.soak is None:
        state.known_minutes += 1


def _note_fired(policy: GatePolicy, state: State, at: datetime) -> None:
    for name, ln, alpha in wealths(policy, state):
        if ln >= log(1 / alpha) and name not in state.fired:
            state.fired[name] = f"{at:%Y-%m-%dT%H:%MZ}"


def _fold_errors(policy: GatePolicy, state: State, ours: SideMinute, theirs: SideMinute) -> None:
    stage, budget, planned = state.stage, policy.budget, state.planned
    candidate, stable = (
        Counts(ours.requests, ours.failures),
        Counts(theirs.requests, theirs.failures),
    )
    tolerance, limit = line(policy.errors.tolerance), line(policy.errors.limit)
    share, correlation = state.errors.stable_share, state.errors.correlation
    few = effective(candidate, correlation)
    if stage.soak is not None:
        state.errors.bet_alone(
            limit.at(stage.soak.high), candidate, alpha=budget.errors, planned=planned
        )
        least, best = limit.at(stage.soak.low), min(share, limit.at(stage.soak.low) / 2)
        stage.errors = evidence.add_alone(stage.errors, least, best, few)
        majority.vote_alone(
            state.majority,
            limit.at(stage.soak.high),
            candidate,
            alpha=budget.majority,
            planned=planned,
        )
        stable = Counts(0.0, 0.0)
    else:
        state.errors.bet(tolerance, candidate, stable, alpha=budget.errors, planned=planned)
        if state.errors.requests > 0:
            many = effective(stable, correlation)
            stage.errors = evidence.add(stage.errors, limit, (share, share), few, many)
        majority.vote(
            state.majority,
            tolerance,
            share,
            candidate,
            stable,
            alpha=budget.majority,
            planned=planned,
        )
    if policy.errors.slo is not None:
        state.slo.bet(
            policy.errors.slo,
            candidate,
            stable,
            correlation=correlation,
            weight=stage.weight,
            alpha=budget.slo,
            planned=planned,
        )
    state.errors.learn(stable)


def _fold_rejected(policy: GatePolicy, state: State, ours: SideMinute, theirs: SideMinute) -> None:
    if policy.rejected is None:
        return
    candidate, stable = (
        Counts(ours.requests, ours.rejected),
        Counts(theirs.requests, theirs.rejected),
    )
    tolerance, soak = line(policy.rejected.tolerance), state.stage.soak
    alpha, planned = policy.budget.rejected, state.planned
    if soak is not None:
        limit = tolerance.at(soak.rejected_high)
        state.rejected.bet_alone(limit, candidate, alpha=alpha, planned=planned)
        return
    state.rejected.bet(tolerance, candidate, stable, alpha=alpha, planned=planned)
    state.rejected.learn(stable)


def _fold_latency(policy: GatePolicy, state: State, ours: SideMinute, theirs: SideMinute) -> None:
    check = policy.latency
    if check is None:
        return
    stage, alone = state.stage, state.stage.soak is not None
    alpha, planned = policy.budget.latency, state.planned
    our_slow = state.latency.slow(ours, check, candidate=True)
    their_slow = state.latency.slow(theirs, check, candidate=False)
    known = state.latency.asked(check) is not None
    for name, our, their in zip(NAMES, our_slow, their_slow, strict=True):
        _tally(state, name, our.over, their.over)
    if alone:
        state.latency.bet_alone(our_slow, alpha=alpha, planned=planned)
    else:
        exact = ours.slow is not None and theirs.slow is not None
        state.latency.bet(our_slow, their_slow, exact=exact, alpha=alpha, planned=planned)
    if known:
        stage.latency = state.latency.pass_evidence(
            stage.latency, our_slow, their_slow, alone=alone
        )
    if not alone:
        state.latency.learn(theirs, their_slow)
    limit = milliseconds(check)
    if limit is not None:
        candidate = over_slo(ours, limit)
        stable = Counts(0.0, 0.0) if alone else over_slo(theirs, limit)
        _tally(state, Check.LATENCY_SLO.value, candidate, stable)
        state.latency_slo.bet(
            SLO_SHARE,
            candidate,
            stable,
            correlation=max(each.correlation for each in state.latency.thresholds),
            weight=stage.weight,
            alpha=policy.budget.latency_slo,
            planned=planned,
        )


def _fold_custom(policy: GatePolicy, state: State, ours: SideMinute, theirs: SideMinute) -> None:
    for check in custom_checks(policy):
        stream = state.custom[check.name]
        candidate, stable = (_counts(side.custom.get(check.name)) for side in (ours, theirs))
        if state.stage.soak is not None:
            stable = Counts(0.0, 0.0)
        _tally(state, check.name, candidate, stable)
        stream.bet(
            line(check.tolerance), candidate, stable, alpha=check.alpha, planned=state.planned
        )
        stream.learn(stable)


def _tally(state: State, name: str, candidate: Counts, stable: Counts) -> None:
    before = state.tallies.get(name, (0.0, 0.0, 0.0, 0.0))
    more = (candidate.requests, candidate.bad, stable.requests, stable.bad)
    state.tallies[name] = [total + each for total, each in zip(before, more, strict=True)]


def _fold_quiet(state: State, ours: SideMinute, theirs: SideMinute) -> None:
    if ours.requests > 0:
        state.quiet = Quiet()
    elif theirs.requests > 0:
        state.quiet = replace(
            state.quiet,
            minutes=state.quiet.minutes + 1,
            expected=state.quiet.expected + theirs.requests * state.stage.weight / FULL_WEIGHT,
        )


def _counts(tally: Tally | None) -> Counts:
    if tally is None:
        return Counts(0.0, 0.0)
    # The query is the user's own: more bad ones than there were must not count as evidence.
    return Counts(tally.total, min(tally.bad, tally.total))

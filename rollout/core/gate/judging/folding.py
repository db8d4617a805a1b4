"""Every check bets on each settled minute, once. Nothing is decided here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate.checks.check import HarmCheck
from rollout.core.gate.checks.stage import FIRST_RULES, Soak, Stage
from rollout.core.gate.judging import crowding
from rollout.core.gate.judging.darkness import Quiet
from rollout.core.gate.judging.odds import Numbers, Standing, numbers, standings, watched
from rollout.core.gate.judging.parts import fold_part, round_in
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.memory import StageProbes
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import SILENT, Minute, SlowThresholds
from rollout.units import FULL_WEIGHT

Stored = Mapping[str, Any]


def begin_stage(stored: Stored, index: int, weight: int, mirror: int = 0) -> dict[str, Any]:
    """Start a stage, or restart it: its evidence begins from nothing.

    `mirror` is the percentage of requests that are mirrored to the candidate, at weight 0.
    """
    state = State.load(stored)
    soak = None
    if weight == FULL_WEIGHT:
        soak = Soak.against(state.errors, state.rejected, state.known_minutes, state.history)
    state.stage = Stage.begun(index, weight, soak, state.stage, state.rules, mirror=mirror)
    state.quiet = Quiet()
    if state.probes is not None:
        state.probes.stage = StageProbes()
    state.crowded = None
    return state.dump()


def fold(
    policy: GatePolicy, stored: Stored, minutes: Iterable[Minute]
) -> tuple[dict[str, Any], list[Numbers]]:
    """Return the state with `minutes` added, and what each of them left behind.

    A minute at or before the last one folded changes only the count of late ones.

    Args:
        policy: The frozen gate policy.
        stored: What `begin_stage` or an earlier fold returned.
        minutes: Oldest first. One without any side counts as a minute that never came.

    Returns:
        The new state, and for each minute folded its numbers as JSON values (see `numbers`).
    """
    after, left = dict(stored), []
    state = State.load(after)
    checks = watched(policy, state)
    for minute in minutes:
        if state.mark is not None and minute.at <= state.mark:
            state.late += 1
            after["late"] = state.late
            continue
        if minute.rest is None:
            _fold_minute(policy, checks, state, minute)
        else:
            fold_part(policy, checks, state, minute)
        # What is stored is rounded: the result must not depend on how many minutes a call gets.
        after = state.dump()
        state = State.load(after)
        standing = standings(policy, state)
        note_fired(standing, state, minute.at)
        after["fired"] = dict(state.fired)
        left.append({"minute": minute.at.isoformat(), **numbers(policy, state, standing)})
    return after, left


def thresholds(policy: GatePolicy, stored: Stored) -> SlowThresholds | None:
    """What slow requests are to be counted against now; None where logs are not to be asked."""
    if policy.logs is None or not policy.logs.slow_counts or policy.latency is None:
        return None
    return State.load(stored).latency.asked(policy.latency)


def _fold_minute(
    policy: GatePolicy, checks: Sequence[HarmCheck[Any]], state: State, minute: Minute
) -> None:
    state.mark = minute.at
    stage = state.stage
    stage.minutes += 1
    candidate = minute.candidate or SILENT
    stable = minute.stable or SILENT
    if state.rules != FIRST_RULES:
        refused = crowding.excused(minute, stage.share)
        state.crowded = crowding.after(state.crowded, minute, stage.share, refused)
        candidate = crowding.without(candidate, refused)
    if minute.stable is None and minute.candidate is None:
        state.gaps += 1
    else:
        state.heard = minute.at
    if candidate.requests > 0:
        stage.answered += 1
    state.totals.add(candidate, stable)
    stage.totals.add(candidate, stable)
    stage.unknown += candidate.unknown
    before = round_in(policy, state, candidate, stable)
    for check in checks:
        check.fold(state.memories[check.name], before)
    stage.serve(candidate.requests)
    if not stage.mirror:
        # Whether the metrics show mirrored requests at all is not known.
        state.quiet = state.quiet.after(candidate, stable, stage.weight)
    if stable.requests > 0 and stage.soak is None:
        state.known_minutes += 1


def note_fired(standing: Sequence[Standing], state: State, at: datetime) -> None:
    """Keep the minute in which a charge first reached its odds."""
    for each in standing:
        if each.proven and each.check.name not in state.fired:
            state.fired[each.check.name] = f"{at:%Y-%m-%dT%H:%MZ}"

"""Minutes of which a part counts, and what they are for: harm that cannot wait for a whole one.

Two minutes of a window are cut: the first one, in which its weight was seen, and the one that still
runs. Only checks that say so (`of_parts`) bet on them. That is the absolute limit on failures:
against a fixed share the odds are a product over single requests, each of which has a mean of at
most 1 where the limit is kept. So they may be looked at in the middle of a minute, and as often as
one likes. Comparisons with stable have no such product. Evidence, the split, the vote of minutes
and darkness know nothing of parts.

A minute that still runs is judged as if every further request to the candidate succeeded, and as
if there were `rest` of them: twice what the pace lets expect, and never less than what is missing
of a usual minute, because what the metrics show first may be its failures. With that its odds are
never above those that the whole minute will have, unless more requests come than that: failures do
not vanish, and each further request is either good, which was assumed, or bad, which raises the
odds. Dividing both counts by D(n) does not change that, for D(m) / D(n) is at least m / n where m
is at most n.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.core.gate.checks.check import Action, HarmCheck, Round
from rollout.core.gate.checks.stage import FIRST_RULES
from rollout.core.gate.judging import crowding
from rollout.core.gate.judging.odds import watched
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import SILENT, Minute, SideMinute
from rollout.units import MINUTE

MAY_COME = 2.0
"""So many times the requests of before may come in the rest of a minute: what is assumed of it must
rarely be too little."""

LEAST_ELAPSED = 1.0
"""Seconds: nothing is extrapolated from less."""


def still_runs(
    minute: Minute, now: datetime, *, since: datetime, usual: float, alone: bool
) -> Minute | None:
    """Return a minute that is not over as one of which a part counts, None where it says nothing.

    Args:
        minute: What was read of it.
        now: When.
        since: When the candidate began to get these requests, where that was in this minute.
        usual: The candidate's requests a minute otherwise; 0 where they are not known.
        alone: Stable gets no traffic. Otherwise it must have been heard in this minute: an outage
            of both sides shows at either.
    """
    candidate, stable = minute.candidate, minute.stable
    if candidate is None or candidate.failures <= 0:
        return None
    if not alone and (stable is None or stable.requests <= 0):
        return None
    begun, end = max(since, minute.at), minute.at + MINUTE
    elapsed = max((now - begun).total_seconds(), LEAST_ELAPSED)
    a_second = max(candidate.requests / elapsed, usual / MINUTE.total_seconds())
    left = max((end - now).total_seconds(), 0.0)
    # Failures may be shown before the successes of the same seconds are.
    unseen = usual * ((end - begun) / MINUTE) - candidate.requests
    rest = max(MAY_COME * a_second * left, unseen)
    return Minute(minute.at, stable, candidate, minute.instances, rest)


def fold_part(
    policy: GatePolicy, checks: Sequence[HarmCheck[Any]], state: State, minute: Minute
) -> None:
    """Fold a minute of which a part counts into the checks that bet on parts."""
    state.mark = minute.at
    candidate, stable = minute.candidate or SILENT, minute.stable or SILENT
    if state.rules != FIRST_RULES:
        candidate = crowding.without(candidate, crowding.excused(minute, state.stage.share))
    if minute.candidate is not None or minute.stable is not None:
        state.heard = minute.at
    state.totals.add(candidate, stable)
    before = round_in(policy, state, candidate, stable, minute.rest or 0.0)
    for check in checks:
        if check.of_parts:
            check.fold(state.memories[check.name], before)


def round_in(
    policy: GatePolicy,
    state: State,
    candidate: SideMinute,
    stable: SideMinute,
    rest: float = 0.0,
) -> Round:
    """Return both sides of a minute with what the state knew before it."""
    return Round(
        candidate=candidate,
        stable=stable,
        stage=state.stage,
        planned=state.planned,
        patience=policy.max_bake / MINUTE,
        warm=state.stage.is_warm(policy.settle_requests),
        share=state.errors.stable_share,
        burstiness=state.errors.correlation,
        slow_burstiness=max(each.correlation for each in state.latency.thresholds),
        tallies=state.tallies,
        rest=rest,
    )


def near_harm(policy: GatePolicy, stored: Mapping[str, Any]) -> bool:
    """Say whether one more bad minute, or a part of it, would roll back."""
    state = State.load(stored)
    return any(
        check.action is Action.ROLLBACK and check.near(state.memories[check.name])
        for check in watched(policy, state)
    )

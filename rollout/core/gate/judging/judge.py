"""From the state to a verdict: the first rule that applies, with its reason in one sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Any

from rollout.core.gate.algebra import evidence
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.algebra.streams import line
from rollout.core.gate.judging import sentences
from rollout.core.gate.judging.odds import excused, numbers, wealths
from rollout.core.gate.judging.state import State
from rollout.core.gate.judging.verdicts import Judgement, Verdict
from rollout.core.gate.judging.window import silence
from rollout.core.policy.gate_model import Check, GatePolicy, OnHarm
from rollout.units import MINUTE

SUSPICIOUS = 0.5
"""A harm process beyond this part of its threshold (in ln) is no ground to advance on."""

LEANS = 1e-6
"""ln of the odds above which a process leans towards harm; one that was never fed has odds of 1,
give or take rounding."""


@dataclass(frozen=True)
class Moment:
    """When the state is judged.

    `counts_from` is the first minute that counts in this window, `baked` how long the window has
    run, `least` the stage's bake.
    """

    now: datetime
    counts_from: datetime
    baked: timedelta
    least: timedelta


def judge(
    policy: GatePolicy,
    stored: Mapping[str, Any],
    moment: Moment,
    *,
    provisional: Mapping[str, Any] | None = None,
) -> Judgement:
    """Say what the evidence allows.

    Args:
        policy: The frozen gate policy.
        stored: What `fold` returned for the settled minutes.
        moment: When it is judged, and the window.
        provisional: What `fold` returned for a copy that also got minutes that are not complete
            yet. It may only roll back.
    """
    state = State.load(stored)
    seen = numbers(policy, state)
    clean = _clean(policy, state)
    copies = [state] if provisional is None else [state, State.load(provisional)]
    for copy in copies:
        if (text := _harm(policy, copy)) is not None:
            found = numbers(policy, copy)
            return Judgement(Verdict.ROLLBACK, text, clean=False, numbers=found)
    # Not of the copy: requests that are missing in incomplete minutes may only be late.
    if _is_dark(policy, state, 2 * policy.dark):
        return Judgement(Verdict.ROLLBACK, sentences.dark(policy, state), clean=False, numbers=seen)

    def said(verdict: Verdict, text: str) -> Judgement:
        return Judgement(verdict, text, clean=clean, numbers=seen)

    if (silent := _silent(policy, state, moment)) is not None:
        verdict, text, minutes = silent
        # Whatever was seen before: silence is no evidence, for or against.
        told = {**seen, "silentMinutes": minutes}
        return Judgement(verdict, text, clean=False, numbers=told)
    if (stopped := _stopped(policy, state)) is not None:
        return said(Verdict.HOLD, stopped)
    return said(*_earned(policy, state, moment))


def _silent(policy: GatePolicy, state: State, moment: Moment) -> tuple[Verdict, str, float] | None:
    silent = silence(policy, state.heard, moment.counts_from, moment.now)
    if silent < policy.stale:
        return None
    verdict = Verdict.INCONCLUSIVE if silent >= policy.stale_limit else Verdict.HOLD
    return verdict, sentences.silent(silent, policy.stale_limit), round(silent / MINUTE, 1)


def _earned(policy: GatePolicy, state: State, moment: Moment) -> tuple[Verdict, str]:
    """Whether the stage is passed, more is needed, or its time is over."""
    missing = list(_missing(policy, state))
    counts = sentences.counts(state)
    baked = moment.baked >= moment.least
    if not missing:
        if (reason := _suspicious(policy, state)) is not None:
            return Verdict.HOLD, reason
        if baked:
            return Verdict.ADVANCE, sentences.healthy(policy, state)
        left = sentences.minutes_of(moment.least - moment.baked)
        return Verdict.CONTINUE, f"{counts}; enough evidence, the bake goes on for {left} min"
    text = f"{counts}; still needed: {', '.join(missing)}"
    if baked and state.stage.minutes >= policy.max_bake / MINUTE:
        return Verdict.INCONCLUSIVE, sentences.inconclusive(policy, text)
    return Verdict.CONTINUE, text


def _harm(policy: GatePolicy, state: State) -> str | None:
    """Why to roll back: the first check whose odds were reached, in the order they fired."""
    decides = [name for name in state.fired if _may_roll_back(policy, name)]
    return sentences.harm(policy, state, decides[0]) if decides else None


def _is_dark(policy: GatePolicy, state: State, least: timedelta) -> bool:
    quiet = state.quiet
    return (
        Check.DARK not in policy.observe_only
        and quiet.minutes >= least / MINUTE
        and quiet.expected >= policy.dark_requests
    )


def _may_roll_back(policy: GatePolicy, name: str) -> bool:
    if policy.logs is not None:
        for check in policy.logs.checks:
            if check.name == name:
                return check.on_harm is OnHarm.ROLLBACK
    return name != Check.REJECTED and name not in policy.observe_only


def _stopped(policy: GatePolicy, state: State) -> str | None:
    """Why nothing may move although nothing is to be rolled back."""
    for name, ln, alpha in wealths(policy, state):
        decides = name not in policy.observe_only and not _may_roll_back(policy, name)
        if decides and ln >= log(1 / alpha):
            return sentences.held(policy, state, name)
    for name, ln, excuse in excused(policy, state):
        if name not in policy.observe_only:
            return sentences.not_to_blame(policy, state, name, ln, excuse)
    return sentences.dark(policy, state) if _is_dark(policy, state, policy.dark) else None


def _missing(policy: GatePolicy, state: State) -> Iterator[str]:
    """What evidence the stage still lacks, for people."""
    stage, needed = state.stage, log(1 / policy.budget.advance)
    if stage.answered < policy.min_minutes:
        yield f"{policy.min_minutes - stage.answered} minutes with requests"
    requests = stage.totals.candidate[0]
    if requests < policy.min_requests:
        yield f"{policy.min_requests - requests:,.0f} requests to the candidate"
    if Check.ERRORS not in policy.observe_only:
        ln = evidence.reached(stage.errors)
        if ln < needed:
            yield sentences.evidence_left("failures", ln, needed, stage.answered)
    if policy.latency is not None and Check.LATENCY not in policy.observe_only:
        for name, row in zip(NAMES, stage.latency, strict=False):
            ln = evidence.reached(row)
            if ln < needed:
                yield sentences.evidence_left(name, ln, needed, stage.answered)


def _suspicious(policy: GatePolicy, state: State) -> str | None:
    for name, ln, alpha in wealths(policy, state):
        if name not in policy.observe_only and ln >= SUSPICIOUS * log(1 / alpha):
            return sentences.suspicious(policy, state, name, ln, alpha)
    return None


def _clean(policy: GatePolicy, state: State) -> bool:
    requests, failures, _ = state.stage.totals.candidate
    if requests <= 0:
        return False
    limit = line(policy.errors.limit).at(state.errors.stable_share)
    calm = all(
        ln <= LEANS for name, ln, _ in wealths(policy, state) if name not in policy.observe_only
    )
    return calm and failures / requests <= limit

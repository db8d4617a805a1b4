"""From the state to a verdict: the first rule that applies, with the reason in one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Any

from rollout.core.gate.algebra.streams import line
from rollout.core.gate.checks.check import Action
from rollout.core.gate.checks.stage import FIRST_RULES, Stage
from rollout.core.gate.checks.wording import failed
from rollout.core.gate.judging import sentences
from rollout.core.gate.judging.odds import Standing, excused, numbers, standings
from rollout.core.gate.judging.state import State
from rollout.core.gate.judging.verdicts import Judgement, Verdict
from rollout.core.gate.judging.window import silence
from rollout.core.gate.probing.combining import together
from rollout.core.gate.probing.wording import tallied
from rollout.core.gate.quality.proof import Shown, proofs
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.quality_model import Quality
from rollout.units import MINUTE

SUSPICIOUS = 0.5
"""A harm process beyond this part of its threshold (in ln) stops a stage from advancing."""

LEANS = 1.0
FIRST_LEANS = 1e-6
"""ln of the odds above which a process leans towards harm, now and under the first rules: those
called every process leaning that a single failure had moved, which said little of a candidate with
few requests and refused the good ones (docs/gate.md has the rates)."""

UNLIKELY_QUIET = 10.0
"""Where this many requests are usual, none of them is not by chance: once in exp(10) times."""


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
    quality: Quality | None = None,
) -> Judgement:
    """Say what the evidence allows.

    Args:
        policy: The frozen gate policy.
        stored: What `fold` returned for the settled minutes.
        moment: When it is judged, and the window.
        provisional: What `fold` returned for a copy that also has the minutes that are not
            complete yet. It may only roll back.
        quality: The frozen policy of predictions; None: none are judged.
    """
    state = State.load(stored)
    standing = standings(policy, state, quality)
    seen = numbers(policy, state, standing)
    if (harm := _harm(policy, state, standing)) is not None:
        return harm
    if provisional is not None:
        copy = State.load(provisional)
        if (harm := _harm(policy, copy, standings(policy, copy, quality))) is not None:
            return harm
    # Not of the copy: requests that are missing in incomplete minutes may only be late.
    if state.quiet.is_dark(policy, 2 * policy.dark):
        return Judgement(Verdict.ROLLBACK, sentences.dark(policy, state), clean=False, numbers=seen)
    if (silent := _silent(policy, state, moment)) is not None:
        verdict, text, minutes = silent
        # Whatever was seen before: silence is not evidence, for or against.
        found = {**seen, "silentMinutes": minutes}
        return Judgement(verdict, text, clean=False, numbers=found)
    shown = answers_shown(policy, state, quality)
    stopped = _stopped(policy, state, standing, shown)
    if stopped is not None:
        verdict, text = Verdict.HOLD, stopped
    else:
        verdict, text = _earned(policy, state, standing, shown, moment)
    if unseen := _unseen(state.stage):
        seen = {**seen, "mirroredUnseen": round(unseen, 1)}
    clean, told = _clean(policy, state, standing), _told(state, standing)
    return Judgement(verdict, text, clean=clean, told=told, numbers=seen)


def harm(
    policy: GatePolicy, stored: Mapping[str, Any], quality: Quality | None = None
) -> Judgement | None:
    """The rollback that a state calls for, whatever else it says; None without one.

    Probes at 0 % are judged by it: there is no stage, and so nothing to pass.
    """
    state = State.load(stored)
    return _harm(policy, state, standings(policy, state, quality))


def _silent(policy: GatePolicy, state: State, moment: Moment) -> tuple[Verdict, str, float] | None:
    silent = silence(policy, state.heard, moment.counts_from, moment.now)
    if silent < policy.stale or _explained(policy, state, silent, moment.now):
        return None
    verdict = Verdict.INCONCLUSIVE if silent >= policy.stale_limit else Verdict.HOLD
    return verdict, sentences.silent(silent, policy.stale_limit), round(silent / MINUTE, 1)


def _explained(policy: GatePolicy, state: State, silent: timedelta, now: datetime) -> bool:
    """Whether so little traffic is usual, and probes show meanwhile that both sides answer."""
    heard = None if state.probes is None else state.probes.heard
    if heard is None or now - heard >= policy.stale or not state.known_minutes:
        return False
    usual = state.errors.requests / state.known_minutes
    return usual * (silent / MINUTE) < UNLIKELY_QUIET


def answers_shown(policy: GatePolicy, state: State, quality: Quality | None) -> list[Shown]:
    """What answers must show, and how far they are."""
    sent = 0 if state.probes is None else state.probes.sent
    needed = log(1 / policy.budget.advance)
    return list(proofs(policy, quality, state.quality, sent=sent, needed=needed))


def _earned(
    policy: GatePolicy,
    state: State,
    standing: Sequence[Standing],
    shown: Sequence[Shown],
    moment: Moment,
) -> tuple[Verdict, str]:
    """Whether the stage is passed, more is needed, or its time is over."""
    missing = [*_missing(policy, state, standing), *_to_show(shown)]
    seen = failed(state.stage.totals, state.stage.unknown)
    probes = "" if state.probes is None else tallied(state.probes.stage.tally)
    unseen = _unseen(state.stage)
    mirror = sentences.no_mirrored(unseen) if unseen else ""
    counts = "; ".join(filter(None, (mirror, seen, probes, sentences.harm_so_far(standing))))
    baked = moment.baked >= moment.least
    if not missing:
        if (reason := _suspicious(state, standing)) is not None:
            return Verdict.HOLD, reason
        if baked:
            return Verdict.ADVANCE, sentences.healthy(policy, state, standing)
        left = sentences.minutes_of(moment.least - moment.baked)
        return Verdict.CONTINUE, f"{counts}; enough evidence, but the bake lasts another {left} min"
    text = f"{counts}; still needed to pass: {', '.join(missing)}"
    if baked and state.stage.minutes >= policy.max_bake / MINUTE:
        return Verdict.INCONCLUSIVE, sentences.inconclusive(policy, text, unseen=bool(unseen))
    return Verdict.CONTINUE, text


def _unseen(stage: Stage) -> float:
    """The mirrored requests that the metrics do not show, where that is no chance; else 0.

    Whether Azure Monitor shows mirrored requests under their deployment is not documented. So their
    absence says nothing of the candidate.
    """
    expected = stage.mirrored_unseen
    return expected if expected >= UNLIKELY_QUIET else 0.0


def _harm(policy: GatePolicy, state: State, standing: Sequence[Standing]) -> Judgement | None:
    """Roll back for the check whose odds were reached first, whatever they are now."""
    by_name = {each.check.name: each for each in standing}
    for name in state.fired:
        # A caller that does not judge predictions has no standing of theirs.
        standing_of_it = by_name.get(name)
        if standing_of_it is not None and standing_of_it.check.action is Action.ROLLBACK:
            text = sentences.harm(state, standing_of_it)
            found = numbers(policy, state, standing)
            return Judgement(Verdict.ROLLBACK, text, clean=False, numbers=found)
    return None


def _stopped(
    policy: GatePolicy, state: State, standing: Sequence[Standing], shown: Sequence[Shown]
) -> str | None:
    """Why nothing may move although nothing is to be rolled back."""
    for each in standing:
        if each.check.action is Action.HOLD and each.proven:
            return sentences.held(state, each)
        if each.decides and each.pause:
            return sentences.paused(state, each)
    for proof in shown:
        if proof.unclear:
            return sentences.unclear(state, proof)
    if state.stage.unknown_share > policy.unknown:
        return sentences.unknown(policy, state)
    if state.crowded is not None and state.crowded.holds:
        return sentences.crowded(state, state.crowded)
    for each, ln, excuse in excused(standing, state):
        if each.decides:
            return sentences.not_to_blame(state, each, ln, excuse)
    return sentences.dark(policy, state) if state.quiet.is_dark(policy, policy.dark) else None


def _told(state: State, standing: Sequence[Standing]) -> str:
    """What a check has proven that only reports, and whose report is for people."""
    return "; ".join(
        sentences.reported(state, each)
        for each in standing
        if each.check.worth_telling() and each.proven and not each.decides
    )


def _missing(policy: GatePolicy, state: State, standing: Sequence[Standing]) -> Iterator[str]:
    """What the stage still lacks, in words."""
    stage, needed = state.stage, log(1 / policy.budget.advance)
    minutes, requests = stage.answered, stage.totals.candidate[0]
    if state.probes is not None:
        # A minute may have had both, so the larger number is what there certainly was.
        minutes = max(minutes, state.probes.stage.rounds)
        requests += state.probes.stage.worth
    if _unseen(stage):
        # Probes alone would pass the stage without what it is for.
        yield "mirrored requests in the metrics"
    if minutes < policy.min_minutes:
        yield f"{policy.min_minutes - minutes} minutes with requests"
    if requests < policy.min_requests:
        yield f"{policy.min_requests - requests:,.0f} requests to the candidate"
    for each in standing:
        if each.decides:
            for name, ln_live in each.check.proofs(stage):
                ln = together(state.probes, name, ln_live)
                if ln < needed:
                    yield sentences.evidence_left(name, ln, needed, minutes)


def _to_show(shown: Sequence[Shown]) -> Iterator[str]:
    return (sentences.answers_left(proof) for proof in shown if not proof.passed)


def _suspicious(state: State, standing: Sequence[Standing]) -> str | None:
    for each in standing:
        if each.decides and each.ln >= SUSPICIOUS * each.check.ln_needed:
            return sentences.suspicious(state, each)
    return None


def _clean(policy: GatePolicy, state: State, standing: Sequence[Standing]) -> bool:
    requests, failures, _ = state.stage.totals.candidate
    pairs, failed_pairs = (0.0, 0.0) if state.probes is None else state.probes.stage.tally[:2]
    if requests + pairs <= 0:
        return False
    limit = line(policy.errors.limit).at(state.errors.stable_share)
    most = FIRST_LEANS if state.rules == FIRST_RULES else LEANS
    calm = all(each.ln <= most for each in standing if each.decides)
    return calm and failures <= limit * requests and failed_pairs <= limit * pairs

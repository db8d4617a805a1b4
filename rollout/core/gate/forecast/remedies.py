"""The warnings of a plan, each with what would help."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil, inf, log
from typing import Any

from rollout.core.gate.algebra.dispersion import spread
from rollout.core.gate.algebra.latency import inside
from rollout.core.gate.algebra.majority import CHANCE, VOTES
from rollout.core.gate.algebra.percentiles import tail
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.forecast.needs import LATENCIES, MINUTES, REQUESTS, needs_of
from rollout.core.gate.forecast.stages import StagePlan, percentiles
from rollout.core.gate.judging.opening import MIN_MINUTES, opened
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import MOST_MIRRORED, Stage
from rollout.units import FULL_WEIGHT, MINUTE

LIKELY = 0.9
"""How often a healthy candidate should find its evidence in time; below it there is a warning."""

LARGE_RISE = 0.05
"""A rise of failures from which a warning is due if the stage cannot see it."""

BURSTY = 2.0
"""Where a minute's requests are divided by this or more, a warning says so."""

MAX_POINTS = 0.2
MAX_LIMIT = 3.0
MAX_BAKE = timedelta(days=2)
MAX_TRAFFIC = 100_000.0
"""How far remedies are searched for; beyond it a change would not help."""

_BAKE_STEP = 5
_HOUR = 60
_WEEK = 7 * 24 * _HOUR

Known = Mapping[str, Any]


def warnings(
    policy: GatePolicy, known: Known, stages: Sequence[Stage], plans: Sequence[StagePlan]
) -> Iterator[str]:
    """Yield every warning: of what is known of stable first, then stage by stage."""
    yield from _of_history(policy, known, plans)
    ceilings = [*(each.weight for each in stages[1:]), FULL_WEIGHT]
    for stage, ceiling, planned in zip(stages, ceilings, plans, strict=True):
        if planned.chance < LIKELY:
            yield _unlikely(policy, known, (stage, ceiling), planned)
        yield from _blind(policy, known, planned)


def nothing_known(policy: GatePolicy) -> str:
    """The warning where stable had no request at all."""
    return (
        f"Stable had no request in the last {_span(policy.history)}, so nothing can be planned: "
        "without traffic on both sides no stage finds its evidence. Send sample traffic to the "
        "endpoint, or start when it has traffic."
    )


def _of_history(policy: GatePolicy, known: Known, plans: Sequence[StagePlan]) -> Iterator[str]:
    if timedelta(hours=known["hours"]) < policy.short_history:
        yield (
            f"Only {known['hours']:.1f} h of stable's traffic are known, fewer than "
            f"{_span(policy.short_history)} (gate.short_history): too few to tell how its "
            f"failures cluster, so a correlation of at least {policy.correlation_floor:g} is "
            "assumed. Bursts that hit only one deployment may be blamed on the candidate: "
            "start when there is more history."
        )
    if known["minutes"] < MIN_MINUTES:
        yield (
            f"Stable had requests in {known['minutes']} minutes only: the figures below are rough."
        )
    if policy.latency is not None and not known["latency"]:
        yield (
            "Stable's percentiles are not known, so the plan assumes the usual shape: the gate "
            "learns them in the first minutes of the rollout. Check that the metrics "
            "RequestLatency_P50, P90, P95 and P99 have values."
        )
    correlation = known["errors"]["correlation"]
    most = max(each.requests for each in plans)
    if spread(most, correlation) >= BURSTY:
        votes = _votes(policy)
        yield (
            f"Stable's failures come in bursts (correlation {correlation:.3g}): {most:,.0f} "
            f"requests a minute count as {most / spread(most, correlation):,.1f}. A fault that "
            f"shows in nearly every minute is still found within {votes} minutes by the majority "
            "check, but evidence to advance takes long. If an incident lies in the last "
            f"{_span(policy.history)}, start later or shorten gate.history."
        )


def _votes(policy: GatePolicy) -> int:
    """Minutes over the line, one after the other, that the majority check needs."""
    needed = log(1 / policy.budget.majority) + log(2 * len(VOTES))
    return ceil(needed / log(max(VOTES) / CHANCE))


def _unlikely(
    policy: GatePolicy, known: Known, place: tuple[Stage, int], planned: StagePlan
) -> str:
    """`place` is the stage and the weight that it must stay below."""
    slow = [each for each in planned.needs if each.chance < LIKELY]
    needs = ", ".join(_need(each.name, each.minutes) for each in slow)
    text = (
        f"Stage {planned.index + 1} ({planned.shown}) gives the candidate "
        f"{rate(planned.requests)} requests a minute: a healthy one needs {needs}, and "
        f"gate.max_bake is {_span(policy.max_bake)}. {_odds(planned.chance)}."
    )
    found = list(_remedies(policy, known, place, [each.name for each in slow]))
    if not found:
        return f"{text} No single change of the policy helps: it needs far more traffic."
    return f"{text} Any of these would do: {'; '.join(found)}."


def _blind(policy: GatePolicy, known: Known, planned: StagePlan) -> Iterator[str]:
    share = (known["errors"]["bad"] + 0.5) / (known["errors"]["requests"] + 1)
    where = f"Stage {planned.index + 1} ({planned.shown})"
    if planned.rise is None:
        yield (
            f"{where} would not even see a candidate that fails every request within "
            f"{_span(policy.max_bake)}: too few requests reach both sides."
        )
    elif planned.rise - share > LARGE_RISE:
        yield (
            f"{where} finds a rise of failures within {_span(policy.max_bake)} only from "
            f"{planned.rise:.1%} on (stable has {share:.2%}); smaller ones need more traffic."
        )


def _remedies(
    policy: GatePolicy, known: Known, place: tuple[Stage, int], short: Sequence[str]
) -> Iterator[str]:
    """Yield the least change of each kind that makes every need likely."""
    stage, ceiling = place
    if (wider := _wider(policy, known, stage, short)) is not None:
        yield wider

    def bake(steps: int) -> GatePolicy:
        return replace(policy, max_bake=steps * _BAKE_STEP * MINUTE)

    steps = _least(
        lambda steps: _likely(bake(steps), known, stage),
        ceil(policy.max_bake / MINUTE / _BAKE_STEP),
        MAX_BAKE // (_BAKE_STEP * MINUTE),
    )
    if steps is not None:
        yield f"gate.max_bake {steps * _BAKE_STEP}m"
    for share in range(stage.share + 1, MOST_MIRRORED + 1 if stage.mirror else ceiling):
        more = replace(stage, mirror=share) if stage.mirror else replace(stage, weight=share)
        if _likely(policy, known, more):
            yield f"a mirror of {share} %" if stage.mirror else f"a weight of {share} %"
            break
    per_minute = known["per_minute"]
    factor = _least(
        lambda percent: _likely(policy, _scaled(known, percent / FULL_WEIGHT), stage),
        FULL_WEIGHT,
        max(ceil(FULL_WEIGHT * MAX_TRAFFIC / per_minute), FULL_WEIGHT),
    )
    if factor is not None:
        added = per_minute * (factor / FULL_WEIGHT - 1)
        total = added * (policy.max_bake / MINUTE)
        yield (
            f"sample traffic of {rate(added)} requests a minute to the endpoint ({total:,.0f} in "
            f"{_span(policy.max_bake)})"
        )


def _wider(policy: GatePolicy, known: Known, stage: Stage, short: Sequence[str]) -> str | None:
    """Wider limits for what is short of evidence; None where they do not help alone."""
    said = []
    if MINUTES in short or REQUESTS in short:
        return None
    if FAILURES in short:
        points = _least(
            lambda points: _passes(_with_points(policy, points), known, stage, (FAILURES,)),
            ceil(policy.errors.limit.points * 1000),
            round(MAX_POINTS * 1000),
        )
        if points is None:
            return None
        said.append(f"gate.errors.limit.points {points / 10:g}%")
    if policy.latency is not None and any(each in short for each in LATENCIES):
        limit = _least(
            lambda limit: _passes(
                policy, _with_limit(policy, known, limit / 100), stage, LATENCIES
            ),
            ceil(policy.latency.limit * 100),
            round(MAX_LIMIT * 100),
        )
        if limit is None:
            return None
        said.append(f"gate.latency.limit {limit / 100:g}")
    return " with ".join(said)


def _with_points(policy: GatePolicy, thousandths: int) -> GatePolicy:
    errors: ErrorsCheck = policy.errors
    limit = Margin(errors.limit.ratio, thousandths / 1000)
    return replace(policy, errors=replace(errors, limit=limit))


def _with_limit(policy: GatePolicy, known: Known, limit: float) -> Known:
    """What would be known of stable's latency at another limit, from its percentiles."""
    usual = percentiles(State.load(opened(policy, known, inf)))
    if usual is None:
        return known
    latency = [
        [ln, share, inside(tail(usual, ln + log(limit))), *rest]
        for ln, share, _, *rest in known["latency"]
    ]
    return {**known, "latency": latency}


def _scaled(known: Known, factor: float) -> Known:
    return {**known, "per_minute": known["per_minute"] * factor}


def _likely(policy: GatePolicy, known: Known, stage: Stage) -> bool:
    return all(each.chance >= LIKELY for each in needs_of(policy, known, stage))


def _passes(policy: GatePolicy, known: Known, stage: Stage, names: Sequence[str]) -> bool:
    needs = needs_of(policy, known, stage)
    return all(each.chance >= LIKELY for each in needs if each.name in names)


def _least(enough: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return the least whole number in (low, high] that is enough; None if none is."""
    if low >= high or not enough(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high


def _need(name: str, minutes: float) -> str:
    what = {
        MINUTES: "for gate.min_minutes",
        REQUESTS: "for gate.min_requests",
        FAILURES: "for its evidence on failures",
    }.get(name, f"for its evidence on {name}")
    return f"{about(minutes)} {what}"


def about(minutes: float) -> str:
    """Say a time in words; `inf` is more than a week."""
    if minutes >= _WEEK:
        return "more than a week"
    if minutes >= 10 * _HOUR:
        return f"about {minutes / _HOUR:,.0f} h"
    return f"about {minutes:,.0f} min"


def rate(value: float) -> str:
    """Say requests a minute in words."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - readable digits


def _odds(chance: float) -> str:
    passing = f"About {100 * chance:.0f} in 100 healthy candidates would pass"
    return f"{passing}; the others end inconclusive"


def _span(span: timedelta) -> str:
    minutes = span / MINUTE
    return f"{minutes / _HOUR:g} h" if minutes % _HOUR == 0 else f"{minutes:g} min"

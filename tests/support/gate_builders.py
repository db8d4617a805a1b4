"""Minutes, histories and whole rollouts of the gate, from 12:00 UTC on."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.core.gate import Judgement, Moment, baseline, begin_stage, fold, judge, opened
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import CustomCheck, GatePolicy, LogQueries, OnHarm
from rollout.core.records.observation import Minute, Percentiles, SideMinute, Tally

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLANNED = 180.0
"""Minutes over which the reserve is spread: three stages of an hour."""

LATENCY = GatePolicy()
ERRORS = GatePolicy(latency=None)
"""The default policy, and the same without latency."""

QUICK = Percentiles(100.0, 190.0, 230.0, 320.0)
"""Log-normal around 100 ms."""


def side(requests: float, failures: float = 0.0, **fields: Any) -> SideMinute:
    return SideMinute(requests, failures, **fields)


def slower(times: float) -> Percentiles:
    return Percentiles(*(times * each for each in (QUICK.p50, QUICK.p90, QUICK.p95, QUICK.p99)))


def some(
    count: int, candidate: SideMinute | None, stable: SideMinute | None, *, first: int = 0
) -> list[Minute]:
    """`count` equal minutes; the first is `first` minutes after START."""
    return [Minute(START + (first + n) * MINUTE, stable, candidate) for n in range(count)]


def history(stable: SideMinute | None = None, count: int = 400) -> list[Minute]:
    """Stable's minutes before START: 90 requests each, one of 200 failing, never in bursts."""
    usual = stable or side(90, 0.45, client_errors=0.9, latency=QUICK)
    return some(count, None, usual, first=-count)


KNOWN = baseline(LATENCY, history())


def start(
    policy: GatePolicy = ERRORS, weight: int = 10, known: dict[str, Any] | None = None
) -> dict[str, Any]:
    return begin_stage(opened(policy, KNOWN if known is None else known, PLANNED), 0, weight)


def after(those: Iterable[Minute], policy: GatePolicy = ERRORS, weight: int = 10) -> dict[str, Any]:
    """The stored state of a first stage once these minutes are folded."""
    return fold(policy, start(policy, weight), those)[0]


def loaded(those: Iterable[Minute], policy: GatePolicy = ERRORS, weight: int = 10) -> State:
    return State.load(after(those, policy, weight))


def a_moment(
    minutes: float, *, least: float = 5, baked: float | None = None, first: float = 0
) -> Moment:
    """The pass at which the minute before `minutes` after START has just settled."""
    return Moment(
        now=START + minutes * MINUTE + ERRORS.ingestion_delay,
        counts_from=START + first * MINUTE,
        baked=(minutes if baked is None else baked) * MINUTE,
        least=least * MINUTE,
    )


def judged(
    those: list[Minute], policy: GatePolicy = ERRORS, weight: int = 10, **moment: Any
) -> Judgement:
    return judge(policy, after(those, policy, weight), a_moment(len(those), **moment))


def with_checks(
    *names: str, on_harm: OnHarm = OnHarm.HOLD, latency: bool = False, slow_counts: bool = False
) -> GatePolicy:
    checks = tuple(CustomCheck(name, "a query", on_harm=on_harm) for name in names)
    logs = LogQueries("workspace", slow_counts=slow_counts, checks=checks)
    return GatePolicy(logs=logs) if latency else GatePolicy(latency=None, logs=logs)


def tallied(requests: float, **bad: float) -> SideMinute:
    """A side without failures whose custom checks counted so many bad of its requests."""
    custom = {name: Tally(requests, amount) for name, amount in bad.items()}
    return side(requests, custom=custom)

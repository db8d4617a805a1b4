"""Every check there is: one row says what it is called, what it allows, what it risks and does.

A new check is a value of the enum `Check`, its parameters in the policy, and a row here; a test
finds a value without a row. Only a check that computes in a new way needs a file of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from rollout.core.gate.algebra.latency import SLO_SHARE, milliseconds, over_slo
from rollout.core.gate.checks.absolute import AbsoluteLimit
from rollout.core.gate.checks.check import Action, HarmCheck
from rollout.core.gate.checks.creep import TOLERATED, Creep
from rollout.core.gate.checks.custom import Custom
from rollout.core.gate.checks.errors import Errors, failures
from rollout.core.gate.checks.latency import Slower
from rollout.core.gate.checks.majority import Majority
from rollout.core.gate.checks.rejected import Rejected
from rollout.core.gate.checks.split import Split
from rollout.core.gate.checks.stage import FIRST_RULES, RULES
from rollout.core.gate.checks.wording import margin
from rollout.core.policy.gate_model import Check, CustomCheck, GatePolicy, OnCreep, OnHarm


@dataclass(frozen=True)
class Row:
    """`kind` says what the check carries; `asked` is it as a policy wants it, None: left out.

    With `always` a rollout carries the memory even if its policy leaves the check out: so do the
    rows of the first version of the state, and the soak rests on some of them. Other checks take
    room in the state only where a policy asks for them, and only from the rules `since` on: a
    policy stored earlier could not leave the check out.
    """

    kind: type[HarmCheck[Any]]
    asked: Callable[[GatePolicy], HarmCheck[Any] | None]
    always: bool = False
    since: int = FIRST_RULES


# Policies are frozen and their checks are values; a pass asks for them several times.
@lru_cache(maxsize=64)
def checks_of(policy: GatePolicy) -> tuple[HarmCheck[Any], ...]:
    """Return the checks that a policy asks for, in the order in which they are judged."""
    built_in = (row.asked(policy) for row in TABLE.values())
    custom = policy.logs.checks if policy.logs is not None else ()
    asked = (*(each for each in built_in if each is not None), *map(_custom, custom))
    return tuple(
        replace(each, action=Action.REPORT) if each.name in policy.observe_only else each
        for each in asked
    )


def _errors(policy: GatePolicy) -> Errors:
    return Errors(
        name=Check.ERRORS.value,
        title="the candidate fails more",
        limit=f"tolerated {margin(policy.errors.tolerance)}",
        alpha=policy.budget.errors,
        action=Action.ROLLBACK,
        margins=policy.errors,
    )


def _majority(policy: GatePolicy) -> Majority:
    return Majority(
        name=Check.MAJORITY.value,
        title="the candidate fails more in most minutes",
        limit=f"tolerated {margin(policy.errors.tolerance)}",
        alpha=policy.budget.majority,
        action=Action.ROLLBACK,
        margins=policy.errors,
    )


def _slo(policy: GatePolicy) -> AbsoluteLimit | None:
    most = policy.errors.slo
    if most is None:
        return None
    return AbsoluteLimit(
        name=Check.SLO.value,
        title="the candidate fails too much",
        limit=f"limit {most:.1%}",
        alpha=policy.budget.slo,
        action=Action.ROLLBACK,
        most=most,
        counts=failures,
        burstiness=lambda minute: minute.burstiness,
        of_parts=True,
    )


def _rejected(policy: GatePolicy) -> Rejected | None:
    if policy.rejected is None:
        return None
    return Rejected(
        name=Check.REJECTED.value,
        title="the candidate refuses more requests",
        limit=f"tolerated {margin(policy.rejected.tolerance)}",
        alpha=policy.budget.rejected,
        action=Action.HOLD,
        tolerance=policy.rejected.tolerance,
    )


def _latency(policy: GatePolicy) -> Slower | None:
    if policy.latency is None:
        return None
    return Slower(
        name=Check.LATENCY.value,
        title="the candidate is slower",
        limit=f"tolerated {policy.latency.tolerance:g} x stable at every percentile",
        alpha=policy.budget.latency,
        action=Action.ROLLBACK,
        margins=policy.latency,
    )


def _latency_slo(policy: GatePolicy) -> AbsoluteLimit | None:
    limit_ms = None if policy.latency is None else milliseconds(policy.latency)
    if limit_ms is None:
        return None
    return AbsoluteLimit(
        name=Check.LATENCY_SLO.value,
        title="the candidate is too slow",
        limit=f"limit P95 {limit_ms:,.0f} ms",
        alpha=policy.budget.latency_slo,
        action=Action.ROLLBACK,
        most=SLO_SHARE,
        counts=partial(over_slo, limit_ms=limit_ms),
        burstiness=lambda minute: minute.slow_burstiness,
        what="took longer",
        settles=True,
    )


def _split(policy: GatePolicy) -> Split | None:
    if policy.split is None:
        return None
    return Split(
        name=Check.SPLIT.value,
        title="the candidate does not get the requests that its weight says",
        limit=f"{policy.split.tolerance:.1%} of the requests may go elsewhere",
        alpha=policy.budget.split,
        action=Action.HOLD,
        margins=policy.split,
    )


def _creep(policy: GatePolicy) -> Creep | None:
    if policy.creep is None:
        return None
    return Creep(
        name=Check.CREEP.value,
        title="the candidate fails more than what was promoted before it",
        limit=f"tolerated {TOLERATED.ratio:g} x theirs + {100 * TOLERATED.points:g} points",
        alpha=policy.budget.creep,
        action=Action.HOLD if policy.creep is OnCreep.HOLD else Action.REPORT,
    )


def _custom(check: CustomCheck) -> Custom:
    return Custom(
        name=check.name,
        title=f"check {check.name} is worse on the candidate",
        limit=f"tolerated {margin(check.tolerance)}",
        alpha=check.alpha,
        action=Action.ROLLBACK if check.on_harm is OnHarm.ROLLBACK else Action.HOLD,
        tolerance=check.tolerance,
    )


TABLE: Mapping[str, Row] = {
    Check.ERRORS.value: Row(Errors, _errors, always=True),
    Check.MAJORITY.value: Row(Majority, _majority, always=True),
    Check.SLO.value: Row(AbsoluteLimit, _slo, always=True),
    Check.REJECTED.value: Row(Rejected, _rejected, always=True),
    Check.LATENCY.value: Row(Slower, _latency, always=True),
    Check.LATENCY_SLO.value: Row(AbsoluteLimit, _latency_slo, always=True),
    Check.SPLIT.value: Row(Split, _split, since=RULES),
    Check.CREEP.value: Row(Creep, _creep, since=RULES),
}
"""The order is the one in which checks are judged. `DARK` has no odds: see `judging.darkness`."""

CUSTOM = Custom
"""The kind of the checks whose names come from the policy."""

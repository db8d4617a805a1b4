"""The table of checks is complete: what a policy can name is judged, budgeted and remembered."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.gate import begin_stage, fold, judge, opened
from rollout.core.gate.checks.absolute import AbsoluteLimit
from rollout.core.gate.checks.check import Action
from rollout.core.gate.checks.table import TABLE, Row, checks_of
from rollout.core.gate.judging import opening
from rollout.core.policy.gate_model import (
    Budget,
    Check,
    CustomCheck,
    GatePolicy,
    LatencyCheck,
    LogQueries,
    OnCreep,
    OnHarm,
)
from tests.support.gate_builders import KNOWN, PLANNED, a_moment, side, some, start

EVERYTHING = GatePolicy(
    creep=OnCreep.HOLD,
    latency=LatencyCheck(slo=timedelta(milliseconds=250)),
    logs=LogQueries(
        "workspace",
        checks=(
            CustomCheck("holds", "a query"),
            CustomCheck("rolls-back", "a query", on_harm=OnHarm.ROLLBACK),
        ),
    ),
)
PREDICTIONS = {
    Check.ANSWERS,
    Check.LOSSES,
    Check.FAULTS,
    Check.CONSTANT,
    Check.BODIES,
    Check.OUTPUTS,
    Check.ODD,
}
"""Those fed with answers: see the tests of `quality`."""

NAMED = sorted(set(Check) - {Check.DARK, Check.PROBES} - PREDICTIONS)
"""Those fed with minutes that have odds."""


def action_of(policy: GatePolicy, name: str) -> Action:
    return next(check.action for check in checks_of(policy) if check.name == name)


def test_every_check_that_a_policy_can_name_has_a_row() -> None:
    assert set(TABLE) == {check.value for check in NAMED}


def test_a_policy_that_asks_for_everything_gets_every_check_of_its_kind() -> None:
    checks = checks_of(EVERYTHING)
    assert [check.name for check in checks] == [*TABLE, "holds", "rolls-back"]
    for check in checks[: len(TABLE)]:
        assert type(check) is TABLE[check.name].kind
        assert check.title
        assert check.limit


def test_every_check_has_a_budget_of_its_own() -> None:
    assert {each.name for each in fields(Budget)} == {*TABLE, *PREDICTIONS, "probes", "advance"}
    budget = Budget(**{name: 0.001 * (n + 1) for n, name in enumerate(TABLE)})
    for check in checks_of(replace(EVERYTHING, budget=budget))[: len(TABLE)]:
        assert check.alpha == getattr(budget, check.name)


@pytest.mark.parametrize("check", NAMED)
def test_a_check_that_is_only_observed_does_not_decide(check: Check) -> None:
    holds = check in (Check.REJECTED, Check.SPLIT, Check.CREEP)
    expected = Action.HOLD if holds else Action.ROLLBACK
    assert action_of(EVERYTHING, check.value) is expected
    assert action_of(replace(EVERYTHING, observe_only=(check,)), check.value) is Action.REPORT


def test_a_custom_check_holds_unless_it_says_otherwise() -> None:
    assert action_of(EVERYTHING, "holds") is Action.HOLD
    assert action_of(EVERYTHING, "rolls-back") is Action.ROLLBACK


def test_a_policy_leaves_checks_out() -> None:
    errors = replace(EVERYTHING.errors, slo=None)
    policy = GatePolicy(errors=errors, rejected=None, latency=None, split=None, creep=None)
    assert [check.name for check in checks_of(policy)] == ["errors", "majority"]


def test_a_state_remembers_the_first_six_checks_whatever_the_policy_asks_for() -> None:
    bare = GatePolicy(errors=replace(EVERYTHING.errors, slo=None), rejected=None, latency=None)
    first = {"errors", "majority", "slo", "rejected", "latency", "latency_slo"}
    assert first <= set(opened(bare, KNOWN, PLANNED))


def test_a_check_that_came_later_takes_no_room_where_it_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = {**TABLE, "later": Row(AbsoluteLimit, lambda _: None)}
    monkeypatch.setattr(opening, "TABLE", later)
    assert "later" not in opened(EVERYTHING, KNOWN, PLANNED)


@pytest.mark.parametrize("absent", ["majority", "slo", "latency_slo"])
def test_a_rollout_that_began_before_a_check_existed_ends_without_it(absent: str) -> None:
    state: dict[str, Any] = start(EVERYTHING)
    del state[absent]
    broken = some(4, side(100, 100), side(900, 4))
    after, left = fold(EVERYTHING, begin_stage(state, 0, 10), broken)
    assert absent not in after
    assert absent not in left[-1]["harm"]
    assert "errors" in left[-1]["fired"]
    assert absent not in judge(EVERYTHING, after, a_moment(4)).numbers["harm"]

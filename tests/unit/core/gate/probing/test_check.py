"""What a policy asks of probes, and how the two processes become one."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp

import pytest

from rollout.core.gate.checks.check import Action
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.check import probed as charge
from rollout.core.gate.probing.memory import ProbeMemory
from rollout.core.policy.gate_model import Check, GatePolicy
from rollout.core.records.probes import ProbeAnswer
from tests.support.probe_builders import GATE, answers, begun, probed, quick


def remembered(*passes: tuple[Sequence[ProbeAnswer], Sequence[ProbeAnswer]]) -> ProbeMemory:
    memory = State.load(probed(begun(), passes)).probes
    assert memory is not None
    return memory


def test_the_money_is_on_failures_and_latency_alike() -> None:
    memory = remembered((answers(10, 10), answers(20)))
    both = charge(GATE)
    expected = 0.5 * memory.failures.process.wealth + 0.5 * memory.latency.wealth
    assert exp(both.ln_odds(memory)) == pytest.approx(expected)
    assert both.alpha == GATE.budget.probes == 0.005
    assert both.action is Action.ROLLBACK


@pytest.mark.parametrize(
    ("policy", "parts"),
    [
        (replace(GATE, latency=None), (1.0, 0.0)),
        (replace(GATE, observe_only=(Check.LATENCY,)), (1.0, 0.0)),
        (replace(GATE, observe_only=(Check.ERRORS,)), (0.0, 1.0)),
    ],
)
def test_what_only_reports_among_live_requests_has_no_money_here(
    policy: GatePolicy, parts: tuple[float, float]
) -> None:
    found = charge(policy)
    assert (found.on_failures, found.on_latency) == parts
    assert found.action is Action.ROLLBACK


def test_without_either_nothing_decides_and_the_odds_are_even() -> None:
    nothing = charge(replace(GATE, observe_only=(Check.ERRORS, Check.LATENCY)))
    assert nothing.action is Action.REPORT
    assert nothing.ln_odds(remembered((answers(0, 20), answers(20)))) == 0.0
    assert nothing.limit == "tolerated anything"


def test_probes_may_be_measured_only() -> None:
    assert charge(replace(GATE, observe_only=(Check.PROBES,))).action is Action.REPORT


def test_the_reason_quotes_the_process_that_speaks_most_for_harm() -> None:
    failing = remembered((answers(10, 10), answers(20)), (answers(7, 13), answers(20)))
    assert (
        charge(GATE).seen(failing, Totals(), {}) == "of 40 probes the candidate failed 23, stable 0"
    )
    slow = remembered(*[(quick(1.5, shift), quick(1.0)) for shift in range(8)])
    assert (
        charge(GATE)
        .seen(slow, Totals(), {})
        .startswith("of 140 probes that both answered the candidate took longer than ")
    )

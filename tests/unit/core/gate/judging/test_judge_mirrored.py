"""A stage in which requests are mirrored: what is judged in it, and what its silence means."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.gate import Judgement, Verdict, begin_stage, fold, judge, opened
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_model import GatePolicy, LatencyCheck
from rollout.core.records.observation import Instances, Minute, SideMinute
from rollout.units import MINUTE
from tests.support.gate_builders import ERRORS, KNOWN, PLANNED, QUICK, a_moment, side, slower, some
from tests.support.judgements import tells
from tests.support.probe_builders import GATE, answers, probed

MIRROR = 20
ALL, COPIES = side(1000, 5), side(200, 1)
"""Stable answers every request; a fifth of them is sent to the candidate too."""

LONGEST = int(ERRORS.max_bake / MINUTE)
SLO = replace(ERRORS, errors=replace(ERRORS.errors, slo=0.05))


def mirrored(policy: GatePolicy = ERRORS) -> dict[str, Any]:
    return begin_stage(opened(policy, KNOWN, PLANNED), 0, 0, MIRROR)


def judged(those: list[Minute], policy: GatePolicy = ERRORS) -> Judgement:
    state = fold(policy, mirrored(policy), those)[0]
    return judge(policy, state, a_moment(len(those)))


def test_healthy_copies_are_evidence() -> None:
    tells(judged(some(10, COPIES, ALL)), Verdict.ADVANCE, "candidate 10 of 2,000 failed")


def test_copies_that_fail_are_harm() -> None:
    tells(judged(some(10, side(200, 60), ALL)), Verdict.ROLLBACK, "the candidate fails more")


def test_copies_that_fail_where_all_fail_are_not_blamed() -> None:
    assert judged(some(10, side(200, 60), side(1000, 300))).verdict is not Verdict.ROLLBACK


def test_slow_copies_are_harm() -> None:
    policy = replace(ERRORS, latency=LatencyCheck())
    copies = side(200, 1, latency=slower(4))
    those = some(40, copies, side(1000, 5, latency=QUICK))
    tells(judged(those, policy), Verdict.ROLLBACK, "slower")


def test_an_absolute_limit_holds_for_copies_too() -> None:
    tells(judged(some(20, side(200, 40), ALL), SLO), Verdict.ROLLBACK)
    assert judged(some(20, side(200, 40), side(1000, 200)), SLO).verdict is Verdict.HOLD


def test_no_requests_are_missed_at_the_side_of_stable() -> None:
    """The candidate takes nothing from stable: neither the split check nor darkness applies."""
    judgement = judged(some(40, COPIES, ALL))
    assert judgement.numbers["harm"]["split"] == 0
    assert "quiet" not in judged(some(40, None, ALL)).numbers


@pytest.mark.parametrize("silent", [None, side(0)])
def test_copies_that_the_metrics_do_not_show_are_said_and_never_held_against_the_candidate(
    silent: SideMinute | None,
) -> None:
    shows_none = "Azure Monitor shows no mirrored requests, where 10,000 were expected"
    tells(judged(some(50, silent, ALL)), Verdict.CONTINUE, shows_none, "still needed to pass")
    last = judged(some(LONGEST, silent, ALL))
    tells(
        last,
        Verdict.INCONCLUSIVE,
        "Azure Monitor shows no mirrored requests",
        "mirrored requests in the metrics",
        "`advance` goes on without them; nothing is held against the candidate",
    )
    assert not last.clean
    assert last.numbers["minutes"] == 0
    assert last.numbers["mirroredUnseen"] == 200 * LONGEST


def test_probes_alone_do_not_pass_a_mirror_that_shows_nothing() -> None:
    state = fold(GATE, mirrored(GATE), some(30, None, ALL))[0]
    state = probed(state, [(answers(40), answers(40))] * 30)
    tells(judge(GATE, state, a_moment(30)), Verdict.CONTINUE, "shows no mirrored requests")


def test_where_few_copies_are_expected_their_absence_says_nothing() -> None:
    """Then it is a stage with little traffic, and probes are its evidence as in any other."""
    state = fold(GATE, mirrored(GATE), some(30, None, side(1)))[0]
    state = probed(state, [(answers(40), answers(40))] * 30)
    assert "no mirrored requests" not in judge(GATE, state, a_moment(30)).text
    tells(judge(GATE, state, a_moment(30)), Verdict.ADVANCE)


def test_one_copy_shows_that_the_metrics_have_them() -> None:
    those = [*some(1, side(1), ALL), *some(49, None, ALL, first=1)]
    assert "no mirrored requests" not in judged(those).text
    assert "mirroredUnseen" not in judged(those).numbers


def test_copies_of_unknown_status_are_shown() -> None:
    assert "no mirrored requests" not in judged(some(30, side(0, unknown=2), ALL)).text


def test_refusals_of_a_candidate_too_small_for_the_copies_hold() -> None:
    refused = side(200, 4, by_status={"429": 4.0})
    small = [replace(each, instances=Instances(1, 10)) for each in some(10, refused, ALL)]
    tells(judged(small), Verdict.HOLD, "1 of the 2 instances that 20 % of stable's traffic needs")


def test_the_first_weight_after_a_mirror_begins_its_own_evidence() -> None:
    state = fold(ERRORS, mirrored(), some(10, side(200, 12), ALL))[0]
    after = begin_stage(state, 1, 10)
    assert "mirror" not in after["stage"]
    assert after["stage"]["totals"] == [[0, 0, 0], [0, 0, 0]]
    # What leaned towards harm among the copies is not forgotten.
    assert after["errors"] == state["errors"]


def test_the_state_remembers_the_mirror() -> None:
    stored = State.load(mirrored()).dump()
    assert stored["stage"]["mirror"] == MIRROR
    assert State.load(stored).stage.share == MIRROR


def test_a_stage_with_a_weight_has_no_mirror_in_its_state() -> None:
    state = begin_stage(opened(ERRORS, KNOWN, PLANNED), 0, 10)
    assert "mirror" not in state["stage"]
    assert State.load(state).stage.share == 10

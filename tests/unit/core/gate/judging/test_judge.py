"""Every verdict, the order of the rules, and sentences that tell a person what and why."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.gate import Verdict, begin_stage, fold, judge
from rollout.core.policy.gate_model import Check, GatePolicy, Margin
from rollout.core.records.observation import SideMinute
from tests.support.gate_builders import (
    ERRORS,
    LATENCY,
    a_moment,
    after,
    judged,
    side,
    slower,
    some,
)
from tests.support.judgements import HEALTHY, SLO, STABLE, tells

ALL = tuple(Check)


ONE_MARGIN = Margin(1.0, 0.0)


def test_a_healthy_candidate_advances() -> None:
    judgement = judged(some(10, HEALTHY, STABLE))
    assert judgement.text == (
        "healthy: candidate 5 of 1,000 failed, stable 45 of 9,000 in 10 min; "
        "odds over 1,000,000:1 that it stays below 1.5 x stable + 3 points, 20:1 needed; "
        "no harm check is above 1% of its threshold"
    )
    assert judgement.verdict is Verdict.ADVANCE
    assert judgement.clean


def test_evidence_comes_before_the_bake_is_over() -> None:
    judgement = judged(some(10, HEALTHY, STABLE), least=20)
    tells(judgement, Verdict.CONTINUE, "enough evidence, but the bake lasts another 10 min")
    tells(judged(some(10, HEALTHY, STABLE), baked=20, least=20), Verdict.ADVANCE)


def test_a_latency_that_is_healthy_advances() -> None:
    tells(judged(some(12, HEALTHY, STABLE), LATENCY), Verdict.ADVANCE, "healthy")


@pytest.mark.parametrize(
    ("count", "candidate", "missing"),
    [
        (
            0,
            HEALTHY,
            "0 of 0 failed; harm 1.0:1 of 100:1 (errors); still needed to pass: 5 minutes",
        ),
        (
            1,
            HEALTHY,
            "still needed to pass: 4 minutes with requests, odds 20:1 on failures (now 4.3:1",
        ),
        (20, side(1), "30 requests to the candidate, odds 20:1 on failures (now 1.4:1, about "),
        (9, side(0), "5 minutes with requests, 50 requests to the candidate, odds 20:1 on fail"),
        (12, side(10, 0.12), "still needed to pass: odds 20:1 on failures (now 2"),
    ],
    ids=["nothing yet", "too few minutes", "too few requests", "idle", "no evidence"],
)
def test_what_is_still_needed_is_said(count: int, candidate: SideMinute, missing: str) -> None:
    judgement = judged(some(count, candidate, side(900, 4.5)))
    tells(judgement, Verdict.CONTINUE, missing)


def test_while_it_bakes_the_sentence_tells_how_near_harm_is() -> None:
    failing = judged(some(1, side(100, 37), side(900, 4)))
    tells(
        failing,
        Verdict.CONTINUE,
        "candidate 37 of 100 failed, stable 4 of 900; harm 37:1 of 100:1 (errors); ",
    )
    # The check nearest to its own odds is told, not the one with the highest odds.
    strict = replace(ERRORS, budget=replace(ERRORS.budget, errors=1e-9))
    tells(judged(some(1, side(100, 37), side(900, 4)), strict), Verdict.CONTINUE, " (slo); ")
    enough = judged(some(10, HEALTHY, STABLE), least=20)
    tells(enough, Verdict.CONTINUE, "of 100:1 (", "; enough evidence, but the bake lasts")


def test_no_harm_is_told_where_every_check_only_reports() -> None:
    observed = replace(ERRORS, observe_only=ALL)
    assert "harm" not in judged(some(1, side(100, 37), side(900, 4)), observed).text


def test_latency_must_earn_its_evidence_too() -> None:
    no_latency = side(100, 0.5), side(900, 4.5)
    tells(judged(some(12, *no_latency), LATENCY), Verdict.CONTINUE, "odds 20:1 on P50 (now 1.0:1)")
    observed = replace(LATENCY, observe_only=(Check.LATENCY,))
    tells(judged(some(12, *no_latency), observed), Verdict.ADVANCE)


def test_without_evidence_at_max_bake_the_stage_is_inconclusive() -> None:
    idle = some(120, side(0.4), side(3.6))
    tells(
        judged(idle),
        Verdict.INCONCLUSIVE,
        "too little evidence after 120 min: candidate 0 of 48 failed, stable 0 of 432; ",
        "still needed to pass: ",
        "a wider limit, a longer max_bake, more weight or sample traffic would provide it",
    )
    tells(judged(idle[:-1]), Verdict.CONTINUE)
    tells(judged(idle, baked=119, least=120), Verdict.CONTINUE)


def test_observed_checks_are_measured_and_never_decide() -> None:
    policy = replace(SLO, observe_only=ALL, split=None)
    everything_wrong = side(100, 100, client_errors=100, latency=slower(9))
    judgement = judged(some(30, everything_wrong, STABLE), policy)
    tells(judgement, Verdict.ADVANCE, "no harm check is above 0% of its threshold")
    assert all(ln > 4 for ln in judgement.numbers["harm"].values())
    assert set(judgement.numbers["fired"]) == set(judgement.numbers["harm"])
    dark = judged(some(30, side(0), STABLE), policy)
    tells(dark, Verdict.CONTINUE)
    assert dark.numbers["quiet"] == [30, 2700]


def test_odds_half_way_to_harm_hold_instead_of_advancing() -> None:
    """The limit is far, so that there is evidence, and the tolerance is near."""
    policy = replace(ERRORS, errors=replace(ERRORS.errors, limit=Margin(1.5, 0.1)))
    some_harm = some(15, side(10, 0.4), side(90, 0.45))
    judgement = judged(some_harm, policy)
    tells(
        judgement,
        Verdict.HOLD,
        "enough evidence to advance, but the candidate fails more: candidate 6 of 150 failed, ",
        "stable 7 of 1,350; tolerated 1.2 x stable + 0.02 points; harm odds ",
        "proven at 100:1; advances once the odds are below 10:1",
    )
    observed = replace(policy, observe_only=(Check.ERRORS, Check.MAJORITY))
    tells(judged(some_harm, observed), Verdict.ADVANCE)


@pytest.mark.parametrize(
    ("minutes", "policy", "clean"),
    [
        (some(10, HEALTHY, STABLE), ERRORS, True),
        (some(10, side(100), STABLE), ERRORS, True),
        ([], ERRORS, False),
        (some(5, side(0), STABLE), ERRORS, False),
        (some(3, side(100, 3), STABLE), ERRORS, False),
        (some(3, side(100, 4), side(100, 4)), replace(ERRORS, observe_only=ALL), False),
        (some(240, side(100, 0.5), STABLE), LATENCY, True),
        (some(1, replace(HEALTHY, client_errors=9), STABLE), ERRORS, False),
        (
            some(1, replace(HEALTHY, client_errors=9), STABLE),
            replace(ERRORS, observe_only=(Check.REJECTED,)),
            True,
        ),
    ],
    ids=[
        "healthy",
        "without failures",
        "nothing seen",
        "no requests",
        "leaning towards harm",
        "beyond the limit",
        "a process nobody fed",
        "leaning towards refusing",
        "leaning, but observed only",
    ],
)
def test_clean_is_what_leans_nowhere(
    minutes: list[Any],
    policy: GatePolicy,
    clean: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert judged(minutes, policy).clean is clean


def test_a_soak_is_passed_or_not_without_stable() -> None:
    before = begin_stage(after(some(10, HEALTHY, STABLE)), 2, 100)
    fine, _ = fold(ERRORS, before, some(10, side(1000, 5, client_errors=10), None, first=10))
    tells(
        judge(ERRORS, fine, a_moment(20)),
        Verdict.ADVANCE,
        "healthy: candidate 50 of 10,000 failed in 10 min; odds ",
    )
    bad, _ = fold(ERRORS, before, some(10, side(1000, 80, client_errors=10), None, first=10))
    tells(judge(ERRORS, bad, a_moment(20)), Verdict.ROLLBACK, "candidate 805 of 11,000 failed")
    silent, _ = fold(ERRORS, before, some(120, side(0), None, first=10))
    tells(judge(ERRORS, silent, a_moment(130)), Verdict.INCONCLUSIVE)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 60),
    st.sampled_from([0, 1, 10, 1000]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.sampled_from([1, 10, 50, 99, 100]),
    st.floats(0, 90),
)
def test_a_verdict_fits_what_is_known(
    count: int, requests: int, shares: tuple[float, float], weight: int, baked: float
) -> None:
    candidate_share, stable_share = shares
    stable = None if weight == 100 else side(requests * 9, requests * 9 * stable_share)
    minutes = some(count, side(requests, requests * candidate_share), stable)
    judgement = judged(minutes, weight=weight, baked=baked)
    if judgement.verdict is Verdict.ADVANCE:
        assert baked >= 5
        assert count >= ERRORS.min_minutes
        assert count * requests >= ERRORS.min_requests
        assert not judgement.numbers.get("fired")
    if judgement.verdict is Verdict.ROLLBACK:
        assert judgement.numbers.get("fired") or judgement.numbers.get("quiet")
        assert not judgement.clean
    if candidate_share <= stable_share and weight < 100 and requests:
        assert judgement.verdict is not Verdict.ROLLBACK
    assert f"{judgement.verdict}" in {"advance", "continue", "hold", "inconclusive", "rollback"}

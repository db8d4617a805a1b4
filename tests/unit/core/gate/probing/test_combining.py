"""What both streams prove together has a mean of at most 1, enumerated over every outcome."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations_with_replacement
from math import exp, factorial, log, prod
from typing import Any

import pytest

from rollout.core.gate import fold, fold_probes
from rollout.core.gate.algebra import bernoulli
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.algebra.streams import line
from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.judging.odds import standings
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.check import probed as charge
from rollout.core.gate.probing.combining import ON_LIVE, from_probes, together
from rollout.core.gate.probing.memory import ProbeMemory
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.records.observation import Minute, SideMinute, SlowCounts
from rollout.core.records.probes import ProbeAnswer
from tests.support.gate_builders import MINUTE, START, side
from tests.support.probe_builders import (
    BAD,
    GATE,
    PROBES,
    answers,
    begun,
    probed,
    quick,
    seen,
)

ROUNDING = 1e-6
"""What is stored has seven digits."""

FAILURES_ONLY = replace(GATE, latency=None)
FAST, SLOW = ProbeAnswer(200, 10.0), ProbeAnswer(200, 10_000.0)
"""Below and above whatever stable takes."""

LIMIT = line(GATE.errors.limit)
TOLERANCE = line(GATE.errors.tolerance)

Share = Mapping[ProbeAnswer, float]
Both = tuple[ProbeAnswer, ProbeAnswer]


@pytest.fixture(autouse=True)
def projections_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The projection depends on the requests alone, and each outcome of a null asks for it."""
    monkeypatch.setattr(bernoulli, "projection", cache(bernoulli.projection))


def answering(bad: float, slow: float = 0.0) -> Share:
    """How likely a side gives each answer: `slow` is a share of what did not fail."""
    return {BAD: bad, SLOW: (1 - bad) * slow, FAST: (1 - bad) * (1 - slow)}


def outcomes(candidate: Share, stable: Share, count: int) -> Iterator[tuple[list[Both], float]]:
    """Each outcome of `count` pairs, whose order does not matter; the sides are independent."""
    one = [((c, s), p * q) for c, p in candidate.items() for s, q in stable.items() if p * q]
    for each in combinations_with_replacement(one, count):
        times = Counter(both for both, _ in each).values()
        orders = factorial(count) // prod(map(factorial, times))
        yield [both for both, _ in each], orders * prod(chance for _, chance in each)


def one_pass(
    state: dict[str, Any], minute: int, pairs: list[Both], policy: GatePolicy
) -> dict[str, Any]:
    candidate, stable = [each[0] for each in pairs], [each[1] for each in pairs]
    return fold_probes(policy, PROBES, state, seen(candidate, stable, at=START + minute * MINUTE))


def live_evidence(policy: GatePolicy, state: dict[str, Any]) -> dict[str, float]:
    loaded = State.load(state)
    found = (each.check.proofs(loaded.stage) for each in standings(policy, loaded))
    return {name: ln for each in found for name, ln in each}


def memory_of(state: dict[str, Any]) -> ProbeMemory:
    memory = State.load(state).probes
    assert memory is not None
    return memory


@pytest.mark.parametrize(("stable_share", "beyond"), [(0.0, 0.0), (0.02, 0.0), (0.3, 0.2)])
def test_failures_at_the_limit_among_both_have_a_product_of_at_most_one(
    stable_share: float, beyond: float
) -> None:
    """A live minute of two requests a side, and two passes of two pairs."""
    candidate = answering(LIMIT.at(stable_share) + beyond)
    shares = candidate, answering(stable_share)
    live: list[tuple[float, float]] = []
    for pairs, chance in outcomes(*shares, 2):
        bad, witness = (sum(each[place].failed for each in pairs) for place in (0, 1))
        minute = Minute(START, side(2, witness), side(2, bad))
        state = fold(FAILURES_ONLY, begun(FAILURES_ONLY), [minute])[0]
        live.append((live_evidence(FAILURES_ONLY, state)[FAILURES], chance))
    memories: list[tuple[ProbeMemory, float]] = []
    for pairs, chance in outcomes(*shares, 2):
        state = one_pass(begun(FAILURES_ONLY), 0, pairs, FAILURES_ONLY)
        for further, more in outcomes(*shares, 2):
            last = one_pass(state, 1, further, FAILURES_ONLY)
            memories.append((memory_of(last), chance * more))
    mean = sum(
        chance * more * exp(together(memory, FAILURES, ln))
        for ln, chance in live
        for memory, more in memories
    )
    assert mean <= 1 + ROUNDING
    # A product that gives away what it has would keep the bound too.
    assert beyond or mean > 0.99


def metric_of(pairs: list[Both]) -> Minute:
    """A minute of the metric that holds nothing but these very probes."""

    def shown(place: int) -> SideMinute:
        slow = float(sum(each[place] is SLOW for each in pairs))
        counts = (slow,) * 4
        return side(len(pairs), slow=SlowCounts(len(pairs), counts, counts))

    return Minute(START, shown(1), shown(0))


@pytest.mark.parametrize(("stable_slow", "beyond"), [(0.0, 0.0), (0.2, 0.0), (0.5, 0.3)])
@pytest.mark.parametrize("first", ["probes", "metric"])
def test_latency_at_the_limit_has_a_mean_of_at_most_one_though_the_metric_holds_the_probes(
    stable_slow: float, beyond: float, first: str
) -> None:
    slow = stable_slow + 0.10 + beyond
    shares = answering(0.0, slow), answering(0.0, stable_slow)
    # One pass shows how long stable takes.
    start = one_pass(begun(), 0, [(each, each) for each in quick()], GATE)
    means = dict.fromkeys(NAMES[:3], 0.0)
    for pairs, chance in outcomes(*shares, 2):
        for further, more in outcomes(*shares, 1):
            state = start
            for number, each in enumerate((pairs, further), 1):
                minute = replace(metric_of(each), at=START + number * MINUTE)
                if first == "metric":
                    state = fold(GATE, state, [minute])[0]
                state = one_pass(state, number, each, GATE)
                if first == "probes":
                    state = fold(GATE, state, [minute])[0]
            ln = live_evidence(GATE, state)
            for name in means:
                means[name] += chance * more * exp(together(memory_of(state), name, ln[name]))
    # The same limit for P50 is the widest; for the others the candidate is beyond theirs.
    assert max(means.values()) <= 1 + ROUNDING


@pytest.mark.parametrize(("bad", "slow"), [(0.0, 0.0), (0.02, 0.3), (0.3, 0.5), (0.9, 0.9)])
def test_harm_among_probes_has_a_mean_of_at_most_one_within_the_tolerances(
    bad: float, slow: float
) -> None:
    shares = answering(min(TOLERANCE.at(bad), 1.0), slow), answering(bad, slow)
    start = one_pass(begun(), 0, [(each, each) for each in quick()], GATE)
    known = memory_of(start)
    mean, before = 0.0, exp(charge(GATE).ln_odds(known))
    for pairs, chance in outcomes(*shares, 2):
        state = one_pass(start, 1, pairs, GATE)
        for further, more in outcomes(*shares, 1):
            wealth = exp(charge(GATE).ln_odds(memory_of(one_pass(state, 2, further, GATE))))
            mean += chance * more * wealth
    assert mean <= before + ROUNDING


def test_without_probes_live_evidence_stands_alone() -> None:
    assert together(None, FAILURES, 1.5) == 1.5
    sent_none = fold_probes(GATE, PROBES, begun(), seen([], []))
    for name in (FAILURES, *NAMES[:3]):
        assert together(memory_of(sent_none), name, 1.5) == 1.5


def test_a_first_pass_tells_nothing_of_speed() -> None:
    memory = memory_of(probed(begun(), [(quick(), quick())]))
    assert together(memory, "P50", 1.5) == 1.5


def test_live_latency_has_its_part_beside_probes() -> None:
    memory = memory_of(probed(begun(), [(quick(), quick())] * 2))
    no_evidence = exp(together(memory, "P95", -1e3))
    assert exp(together(memory, "P95", 5.0)) - no_evidence == pytest.approx(ON_LIVE * exp(5.0))


def test_probes_that_come_late_begin_with_what_live_requests_had_lost() -> None:
    late = SlowCounts(200.0, (150.0,) * 4, (150.0,) * 4)
    usual = SlowCounts(200.0, (100.0, 20.0, 10.0, 2.0), (60.0, 12.0, 6.0, 1.0))
    minute = Minute(START, side(200, slow=usual), side(200, slow=late))
    state = fold(GATE, begun(), [minute])[0]
    ln = live_evidence(GATE, state)
    assert ln["P50"] < -0.5
    state = probed(state, [(quick(), quick())] * 2)
    memory = memory_of(state)
    assert memory.stage.joined == pytest.approx([ln[name] for name in NAMES[:3]])
    ours = memory.stage.latency[0].ln
    begun_at_one = log(ON_LIVE * exp(ln["P50"]) + (1 - ON_LIVE) * exp(ours))
    assert together(memory, "P50", ln["P50"]) == pytest.approx(
        ln["P50"] + log(ON_LIVE + (1 - ON_LIVE) * exp(ours))
    )
    assert together(memory, "P50", ln["P50"]) < begun_at_one


def test_which_part_of_the_evidence_came_from_probes() -> None:
    memory = memory_of(probed(begun(), [(answers(20), answers(20))] * 15))
    ours = together(memory, FAILURES, 0.0)
    assert ours > log(20)
    assert from_probes(memory, 0.0) == 1.0
    assert from_probes(memory, -3.0) == 1.0
    assert from_probes(memory, ours) == pytest.approx(0.5)
    assert from_probes(memory_of(probed(begun(), [(answers(0, 20), answers(20))])), 3.0) == 0.0

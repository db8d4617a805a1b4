"""What was answered to live requests: bad bodies, odd outputs, distributions, and the soak."""

from math import log

import pytest

from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.quality.live import ENOUGH, NOT_MEANT, Odd, Seen
from rollout.core.policy.gate_model import Budget
from rollout.core.policy.quality_model import Live, Output, OutputKind
from rollout.core.records.predictions import Bins, SideBatch
from tests.support.answer_builders import DECILES, LABEL, SCORE, look, side

NEEDED = log(200)
FLAT = [9] * 10


def odd(times: int, candidate: Counts, stable: Counts, *, alone: bool = False) -> Odd:
    memory = Odd.opened(0.0)
    for _ in range(times):
        memory.fold(NOT_MEANT, candidate, stable, alone=alone, alpha=0.005, planned=360.0)
    return memory


def ln(memory: Odd) -> float:
    return memory.stream.process.ln_wealth


def folded(
    *batches: tuple[SideBatch, SideBatch], live: Live | None = None, alone: bool = False
) -> Seen:
    policy = live or Live(outputs=(SCORE,))
    memory = Seen.opened(0.0)
    seen = look(*batches)
    memory.learn_bins(policy, seen.bins)
    for each in seen.batches:
        memory.fold(policy, each, Budget(), floor=0.0, alone=alone, planned=180.0)
    return memory


def test_three_bad_answers_and_no_good_one_are_harm() -> None:
    bad, good = Counts(1.0, 1.0), Counts(9.0, 0.0)
    assert ln(odd(2, bad, good)) < NEEDED
    assert ln(odd(3, bad, good)) >= NEEDED


def test_three_in_ten_are_harm_within_five_minutes() -> None:
    assert ln(odd(5, Counts(10.0, 3.0), Counts(90.0, 0.0))) >= NEEDED


def test_what_stable_does_too_is_no_harm() -> None:
    assert ln(odd(30, Counts(10.0, 3.0), Counts(90.0, 27.0))) < NEEDED


def test_in_the_soak_bad_answers_are_compared_with_what_stable_gave() -> None:
    memory = odd(5, Counts(10.0, 0.0), Counts(90.0, 0.0))
    for _ in range(3):
        memory.fold(
            NOT_MEANT,
            Counts(100.0, 50.0),
            Counts(0.0, 0.0),
            alone=True,
            alpha=0.005,
            planned=360.0,
        )
    assert ln(memory) >= NEEDED


def test_in_the_soak_nothing_is_bet_where_little_is_known_of_stable() -> None:
    memory = odd(9, Counts(10.0, 10.0), Counts(0.0, 0.0), alone=True)
    assert ENOUGH > 0
    assert ln(memory) == 0


def test_an_output_that_collapses_shifts() -> None:
    top = [0] * 9 + [10]
    memory = folded(*[(side(10, counts=top), side(90, counts=FLAT))] * 8)
    assert memory.ln_outputs >= NEEDED
    assert memory.outputs["score"].distance == pytest.approx(0.9)


def test_odd_outputs_are_compared_with_stables() -> None:
    assert folded(*[(side(10, odd=3), side(90))] * 5).ln_odd >= NEEDED
    assert folded(*[(side(10, odd=3), side(90, odd=27))] * 30).ln_odd < NEEDED


def test_outputs_share_what_they_may_cost() -> None:
    live = Live(outputs=(SCORE, LABEL))
    memory = folded(*[(side(10, odd=5), side(90))] * 3, live=live)
    assert memory.ln_odd == pytest.approx(log(sum(each.wealth for each in memory.odd.values()) / 2))


def test_distributions_rest_in_the_soak_and_the_rest_does_not() -> None:
    top = [0] * 9 + [10]
    memory = folded(*[(side(10, counts=top, odd=1), side(0))] * 8, alone=True)
    assert sum(memory.outputs["score"].candidate) == 0
    assert memory.odd["score"].tally[0] == 80


def test_an_output_without_bins_has_no_distribution_yet() -> None:
    memory = Seen.opened(0.0)
    batch = look((side(10), side(90))).batches[0]
    live = Live(outputs=(SCORE,))
    memory.fold(live, batch, Budget(), floor=0.0, alone=False, planned=9.0)
    assert memory.outputs == {}
    assert memory.ln_outputs == 0


def test_a_batch_without_counts_of_an_output_adds_none() -> None:
    memory = folded((side(10), side(90)))
    assert memory.outputs["score"].candidate == [0.0] * 10


def test_bins_are_taken_once_and_of_what_is_asked_for() -> None:
    memory = Seen.opened(0.0)
    outputs = tuple(Output(f"path{n}", OutputKind.LABEL) for n in range(3))
    found = [Bins(each.path, classes=("yes", "no")) for each in outputs]
    memory.learn_bins(Live(outputs=outputs), [*found, DECILES])
    memory.learn_bins(Live(outputs=outputs), [Bins("path0", classes=("other",))])
    assert memory.bins == found
    assert len(memory.outputs["path0"].stable) == 3


def test_what_is_stored_is_read_back() -> None:
    top = [0] * 9 + [10]
    memory = folded(*[(side(10, 1, top, 1), side(90, 1, FLAT))] * 4)
    assert Seen.load(memory.dump()).dump() == memory.dump()

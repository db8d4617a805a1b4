"""The bet on total variation: what it bets on, and that no null gains by it."""

from itertools import product
from math import comb, exp, log
from random import Random

import pytest

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value
from rollout.core.gate.algebra.variation import Bursts, Variation, alternatives

ALPHA = 0.005
NEEDED = log(1 / ALPHA)


def fold(
    memory: Variation,
    candidate: list[int],
    stable: list[int],
    *,
    times: int = 1,
    tolerance: float = 0.1,
    floor: float = 0.0,
) -> Variation:
    for _ in range(times):
        memory.fold(candidate, stable, tolerance=tolerance, floor=floor, alpha=ALPHA, planned=180.0)
    return memory


def odds(memory: Variation) -> float:
    return memory.process.ln_wealth


def test_a_collapsed_output_is_found_within_minutes() -> None:
    assert odds(fold(Variation.fresh(3), [0, 0, 10], [60, 20, 10], times=6)) >= NEEDED


def test_the_same_distribution_loses_money() -> None:
    memory = fold(Variation.fresh(3), [7, 2, 1], [60, 21, 9], times=60)
    assert odds(memory) < 0
    assert memory.distance < 0.05


def test_a_difference_within_the_tolerance_is_none() -> None:
    assert odds(fold(Variation.fresh(2), [55, 45], [600, 400], times=200)) < 0


def test_nothing_is_bet_before_both_sides_have_enough_outputs() -> None:
    memory = fold(Variation.fresh(2), [0, 10], [90, 0])
    assert odds(fold(memory, [0, 9], [90, 0])) == 0
    assert odds(fold(memory, [0, 10], [90, 0])) == 0
    assert odds(fold(memory, [0, 10], [90, 0])) > 0


def test_nothing_is_bet_on_a_batch_without_one_side() -> None:
    memory = fold(Variation.fresh(2), [0, 10], [90, 0], times=3)
    before = list(memory.process.stakes)
    fold(memory, [0, 10], [0, 0])
    fold(memory, [0, 0], [90, 0])
    assert sum(memory.process.stakes) == pytest.approx(sum(before) + 2 * 0.5 / 180)


def test_equal_shares_leave_nothing_to_bet_on() -> None:
    memory = fold(Variation.fresh(2), [20, 20], [20, 20], times=4)
    assert odds(memory) == pytest.approx(0)


def test_one_bin_has_no_distribution() -> None:
    assert odds(fold(Variation.fresh(1), [20], [90], times=5)) == pytest.approx(0)


def test_a_tolerance_of_nearly_everything_leaves_nothing_to_bet_on() -> None:
    memory = fold(Variation.fresh(2), [0, 30], [90, 0], times=5, tolerance=0.999)
    assert odds(memory) == pytest.approx(0)


def test_alternatives_lie_beyond_the_null() -> None:
    found = alternatives(0.6)
    assert found == sorted(found)
    assert found[0] > 0.6
    assert found[-1] == pytest.approx(0.97)
    assert alternatives(0.97) == []


def test_the_distance_is_the_total_variation_of_what_was_counted() -> None:
    assert fold(Variation.fresh(3), [5, 3, 2], [50, 20, 30]).distance == pytest.approx(0.1)
    assert Variation.fresh(3).distance == 0
    assert fold(Variation.fresh(2), [5, 0], [0, 0]).distance == 0


def test_what_is_stored_is_read_back() -> None:
    memory = fold(Variation.fresh(3), [0, 4, 16], [50, 20, 30], times=3)
    assert Variation.load(memory.dump()).dump() == memory.dump()


def test_outputs_that_come_together_count_less() -> None:
    together = fold(Variation.fresh(2), [0, 30], [90, 0], times=4, floor=0.5)
    assert odds(together) < odds(fold(Variation.fresh(2), [0, 30], [90, 0], times=4))


def test_burstiness_is_learnt_from_neighbouring_batches() -> None:
    calm, bursty = Bursts(), Bursts()
    for number in range(20):
        calm.learn([50.0, 50.0])
        bursty.learn([90.0, 10.0] if number % 2 else [10.0, 90.0])
    assert calm.correlation([1000.0, 1000.0]) == 0
    assert bursty.correlation([1000.0, 1000.0]) == 1


@pytest.mark.parametrize("true", [0.0, 0.05])
def test_a_correlation_is_estimated_and_not_invented(true: float) -> None:
    rng, bursts, total = Random(3), Bursts(), 0  # noqa: S311 - fixed test data
    for _ in range(200):
        share = 0.5
        if true:
            share = rng.betavariate(0.5 * (1 / true - 1), 0.5 * (1 / true - 1))
        count = rng.binomialvariate(90, share)
        total += count
        bursts.learn([float(count), float(90 - count)])
    found = bursts.correlation([float(total), float(200 * 90 - total)])
    assert found == pytest.approx(1.5 * true, abs=0.03)


def test_nothing_is_learnt_of_bursts_from_too_little() -> None:
    bursts = Bursts()
    assert bursts.correlation([5.0, 5.0]) == 0
    bursts.learn([0.0, 0.0])
    assert bursts == Bursts()
    bursts.learn([1.0, 0.0])
    bursts.learn([0.0, 1.0])
    assert bursts.correlation([1.0, 1.0]) == 0
    bursts.learn([0.0, 90.0])
    bursts.learn([90.0, 0.0])
    # Too few in the one bin, and nothing but it in the other.
    assert bursts.correlation([4.0, 0.0]) == 0
    assert bursts.correlation([0.0, 100.0]) == 0
    assert Bursts.load(bursts.dump()) == bursts


@pytest.mark.no_cover
def test_no_distribution_within_the_tolerance_gains_on_average() -> None:
    """Every outcome of small batches is enumerated: no sampling error can hide a mean above 1."""
    rng = Random(11)  # noqa: S311 - fixed test data
    for _ in range(60):
        tolerance = rng.choice((0.05, 0.1, 0.3))
        stable = rng.random() * (1 - tolerance)
        # At the edge of the null: the whole tolerance is in the witness.
        candidate = stable + tolerance * rng.choice((1.0, 1.0, rng.random()))
        guess = min(max(rng.random(), 1e-4), 1 - tolerance - 0.05)
        few, many = rng.randint(1, 6), rng.randint(1, 9)
        for each in alternatives(guess + tolerance):
            mean = sum(
                _part(few, candidate, mine)
                * _part(many, stable, theirs)
                * exp(
                    log_e_value(
                        Line(1.0, tolerance),
                        (each, guess),
                        Counts(float(few), float(mine)),
                        Counts(float(many), float(theirs)),
                    )
                )
                for mine, theirs in product(range(few + 1), range(many + 1))
            )
            assert mean <= 1 + 1e-9


def _part(requests: int, share: float, bad: int) -> float:
    return comb(requests, bad) * share**bad * (1 - share) ** (requests - bad)

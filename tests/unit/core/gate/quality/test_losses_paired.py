"""Paired loss against labels: what is harm, what passes, and how a scale is learnt."""

from math import log

import pytest

from rollout.core.gate.quality.losses import LEARNT_FROM, Losses
from rollout.core.policy.quality_model import Metric

ALPHA = 0.005
HARM, PASS = log(1 / ALPHA), log(20)

WORSE, BETTER, ALIKE = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)


def folded(
    losses: list[tuple[float, float]], metric: Metric = Metric.ACCURACY, size: int = 20
) -> Losses:
    memory = Losses()
    for first in range(0, len(losses), size):
        memory.fold(metric, losses[first : first + size], alpha=ALPHA, planned=20.0)
    return memory


def test_ten_points_worse_is_harm_within_two_hundred_inputs() -> None:
    memory = folded([*[WORSE] * 6, BETTER, *[ALIKE] * 43] * 4)
    assert memory.mean == pytest.approx(0.1)
    assert memory.process.ln_wealth >= HARM
    assert memory.ln_proof < PASS


def test_as_good_as_stable_passes() -> None:
    memory = folded([WORSE, BETTER, *[ALIKE] * 48] * 10)
    assert memory.process.ln_wealth < 0
    assert memory.ln_proof >= PASS


def test_nothing_new_changes_nothing() -> None:
    memory = folded([WORSE] * 20)
    before = memory.dump()
    memory.fold(Metric.ACCURACY, [], alpha=ALPHA, planned=20.0)
    assert memory.dump() == before


def test_a_scale_is_what_most_of_stables_first_losses_do_not_exceed() -> None:
    few = [(0.0, float(each)) for each in range(1, LEARNT_FROM + 1)]
    memory = folded(few, Metric.MAE, size=7)
    assert memory.scale == 19.0
    assert memory.bet == [0.0, 0.0]
    memory.fold(Metric.MAE, [(100.0, 0.0), (9.5, 0.0)], alpha=ALPHA, planned=20.0)
    assert memory.bet == [2.0, 1.5]


def test_losses_of_nothing_make_a_scale_that_can_be_divided_by() -> None:
    assert folded([ALIKE] * LEARNT_FROM, Metric.MAE).scale > 0


def test_how_much_worse_is_known_of_all_labelled_inputs() -> None:
    assert Losses().worse == Losses().mean == 0
    assert folded([WORSE, ALIKE, ALIKE, ALIKE]).worse == pytest.approx(0.25)
    assert folded([(3.0, 2.0)] * 5, Metric.LOG_LOSS).worse == pytest.approx(0.5)
    assert folded([(3.0, 2.0)] * 25, Metric.LOG_LOSS).worse == pytest.approx(0.5)


def test_what_is_stored_is_read_back() -> None:
    for memory in (folded([WORSE] * 25), folded([(1.5, 0.5)] * 5, Metric.RMSE)):
        assert Losses.load(memory.dump()).dump() == memory.dump()

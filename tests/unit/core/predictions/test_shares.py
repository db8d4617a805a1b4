"""Exact intervals, against sums of binomial terms and published values."""

from math import comb

import pytest

from rollout.core.predictions.shares import beta_below, beta_quantile, exact_interval


def at_least(count: int, of: int, share: float) -> float:
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(count, of + 1))


@pytest.mark.parametrize(
    ("count", "of"), [(1, 2), (1, 10), (5, 10), (9, 10), (19, 240), (3, 500), (497, 500)]
)
def test_each_bound_leaves_half_of_the_error(count: int, of: int) -> None:
    least, most = exact_interval(count, of)

    assert at_least(count, of, least) == pytest.approx(0.025, rel=1e-9)
    assert 1 - at_least(count + 1, of, most) == pytest.approx(0.025, rel=1e-9)
    assert least < count / of < most


def test_none_and_all_have_a_closed_form() -> None:
    assert exact_interval(0, 20) == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert exact_interval(20, 20) == pytest.approx((0.025 ** (1 / 20), 1.0))


def test_of_nothing_everything_is_possible() -> None:
    assert exact_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("count", "of"), [(-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(count: int, of: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        exact_interval(count, of)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    narrow, wide = exact_interval(5, 50, 0.8), exact_interval(5, 50, 0.99)

    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_it_is_true_of_every_share_as_often_as_it_says() -> None:
    of = 30
    intervals = [exact_interval(count, of) for count in range(of + 1)]
    for percent in range(1, 100):
        share = percent / 100
        covered = sum(
            comb(of, count) * share**count * (1 - share) ** (of - count)
            for count, (least, most) in enumerate(intervals)
            if least <= share <= most
        )
        assert covered >= 0.95


@pytest.mark.parametrize("of", [10**4, 10**6])
def test_large_sets_have_the_normal_s_interval(of: int) -> None:
    least, most = exact_interval(of // 4, of)
    half = 1.96 * (0.25 * 0.75 / of) ** 0.5

    assert least == pytest.approx(0.25 - half, abs=half / 50)
    assert most == pytest.approx(0.25 + half, abs=half / 50)


def test_the_beta_distribution_has_its_known_values() -> None:
    assert beta_below(0.5, 3, 3) == pytest.approx(0.5)
    assert beta_below(0.3, 1, 1) == pytest.approx(0.3)
    assert beta_below(0.25, 0.5, 0.5) == pytest.approx(1 / 3)
    assert (beta_below(0, 2, 3), beta_below(1, 2, 3)) == (0.0, 1.0)
    assert beta_quantile(1e-100, 1, 1) == pytest.approx(0, abs=1e-50)
    assert 0 <= beta_below(0.5, 1e10, 1e10) <= 1
    assert beta_quantile(beta_below(0.37, 4, 9), 4, 9) == pytest.approx(0.37)

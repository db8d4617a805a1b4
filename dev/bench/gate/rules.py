"""What others decide by, on the same minutes: five rules, each a function from minutes to one.

All return the minute (from 1) in which they first roll back, or None. They judge every minute,
as their tools do. None of them knows an "inconclusive" or asks for evidence before it advances.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from math import log, sqrt
from statistics import NormalDist, fmean
from statistics import variance as sample_variance

from dev.bench.gate.error_streams import Counted

LIMIT = 0.01
"""The share of failures that the fixed rules allow the candidate."""

IN_A_ROW = 3
FAILURE_LIMIT = 3
PEEKING_ALPHA = 0.05

ALWAYS_VALID_ALPHA = 0.05
MIXED_POINTS = 0.02
"""The standard deviation of the difference under the mixture, in shares. Of 0.5, 1, 2 and 5 points
it loses least over the comparison's rows."""

KAYENTA_FIRST = 10
KAYENTA_CONFIDENCE = 0.98
KAYENTA_FRACTION = 0.25
KAYENTA_FENCE = 3.0
"""Kayenta's judge (MannWhitneyClassifier, NetflixACAJudge): confidence of the shift's interval, the
part of the shift it must clear, and how many interquartile ranges away a point is an outlier."""

Rule = Callable[[Sequence[Counted]], int | None]


def fixed_threshold(minutes: Sequence[Counted]) -> int | None:
    """Roll back after three minutes in a row with more than 1 % failures."""
    row = 0
    for index, each in enumerate(minutes, start=1):
        row = row + 1 if over_limit(each) else 0
        if row == IN_A_ROW:
            return index
    return None


def failure_limit(minutes: Sequence[Counted]) -> int | None:
    """Roll back once more minutes than Argo's `failureLimit` of 3 had more than 1 % failures."""
    failed = 0
    for index, each in enumerate(minutes, start=1):
        failed += over_limit(each)
        if failed > FAILURE_LIMIT:
            return index
    return None


def over_limit(minute: Counted) -> bool:
    return minute.candidate > 0 and minute.candidate_failed / minute.candidate > LIMIT


def _so_far(minutes: Sequence[Counted]) -> Iterator[tuple[int, int, int, int, int]]:
    """Each minute from which on both sides had requests, and their requests and failures so far."""
    n = e = m = f = 0
    for index, each in enumerate(minutes, start=1):
        n, e = n + each.candidate, e + each.candidate_failed
        m, f = m + each.stable, f + each.stable_failed
        if n and m:
            yield index, n, e, m, f


def peeking_z(minutes: Sequence[Counted]) -> int | None:
    """Roll back once the pooled z-test of all requests so far is significant at any minute."""
    critical = NormalDist().inv_cdf(1 - PEEKING_ALPHA)
    for index, n, e, m, f in _so_far(minutes):
        pooled = (e + f) / (n + m)
        spread = pooled * (1 - pooled) * (1 / n + 1 / m)
        if spread > 0 and (e / n - f / m) / sqrt(spread) > critical:
            return index
    return None


def always_valid_z(minutes: Sequence[Counted]) -> int | None:
    """Roll back once the mixture sequential test of all requests so far says so (mSPRT)."""
    for index, n, e, m, f in _so_far(minutes):
        # With one failure and one success added a share of 0 or 1 has a variance too.
        variance = sum(
            share * (1 - share) / requests
            for share, requests in (((e + 1) / (n + 2), n), ((f + 1) / (m + 2), m))
        )
        if mixture_says_worse(e / n - f / m, variance, MIXED_POINTS):
            return index
    return None


def mixture_says_worse(difference: float, variance: float, spread: float) -> bool:
    """Whether the mixture sequential probability ratio test finds a rise, at any time.

    The likelihood ratio of "the difference is drawn from N(0, spread^2)" to "it is 0", for an
    estimate with this variance, stays below 1/alpha with a probability of at least 1 - alpha
    whenever it is looked at (Johari, Koomen, Pekelis, Walsh, KDD 2017, eq. 7; Robbins 1970). The
    test is two-sided; only the side on which the candidate is worse acts.
    """
    if difference <= 0 or variance <= 0:
        return False
    total = variance + spread * spread
    ln_ratio = log(variance / total) / 2 + (difference * spread) ** 2 / (2 * variance * total)
    return ln_ratio >= log(1 / ALWAYS_VALID_ALPHA)


def kayenta(minutes: Sequence[Counted]) -> int | None:
    """Roll back once Kayenta's judge calls the share of failures per minute "High"."""
    candidate: list[float] = []
    stable: list[float] = []
    for index, each in enumerate(minutes, start=1):
        # A minute without requests has no share: Kayenta drops it as NaN.
        if each.candidate:
            candidate.append(each.candidate_failed / each.candidate)
        if each.stable:
            stable.append(each.stable_failed / each.stable)
        if index >= KAYENTA_FIRST and is_high(candidate, stable):
            return index
    return None


def is_high(candidate: Sequence[float], stable: Sequence[float]) -> bool:
    """Kayenta's rule: the interval of the Hodges-Lehmann shift clears a quarter of the shift."""
    candidate, stable = without_outliers(candidate), without_outliers(stable)
    count = len(candidate) * len(stable)
    critical = NormalDist().inv_cdf((1 + KAYENTA_CONFIDENCE) / 2)
    rank = int(count / 2 - critical * sqrt(count * (len(candidate) + len(stable) + 1) / 12))
    if count == 0 or rank < 0:
        return False
    # The interval's lower end is the difference of this rank. Sorting all differences is only
    # worth while if it can be above 0.
    ordered = sorted(stable)
    if (
        sum(len(ordered) - bisect_left(ordered, candidate_value) for candidate_value in candidate)
        > rank
    ):
        return False
    differences = sorted(
        candidate_value - stable_value for candidate_value in candidate for stable_value in stable
    )
    shift = (differences[(count - 1) // 2] + differences[count // 2]) / 2
    return differences[rank] > KAYENTA_FRACTION * abs(shift)


def without_outliers(values: Sequence[float]) -> list[float]:
    if not values:
        return []
    ordered = sorted(values)
    low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
    fence = KAYENTA_FENCE * (high - low)
    return [value for value in values if low - fence <= value <= high + fence]


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    index = int(place)
    following = ordered[min(index + 1, len(ordered) - 1)]
    return ordered[index] + (place - index) * (following - ordered[index])


def z_of_means(candidate: Sequence[float], stable: Sequence[float]) -> bool:
    """Whether the candidate's mean is higher by a z-test at the peeking level."""
    difference, variance = _of_means(candidate, stable)
    critical = NormalDist().inv_cdf(1 - PEEKING_ALPHA)
    return variance > 0 and difference / sqrt(variance) > critical


def always_valid_means(candidate: Sequence[float], stable: Sequence[float], spread: float) -> bool:
    """Whether the candidate's mean is higher by the mixture sequential test."""
    return mixture_says_worse(*_of_means(candidate, stable), spread)


def _of_means(candidate: Sequence[float], stable: Sequence[float]) -> tuple[float, float]:
    """The difference of the means and its variance, 0 where that is not known."""
    if len(candidate) < 2 or len(stable) < 2:  # noqa: PLR2004 - a variance needs two
        return 0.0, 0.0
    return fmean(candidate) - fmean(stable), sum(
        sample_variance(values) / len(values) for values in (candidate, stable)
    )


RULES: dict[str, Rule] = {
    "fixed": fixed_threshold,
    "failureLimit": failure_limit,
    "Kayenta": kayenta,
    "peeking z": peeking_z,
    "always-valid z": always_valid_z,
}

"""The vote of minutes."""

from math import exp, floor, lgamma, log, sqrt

import pytest

from rollout.core.gate.algebra import majority
from rollout.core.gate.algebra.bernoulli import Counts, Line
from rollout.core.gate.algebra.mixture import Mixture

LINE = Line(1.2, 0.0002)
KNOWN = 0.005


def vote(process: Mixture, candidate: Counts, stable: Counts, known: float = KNOWN) -> None:
    majority.vote(process, LINE, known, candidate, stable, alpha=0.01, planned=60.0)


def after(candidate: Counts, stable: Counts, times: int = 1, known: float = KNOWN) -> Mixture:
    process = majority.fresh()
    for _ in range(times):
        vote(process, candidate, stable, known)
    return process


@pytest.mark.parametrize(
    ("candidate", "stable", "over"),
    [
        (Counts(100, 5), Counts(900, 4), True),
        (Counts(100, 0), Counts(900, 4), False),
        (Counts(100, 5), Counts(900, 45), False),
        (Counts(1000, 6), Counts(9000, 0), False),
        (Counts(1000, 7), Counts(9000, 0), True),
        (Counts(1000, 7), Counts(9000, 55), False),
        (Counts(90, 9), Counts(2, 0), False),
        (Counts(1, 1), Counts(1, 1), False),
    ],
    ids=[
        "worse",
        "better",
        "alike",
        "within what is known of stable",
        "beyond it",
        "within what stable shows now",
        "stable too small to tell",
        "both failing",
    ],
)
def test_a_minute_is_over_the_line_or_not(candidate: Counts, stable: Counts, over: bool) -> None:  # noqa: FBT001 - a table's column
    expected = [q / 0.65 if over else (1 - q) / 0.35 for q in (0.8, 0.95)]
    released = 0.5 / 60 / 2
    stakes = [(0.25 + released) * factor for factor in expected]
    assert after(candidate, stable).stakes == pytest.approx(stakes)


@pytest.mark.parametrize(
    ("candidate", "stable", "known"),
    [
        (Counts(0, 0), Counts(900, 4), KNOWN),
        (Counts(100, 50), Counts(0, 0), KNOWN),
        (Counts(100, 50), Counts(900, 4), 0.09),
    ],
    ids=["no candidate", "no stable", "stable fails too much already"],
)
def test_no_vote_is_cast(candidate: Counts, stable: Counts, known: float) -> None:
    assert after(candidate, stable, 30, known).wealth == pytest.approx(1.0)


def test_a_candidate_worse_in_every_minute_loses_the_vote_after_a_quarter_of_an_hour() -> None:
    worse = Counts(1000, 55), Counts(9000, 45)
    assert after(*worse, times=14).ln_wealth < log(100)
    assert after(*worse, times=17).ln_wealth >= log(100)


@pytest.mark.parametrize("line", [LINE, Line(1.0, 0.0)], ids=["default margin", "no margin"])
@pytest.mark.parametrize("rise", [1, 2, 10, 100])
def test_both_sides_failing_alike_are_over_the_line_at_most_65_times_in_100(
    line: Line, rise: int
) -> None:
    """Poisson failures of a share that is `rise` times what is known of stable."""
    for stable in (1, 2, 5, 10, 50, 200, 1000):
        for ratio in (1 / 99, 1 / 9, 1, 9, 99):
            candidate = stable * ratio
            if not 1 <= candidate <= 5000:
                continue
            for share in (0.001, 0.005, 0.02, 0.04, 0.08):
                chance = _chance_over(line, candidate, stable, share, share / rise)
                assert chance <= majority.CHANCE, (candidate, stable, share)


def _chance_over(line: Line, candidate: float, stable: float, share: float, known: float) -> float:
    candidate_chances = _cumulated(candidate * line.at(share))
    before = total = 0.0
    for bad, reached in enumerate(_cumulated(stable * share)):
        seen = max((bad + majority.HALF) / stable, known)
        limit = line.ratio * seen + line.points
        if limit <= majority.MAX_LINE:
            most = floor(candidate * limit)
            total += (reached - before) * (
                1 - candidate_chances[min(most, len(candidate_chances) - 1)]
            )
        before = reached
    return total


def _cumulated(mean: float) -> list[float]:
    found, total = [], 0.0
    for k in range(int(mean + 10 * sqrt(mean) + 15)):
        total += exp(k * log(mean) - mean - lgamma(k + 1))
        found.append(total)
    return found

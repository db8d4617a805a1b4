"""Copies are not independent of the requests that they copy: no false alarm comes of that.

An e-value rises with the candidate's bad requests and falls with stable's. Where a request is bad
on both sides the two move together, so its mean is at most what it is for independent sides.
Every outcome is enumerated.
"""

from collections.abc import Iterator
from math import comb, exp, fsum

import pytest

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value
from rollout.core.gate.algebra.evidence import ERROR_STEPS, values

COPIES, OTHERS = 6, 24
"""A fifth of stable's requests is copied."""

HARM, LIMIT = Line(1.2, 0.02), Line(1.5, 0.03)


def chance(count: int, bad: int, share: float) -> float:
    return comb(count, bad) * share**bad * (1 - share) ** (count - bad)


def outcomes(stable: float, candidate: float) -> Iterator[tuple[Counts, Counts, float, float]]:
    """Both sides' counts with how likely they are: as copies of the same, and independent.

    A copy is bad wherever its request is; what the candidate fails beyond that is its own.
    """
    more = (candidate - stable) / (1 - stable)
    requests = COPIES + OTHERS
    for copied in range(COPIES + 1):
        for others in range(OTHERS + 1):
            for bad in range(COPIES + 1):
                at_stable = chance(COPIES, copied, stable) * chance(OTHERS, others, stable)
                both = at_stable * (
                    chance(COPIES - copied, bad - copied, more) if bad >= copied else 0
                )
                alone = at_stable * chance(COPIES, bad, candidate)
                yield Counts(COPIES, bad), Counts(requests, copied + others), both, alone


@pytest.mark.parametrize("stable", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("guess", [0.005, 0.05, 0.3])
def test_harm_is_proven_no_more_often_by_copies_than_by_requests_of_its_own(
    stable: float, guess: float
) -> None:
    edge = HARM.at(stable)
    for times in (1.5, 3.0, 10.0):
        alternative = (min(HARM.at(guess) * times, 0.99), guess)
        found = [
            (exp(log_e_value(HARM, alternative, mine, theirs)), both, alone)
            for mine, theirs, both, alone in outcomes(stable, edge)
        ]
        copies = fsum(value * both for value, both, _ in found)
        independent = fsum(value * alone for value, _, alone in found)
        assert copies <= independent + 1e-12
        assert independent <= 1 + 1e-9


@pytest.mark.parametrize("stable", [0.01, 0.05, 0.2])
def test_evidence_to_pass_grows_no_faster_by_copies_either(stable: float) -> None:
    edge, best = LIMIT.at(stable), (stable, stable)
    rows = [
        (values(LIMIT, best, mine, theirs, steps=ERROR_STEPS), both, alone)
        for mine, theirs, both, alone in outcomes(stable, edge)
    ]
    for at in range(len(rows[0][0])):
        copies = fsum(exp(each[at]) * both for each, both, _ in rows)
        independent = fsum(exp(each[at]) * alone for each, _, alone in rows)
        assert copies <= independent + 1e-12
        assert independent <= 1 + 1e-9

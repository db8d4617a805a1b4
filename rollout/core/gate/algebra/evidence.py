"""What must be shown before a stage is passed: that the candidate does not reach the limit.

The null is "the candidate is at the limit or beyond it in every minute": the half-plane of
`bernoulli` with the other sign. An alternative is g = best + step * (limit - best), a candidate
between the best one and the limit. Its e-values multiply over the stage's minutes, and the mean of
the products over three alternatives is an e-process, so by Ville's inequality a candidate at the
limit passes with a probability of at most alpha: the mean must reach 1/alpha.
"""

from collections.abc import Sequence

from rollout.core.gate.algebra.bernoulli import Counts, Line, log_e_value, log_mean_exp, log_ratio

ERROR_STEPS = (0.0, 0.15, 0.4)
LATENCY_STEPS = (0.0, 0.35, 0.7)
"""Alternatives, from "as good as stable" (0) on the way to the limit (1)."""


def fresh() -> list[float]:
    return [0.0] * len(ERROR_STEPS)


def reached(products: Sequence[float]) -> float:
    """Return ln of the evidence so far."""
    return log_mean_exp(list(products))


def add(
    products: Sequence[float],
    line: Line,
    alternative: tuple[float, float],
    candidate: Counts,
    stable: Counts,
    *,
    steps: Sequence[float] = ERROR_STEPS,
) -> list[float]:
    """Fold one minute's effective counts of both sides.

    Args:
        products: ln of the running products, one per step.
        line: The limit.
        alternative: (best, stable): the candidate's share where all is well, and stable's.
        candidate: Effective counts.
        stable: Effective counts.
        steps: Where between best and limit the alternatives are.
    """
    best, share = alternative
    limit = line.at(share)
    return [
        product + log_e_value(line, (best + step * (limit - best), share), candidate, stable)
        for product, step in zip(products, steps, strict=True)
    ]


def add_alone(
    products: Sequence[float],
    limit: float,
    best: float,
    candidate: Counts,
    *,
    steps: Sequence[float] = ERROR_STEPS,
) -> list[float]:
    """Fold one minute in which stable has no traffic: the candidate against a known limit."""
    if candidate.requests <= 0:
        return list(products)
    return [
        product + log_ratio(candidate, best + step * (limit - best), limit)
        for product, step in zip(products, steps, strict=True)
    ]

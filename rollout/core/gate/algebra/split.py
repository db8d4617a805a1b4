"""Does each side get the requests that its weight says? A bet on the candidate's share of a minute.

Feature-flag platforms call it the sample ratio. Of a minute's n requests the candidate should get
the part w that its weight asks for. The null allows that a part t (the tolerance) of the requests
goes elsewhere, to either side: whoever names a deployment in a header, a connection that stays
where it began. So the probability p to reach the candidate, as a mean over the minute's requests,
may be anything in

    (1 - t) w  to  w + t (1 - w)

and requests may go in groups that end up on one side together, independent of each other given the
past. A group may be any size if its side is certain beforehand (p counts it with 0 or 1), and is
taken to be at most a fifth of the minute if not (`GROUP`). So a minute is worth at most five
requests, n' = n / d: both counts are divided by d = max(1, n/5). Beyond the upper edge q the
e-value for an alternative g is

    ln E = n' (x ln(g/q) + (1 - x) ln((1 - g)/(1 - q)))        x the candidate's share seen

and below the lower edge the same of stable's share 1 - x against 1 minus that edge. Its mean is at
most 1: with a = g/q and b = (1 - g)/(1 - q) a group of s requests that reaches the candidate with
probability r contributes a factor of mean r a**(s/d) + (1 - r) b**(s/d). For s <= d (Jensen), or
r = 0 or 1, that is at most (r a + (1 - r) b)**(s/d), and ln(r a + (1 - r) b) is concave in r, so
the product over all groups is at most (p a + (1 - p) b)**(n/d), which is at most 1 for p <= q. Over
the minutes the e-values make a supermartingale, and Ville's inequality bounds how often it ever
reaches 1/alpha. Both sides of the interval bet from one purse (`Mixture`), which keeps the bound.

Sequential tests of the sample ratio are those of Lindon and Malek, "Anytime-Valid Inference for
Multinomial Count Data" (NeurIPS 2022, arXiv 2011.03567); tolerance and groups are added here.
"""

from rollout.core.gate.algebra.bernoulli import Counts, log_ratio
from rollout.core.gate.algebra.mixture import Mixture

BEYOND = (1.5, 3.0, 10.0, 100.0)
"""The alternatives: the odds of a share are this many times those at the edge."""

GROUP = 0.2
"""The largest part of a minute's requests that goes to one side together, whichever it is. Smaller
values find a wrong split sooner; with 0.1 a bursty client that stays on the candidate is taken for
one in 1 of 100 rollouts (docs/gate.md)."""

CEILING = 2.0
"""Wealth is kept below this many times what wins: the bet should not outlast its reason by more
than some minutes, and giving money away keeps the bound."""


def fresh() -> Mixture:
    return Mixture.fresh(2 * len(BEYOND))


def edges(weight: float, tolerance: float) -> tuple[float, float]:
    """The least and the largest share of the requests that the candidate may get, in 0..1.

    Args:
        weight: The candidate's weight as a share, above 0 and below 1.
        tolerance: The part of the requests that may go elsewhere, above 0 and below 1.
    """
    return (1 - tolerance) * weight, weight + tolerance * (1 - weight)


def log_e_values(weight: float, tolerance: float, candidate: float, stable: float) -> list[float]:
    """Return ln of an e-value per alternative for one minute's requests; empty without any.

    First those of a candidate that gets too many, then those of one that gets too few.
    """
    requests = candidate + stable
    if requests <= 0:
        return []
    low, high = edges(weight, tolerance)
    together = max(1.0, requests * GROUP)
    return [
        log_ratio(Counts(requests, bad).divided(together), _further(edge, times), edge)
        for bad, edge in ((candidate, high), (stable, 1 - low))
        for times in BEYOND
    ]


def bet(process: Mixture, values: list[float], *, alpha: float, planned: float) -> None:
    """Fold one minute's e-values."""
    process.bet(values, alpha=alpha, planned_minutes=planned)
    process.lower_to(CEILING / alpha)


def _further(share: float, times: float) -> float:
    """The share whose odds are `times` those of `share`."""
    return times * share / (1 + (times - 1) * share)

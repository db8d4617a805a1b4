"""The mean of bounded differences, tested by betting: is the candidate worse by its labels.

Both sides answer the same input, and x in [-1, 1] is how much more the candidate loses. For a null
"the mean of x is at most m, given all that came before" and a bet l in [0, 1 / (1 + m)) the factor
1 + l (x - m) is at least 0, and its mean is at most 1 wherever the null holds, whatever else x
does. So products of such factors are e-processes (Waudby-Smith and Ramdas, "Estimating means of
bounded random variables by betting", arXiv 2010.09686). Where x is -1, 0 or 1, as with accuracy,
the factor of 0 costs next to nothing: what decides are the inputs of which one side alone is right,
as in McNemar's test.

Nothing is assumed of the distribution. With a mean of mu above m and a variance v it takes about
2 (ln 1/alpha + ln 16) v / (mu - m)**2 inputs.
"""

from collections.abc import Sequence
from math import log1p

BETS = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
"""The parts of the largest bet. With a variance v the best for a mean of mu is near (mu - m) / v:
the smallest suits a point among a tenth of discordant inputs, for which it takes thousands."""

_INSIDE = 0.999
"""A bet on the other side stays inside what no outcome can lose altogether."""


def log_harm(differences: Sequence[float], most: float) -> list[float]:
    """Return ln of an e-value per bet to "the mean is at most `most`".

    Args:
        differences: In [-1, 1]; none gives zeroes.
        most: The mean that is tolerated, in [0, 1).
    """
    return [sum(log1p(bet / (1 + most) * (each - most)) for each in differences) for bet in BETS]


def log_proof(differences: Sequence[float], limit: float) -> list[float]:
    """Return ln of an e-value per bet to "the mean is at least `limit`", in [0, 1)."""
    return [sum(log1p(-_INSIDE * bet * (each - limit)) for each in differences) for bet in BETS]


def clipped(candidate: float, stable: float, scale: float) -> float:
    """Return the difference of two losses in units of `scale`, cut off at -1 and 1."""
    return min(max((candidate - stable) / scale, -1.0), 1.0)

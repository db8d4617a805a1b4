"""How many pairs a pass may send, so that a rollout does not fall silent before its end.

`max` bounds a rollout's pairs, and where one or two inputs cannot be evidence its stages last as
long as they may: at the full rate the pairs would be spent in the second of three. At little
traffic the metrics then say nothing for `stale_limit`, and that holds for an operator. So the last
pairs are kept: one for each minute that is left.
"""

KEPT = 0.25
"""At most this part of `max` is kept: a small `max` is sent at its rate first."""


def pairs_now(rate: int, most: int, sent: int, minutes_left: float) -> int:
    """Return the pairs of the next pass: `rate`, fewer towards the end, 0 once all were sent.

    Args:
        rate: Pairs a minute.
        most: Pairs a rollout.
        sent: Those sent so far.
        minutes_left: For how many minutes the rollout may still bake.
    """
    left = most - sent
    if left <= 0:
        return 0
    spare = left - int(min(minutes_left, KEPT * most))
    return min(rate, left, max(spare, 1))

"""Phrases about probes that reasons share."""

from collections.abc import Sequence

_WORTH_A_WORD = 0.005


def tallied(tally: Sequence[float]) -> str:
    """Pairs and the failures of either side among them; "" where there was none."""
    pairs, bad, _, stable_bad = tally
    if not pairs:
        return ""
    return f"of {pairs:,.0f} probes the candidate failed {bad:,.0f}, stable {stable_bad:,.0f}"


def part_of_evidence(part: float) -> str:
    """Say which part of the evidence came from probes; "" where it is hardly any."""
    return f"{part:.0%} of the evidence came from probes" if part >= _WORTH_A_WORD else ""

"""Phrases that the reasons of several checks share."""

from collections.abc import Sequence

from rollout.core.gate.checks.stage import Totals
from rollout.core.policy.gate_model import Margin


def margin(limit: Margin) -> str:
    return f"{limit.ratio:g} x stable + {100 * limit.points:g} points"


def failed(totals: Totals, unknown: float = 0.0) -> str:
    """Both sides' requests and failures; the candidate's alone where stable had none.

    `unknown` are further requests of the candidate, without an HTTP status.
    """
    requests, failures, _ = totals.candidate
    text = f"candidate {failures:,.0f} of {requests:,.0f} failed"
    if unknown:
        text = f"{text} ({unknown:,.0f} more have no HTTP status)"
    requests, failures, _ = totals.stable
    if requests > 0:
        return f"{text}, stable {failures:,.0f} of {requests:,.0f}"
    return text


def compared(tally: Sequence[float], what: str, than: str = "") -> str:
    """Both sides' counts of what happened to requests; `than` completes the part on stable."""
    requests, bad, stable_requests, stable_bad = tally
    return (
        f"candidate {bad:,.0f} of {requests:,.0f} {what}, "
        f"stable {stable_bad:,.0f} of {stable_requests:,.0f}{than}"
    )

"""How much of what answers to probes showed is said where a rollout goes on."""

from dataclasses import replace

from rollout.core.gate import answers_told
from rollout.core.machine.conclusion import Conclusion
from rollout.core.machine.gate_inputs import gate_state
from rollout.core.machine.transitions import Finding
from rollout.core.records.rollout import Rollout

_GOES_ON = frozenset(
    {Finding.VALIDATED, Finding.APPROVAL_NEEDED, Finding.STAGE_PASSED, Finding.ALL_PASSED}
)


def with_answers_told(conclusion: Conclusion) -> Conclusion:
    """Add the sentence on answers where the rollout goes on, and some were compared.

    A release that is meant to answer differently is told of nowhere else.
    """
    told = answers_sentence(conclusion.rollout)
    if conclusion.finding not in _GOES_ON or not told:
        return conclusion
    return replace(conclusion, text=f"{conclusion.text}; {told}")


def answers_sentence(rollout: Rollout) -> str:
    """Return "19 of 240 answers differ (8 %): label 0 -> 1 in 17 of them"; "" before the first."""
    text: str = answers_told(rollout.policy.quality, gate_state(rollout)).get("text", "")
    return text

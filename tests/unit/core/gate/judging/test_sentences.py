"""How odds and margins are written for people."""

import pytest

from rollout.core.gate.checks.wording import margin
from rollout.core.gate.judging.sentences import odds
from rollout.core.policy.gate_model import Margin


@pytest.mark.parametrize(
    ("ln", "text"),
    [
        (0.0, "1.0:1"),
        (-700.0, "0.0:1"),
        (2.2, "9.0:1"),
        (4.94, "140:1"),
        (13.7, "890,911:1"),
        (13.9, "over 1,000,000:1"),
        (460.0, "over 1,000,000:1"),
    ],
)
def test_odds_for_people(ln: float, text: str) -> None:
    assert odds(ln) == text


def test_margins_for_people() -> None:
    assert margin(Margin(1.2, 0.0002)) == "1.2 x stable + 0.02 points"
    assert margin(Margin(1.0, 0.0)) == "1 x stable + 0 points"

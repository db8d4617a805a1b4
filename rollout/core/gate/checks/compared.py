"""Two sides compared by their shares of bad requests: what such checks have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.core.gate.algebra import dispersion
from rollout.core.gate.algebra.bernoulli import Counts
from rollout.core.gate.algebra.streams import Stream
from rollout.core.gate.checks.check import HarmCheck, Known, Past
from rollout.core.records.observation import SideMinute

MAX_KNOWN_REQUESTS = 20_000.0
"""More history than this would make stable's share slow to follow what it is now."""

NOTHING = Counts(0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Compared(HarmCheck[Stream]):
    """A check whose memory is one stream."""

    @staticmethod
    def opened(name: str, known: Known, floor: float) -> Stream:
        part = known.get(name)
        if part is None:
            return Stream.opened(NOTHING, floor)
        return Stream.opened(Counts(part["requests"], part["bad"]), part["correlation"])

    @staticmethod
    def load(stored: dict[str, Any]) -> Stream:
        return Stream.load(stored)

    def ln_odds(self, memory: Stream) -> float:
        return memory.process.ln_wealth


def learnt_share(past: Past, bad_of: Callable[[SideMinute], float]) -> dict[str, float]:
    """Sum up one kind of bad requests of stable.

    Returns:
        bad and requests, both multiplied by scale, and correlation.
    """
    minutes = _counts(past, bad_of)
    requests = sum(each.requests for each in minutes)
    scale = min(1.0, MAX_KNOWN_REQUESTS / requests)
    return {
        "bad": sum(each.bad for each in minutes) * scale,
        "requests": requests * scale,
        "scale": scale,
        "correlation": past.correlation(
            minutes, blocks=dispersion.ERROR_BLOCKS, safety=dispersion.ERROR_SAFETY
        ),
    }


def _counts(past: Past, bad_of: Callable[[SideMinute], float]) -> Sequence[Counts]:
    return [
        NOTHING if minute.stable is None else Counts(minute.stable.requests, bad_of(minute.stable))
        for minute in past.minutes
    ]

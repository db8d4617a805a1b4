"""Where requests go: minutes split per request, in groups, or by a client that stays on a side."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from dev.bench.gate.error_streams import Counted, Kind, Truth, World
from dev.bench.gate.sampling import binomial, poisson
from dev.bench.gate.trials import LOOKS, PLANNED, Outcome, as_minutes, judged
from rollout.core.gate import NONE, Verdict, begin_stage, fold, opened
from rollout.core.policy.gate_model import Check, GatePolicy

POLICY = GatePolicy(
    latency=None,
    observe_only=tuple(each for each in Check if each is not Check.SPLIT),
)
"""Only the split decides."""

FULL = 100.0


@dataclass(frozen=True)
class Client:
    """One client with a part of the traffic whose requests of a connection go to one side.

    A connection is kept for `lasts` minutes on average, and its side is drawn by weight;
    `on_candidate`: the first one goes there. `bursts`: the client's part of a minute's requests
    varies from 0 to twice as much.
    """

    part: float
    lasts: float
    on_candidate: bool = False
    bursts: bool = False


@dataclass(frozen=True)
class Splits:
    """`looks` minutes at `weight` percent, of which the candidate really gets `share` (0..1).

    HOLD says that the split was doubted in at least one minute, and `minute` in which one first.
    """

    traffic: float
    weight: int = 10
    share: float | None = None
    kind: Kind = Kind.IID
    client: Client | None = None
    policy: GatePolicy = POLICY
    looks: int = LOOKS

    def run(self, rng: Random) -> Outcome:
        state: dict[str, Any] = begin_stage(opened(self.policy, NONE, PLANNED), 0, self.weight)
        for index, counted in enumerate(self._minutes(rng)):
            state, _ = fold(self.policy, state, as_minutes([counted], index))
            if Check.SPLIT.value in state["fired"]:
                return Outcome(Verdict.HOLD, index + 1)
        return Outcome(judged(self.policy, state, self.looks), self.looks)

    def _minutes(self, rng: Random) -> Iterator[Counted]:
        world = World(Truth(0.0, self.traffic, self.kind), rng)
        weight = self.weight / FULL
        share = weight if self.share is None else self.share
        on_candidate = False
        left = 0.0
        for number in range(self.looks):
            seen = world.minute(self.weight)
            total = seen.stable + seen.candidate
            sticky = 0
            if self.client is not None:
                part = self.client.part * (2 * rng.random() if self.client.bursts else 1.0)
                sticky = binomial(rng, total, part)
                if left <= 0:
                    first = number == 0 and self.client.on_candidate
                    on_candidate = first or rng.random() < weight
                    left = 1.0 + poisson(rng, self.client.lasts - 1)
                left -= 1
            candidate = binomial(rng, total - sticky, share) + (sticky if on_candidate else 0)
            yield Counted(total - candidate, 0, candidate, 0)

"""Probes: the same inputs, sent by the app to candidate and stable alike."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from rollout.core.records.observation import EndpointSeen
from rollout.core.records.own_requests import Probed


@dataclass(frozen=True)
class ProbeInput:
    """One request's body; it is never printed."""

    body: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True)
class ProbeInputs:
    """How many distinct inputs there are, and those of the next pairs, in order.

    `chosen` repeats an input where its turn comes again.
    """

    distinct: int
    chosen: tuple[ProbeInput, ...]


@dataclass(frozen=True)
class ProbeOrder:
    """What one pass sends: a pair for each chosen input, numbered from `first`.

    `at` is the pass's minute. `timeout` is for one request, to the last byte of its answer;
    `within` is how long the pass may take, and no pair begins that might not end by then.
    """

    candidate: str
    stable: str
    first: int
    inputs: ProbeInputs
    at: datetime
    concurrency: int
    timeout: timedelta
    within: timedelta


class Probing(Protocol):
    """Sends pairs straight to both deployments, whatever their weights."""

    def probe(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        """Send the pairs, several at once; which side is asked first alternates.

        A 429 ends the pass: no further pair begins. A pair is left out where either side's answer
        says nothing of it: 429, 401, 403, 404, no connection, or another deployment's answer.

        Raises only as `Endpoints` does.
        """

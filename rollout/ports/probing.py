"""Probes: the same inputs, sent by the app to candidate and stable alike; and to warm one up."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Quality
from rollout.core.records.learnt_contract import LearntContract
from rollout.core.records.observation import EndpointSeen
from rollout.core.records.own_requests import Probed, Warmed


@dataclass(frozen=True)
class ProbeInput:
    """One request's body; neither it nor its label is ever printed.

    `label` is the right prediction, None where the input has none. `expect` is what its own sample
    request expects of an answer, None where it is none.
    """

    body: bytes = field(repr=False)
    content_type: str
    label: Any = field(default=None, repr=False)
    expect: Expectation | None = None


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
    `within` is how long the pass may take, and no pair begins that might not end by then. `quality`
    says how the bodies compare; None: nobody looks at them. `learnt` is what stable's answers had
    in common before any traffic. `twice` are the numbers of the pairs whose input stable is asked
    once more, as long as the pass has time for it.
    """

    candidate: str
    stable: str
    first: int
    inputs: ProbeInputs
    at: datetime
    concurrency: int
    timeout: timedelta
    within: timedelta
    quality: Quality | None = None
    learnt: LearntContract = field(default_factory=LearntContract)
    twice: frozenset[int] = frozenset()


@dataclass(frozen=True)
class WarmUpOrder:
    """What one pass sends to warm up the candidate; `timeout` and `within` as in `ProbeOrder`."""

    candidate: str
    inputs: tuple[ProbeInput, ...]
    concurrency: int
    timeout: timedelta
    within: timedelta


class Probing(Protocol):
    """Sends requests straight to deployments, whatever their weights."""

    def probe(self, endpoint: str, seen: EndpointSeen, order: ProbeOrder) -> Probed:
        """Send the pairs, several at once; which side is asked first alternates.

        A 429 ends the pass: no further pair begins. A pair is left out where either side's answer
        says nothing of it: 429, 401, 403, 404, no connection, or another deployment's answer.
        Bodies are compared where they arrive, and not kept: only `AnswerPair` leaves.

        Raises only as `Endpoints` does.
        """

    def warm_up(self, endpoint: str, seen: EndpointSeen, order: WarmUpOrder) -> Warmed:
        """Send the inputs to the candidate, several at once, until one does not reach it.

        That is a 429, 401, 403, 404, no connection, or another deployment's answer: going on would
        warm nothing.

        Raises only as `Endpoints` does.
        """

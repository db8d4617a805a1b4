"""What probes showed: the same input, sent by the controller to both sides, and how each answered.

A probe speaks for its input alone, so its counts are never mixed with those of live requests: the
gate weighs pairs in a stream of their own (docs/gate.md). Neither the input nor the answer's body
is kept, only its status, its duration, and how the two answers compare (`answers`).
"""

from dataclasses import dataclass
from datetime import datetime

from rollout.core.records.answers import AnswerPair

_FAILED = frozenset({0, 408, 424})
"""The failures below 500: no answer, time-out, and Azure ML's word for a model's own error."""

_FIRST_OF_SERVER = 500


@dataclass(frozen=True)
class ProbeAnswer:
    """How one side answered one input.

    `status` is the HTTP status, 0 where no answer came within the time-out. 429, 401, 403, 404 and
    a side out of reach say nothing about the model: such a pair is left out, so they never stand
    here. `took` is the time from sending to the last byte (or to the time-out) in milliseconds,
    above 0, on the controller's own clock.
    """

    status: int
    took: float

    @property
    def failed(self) -> bool:
        """Whether the gate counts this answer as a failure: 5xx, 424, 408 or no answer at all."""
        return self.status in _FAILED or self.status >= _FIRST_OF_SERVER


@dataclass(frozen=True)
class ProbePair:
    """The same input, sent to both sides, interleaved.

    `number` is its place among the pairs of the rollout, from 0, those left out included: the input
    is number % inputs, and number // inputs says how often that input was sent before. `answers`
    is what the two bodies had to say; None where a side failed, or the policy judges no answers.
    """

    number: int
    candidate: ProbeAnswer
    stable: ProbeAnswer
    answers: AnswerPair | None = None


@dataclass(frozen=True)
class ProbesSeen:
    """What one pass probed. Not stored: the gate folds it into its own state.

    `at` is the pass's minute, UTC. `inputs` is the number of distinct inputs there are, at least 1.
    `sent` counts the pairs sent in this pass, those left out included; `pairs` holds the others in
    the order of their numbers. `stopped` says why the pass stopped early ("429 from the
    candidate"); "" means that it did not.
    """

    at: datetime
    inputs: int
    sent: int
    pairs: tuple[ProbePair, ...] = ()
    stopped: str = ""

"""One request of the app's own to one deployment, and what its end says.

It says nothing of the side that was asked where it is a 429 (others fill the deployment, or this
app does), 401 or 403 (keys, roles), 404 (the router does not know it), no connection, or another
deployment's answer. Everything else counts as it came; no complete answer within the time-out, or
one that is too long, counts as none.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from rollout.adapters.azure_ml.http_calls import HttpAnswer, TooLongError
from rollout.adapters.azure_ml.scoring_calls import ScoringCalls, Target, answered_by_another
from rollout.core.records.own_requests import NO_ANSWER, OwnMinute
from rollout.core.records.probes import ProbeAnswer
from rollout.errors import ArmUnavailableError
from rollout.ports import ProbeInput

ERROR_REASON_HEADER = "ms-azureml-model-error-reason"
NOT_READY = "model_not_ready"
MODEL_ERROR = 424
TOO_MANY = 429
SAYS_NOTHING = frozenset({401, 403, 404})
PLATFORM = frozenset({500, 502, 503, 504})
"""What Azure answers by itself: a model's own exception is a 424."""

_LEAST_MS = 0.001
"""A duration is above 0, however coarse the clock."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Side(StrEnum):
    CANDIDATE = "candidate"
    STABLE = "stable"


@dataclass(frozen=True)
class Reply:
    """One request's end. `answer` None: it says nothing; `status` None: no deployment saw it.

    `in_its_place`: the platform answered, not the model. `body` is never printed, and kept no
    longer than the turn it belongs to.
    """

    answer: ProbeAnswer | None
    status: str | None
    refused: bool = False
    in_its_place: bool = False
    body: bytes = field(default=b"", repr=False)


class OwnCounts:
    """The app's own requests by minute, side and status; its user keeps threads apart.

    `clock` says in which minute Azure will count a request; UTC.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._found: dict[datetime, dict[Side, Counter[str]]] = {}

    def add(self, side: Side, reply: Reply) -> None:
        """Count a request that has just ended, if a deployment saw it."""
        if reply.status is None:
            return
        minute = self._clock().replace(second=0, microsecond=0)
        sides = self._found.setdefault(minute, {each: Counter() for each in Side})
        sides[side][reply.status] += 1

    def minutes(self) -> Iterator[OwnMinute]:
        """What was counted, oldest first."""
        for minute, sides in sorted(self._found.items()):
            yield OwnMinute(minute, dict(sides[Side.CANDIDATE]), dict(sides[Side.STABLE]))


def reply_of(
    calls: ScoringCalls, target: Target, name: str, what: ProbeInput, timeout: timedelta
) -> Reply:
    """Send one input to the deployment `name`; whatever becomes of it is a reply."""
    started = time.perf_counter()
    try:
        found = calls.send(target, name, what.body, what.content_type, timeout)
    except (TooLongError, ArmUnavailableError, ServiceResponseError) as error:
        if isinstance(error.__cause__, ServiceRequestError):
            return Reply(None, None)
        if isinstance(error, ServiceResponseError) and not _in_whole(error):
            return Reply(None, NO_ANSWER)
        return Reply(ProbeAnswer(0, _since(started)), NO_ANSWER)
    except AzureError:
        return Reply(None, None)
    if answered_by_another(found.headers, name):
        # Whose request Azure counted it as is not known.
        return Reply(None, None)
    if found.status == TOO_MANY:
        return Reply(None, str(found.status), refused=True)
    if found.status in SAYS_NOTHING:
        # The router's own answer: it belongs to no deployment.
        return Reply(None, None)
    return Reply(
        ProbeAnswer(found.status, _since(started)),
        str(found.status),
        in_its_place=in_its_place(found),
        body=found.body,
    )


def in_its_place(answer: HttpAnswer) -> bool:
    """Say whether the platform answered in the model's place."""
    reason = answer.headers.get(ERROR_REASON_HEADER)
    not_ready = answer.status == MODEL_ERROR and reason == NOT_READY
    return not_ready or answer.status in PLATFORM


def _in_whole(error: ServiceResponseError) -> bool:
    """The time-out passed, or the answer was too long; not: the connection broke."""
    return isinstance(error, TooLongError | ServiceResponseTimeoutError)


def _since(started: float) -> float:
    """Milliseconds since then."""
    return max(1000 * (time.perf_counter() - started), _LEAST_MS)

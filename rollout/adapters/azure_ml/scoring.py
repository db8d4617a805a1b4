"""The sample requests, sent straight to the candidate whatever its weight.

Some answers say nothing about the model and are tried again (transient), unless the sample expects
exactly that status: no connection and no answer in time; 401 and 403 (a fresh endpoint's
keys and role assignments take a while); 404 (the router does not know the deployment yet); 429
(other callers fill it); 500, 502, 503, 504 (the platform: a model's own exception is a 424); 424
with `model_not_ready` (no container answers yet); and whatever another deployment answered, as the
header `azureml-model-deployment` of an answer tells. Everything else is the model's doing: a 424,
or a 408, by which Azure says that the model exceeded its own `request_timeout_ms`.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.examining import ExamSlice
from rollout.adapters.azure_ml.expectations import excerpt, judged
from rollout.adapters.azure_ml.http_calls import HttpAnswer, TooLongError
from rollout.adapters.azure_ml.own_requests import (
    SAYS_NOTHING,
    TOO_MANY,
    in_its_place,
    utc_now,
)
from rollout.adapters.azure_ml.scoring_calls import (
    MAX_ANSWER_BYTES,
    ScoringCalls,
    answered_by_another,
    check_address,
)
from rollout.core.policy.content_types import JSON, content_type_of
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.records.examination import ExamSeen
from rollout.core.records.observation import EndpointSeen, Validation
from rollout.errors import ArmUnavailableError
from rollout.ports import ExamOrder
from rollout.text.redaction import redacted_line

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_NAME_CHARACTERS = 64
_WRONG_TYPE = 415


class DirectScoring:
    """The `Scoring` port. Endpoints with keys, or with `aad_token` through `credential`.

    `clock` says in which minute Azure will count a request; UTC.
    """

    def __init__(
        self, arm: Arm, credential: "TokenCredential", *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._calls = ScoringCalls(arm, credential)
        self._clock = clock

    def validate(
        self,
        endpoint: str,
        seen: EndpointSeen,
        candidate: str,
        validate: Validate,
        samples: Mapping[str, bytes],
    ) -> Validation:
        """Send each sample once, in order, and stop at the first transient answer."""
        if not validate.requests:
            return Validation(evidence="no sample requests")
        target = self._calls.target(endpoint, seen)
        failures: list[str] = []
        unusable: list[str] = []
        notes: list[str] = []
        slowest = timedelta(0)
        for sample in validate.requests:
            body = samples.get(sample.file)
            if body is None:
                unusable.append(f"{sample.file} is not in the service's folder")
                continue
            started = time.perf_counter()
            try:
                kind = _type_of(sample)
                reply = self._calls.send(target, candidate, body, kind, validate.timeout)
            except TooLongError:
                most = MAX_ANSWER_BYTES // 1024**2
                failures.append(f"{sample.file}: answered more than {most} MiB, the most it may")
                continue
            except (AzureError, ArmUnavailableError) as error:
                text = redacted_line(f"{sample.file}: no answer: {type(error).__name__}: {error}")
                return Validation(tuple(failures), transient=text)
            took = timedelta(seconds=time.perf_counter() - started)
            if (why := _says_nothing(reply, sample, candidate)) is not None:
                return Validation(tuple(failures), transient=f"{sample.file}: {why}")
            slowest = max(slowest, took)
            if reply.status == _WRONG_TYPE != sample.expect.status:
                unusable.append(f"{sample.file}: the model does not take {_type_of(sample)} (415)")
                continue
            found = judged(sample.expect, reply.status, reply.body, took)
            failures += (f"{sample.file}: {sentence}" for sentence in found.failures)
            notes += [f"{sample.file}: {found.note}"] if found.note else []
        count = len(validate.requests)
        evidence = (
            f"{count} sample request{'' if count == 1 else 's'} answered by {candidate}, "
            f"the slowest in {slowest / timedelta(milliseconds=1):.0f} ms"
        )
        return Validation(
            tuple(failures), evidence="; ".join((evidence, *notes)), unusable=tuple(unusable)
        )

    def examine(self, endpoint: str, seen: EndpointSeen, order: ExamOrder) -> ExamSeen:
        """Ask the sides for each row, and mark what they answer."""
        check_address(seen.scoring_uri)
        target = self._calls.target(endpoint, seen)
        return ExamSlice(self._calls, target, self._clock, order).run()

    def close(self) -> None:
        """Close its connections."""
        self._calls.close()


def _type_of(sample: SampleRequest) -> str:
    """The content type that a sample is sent with."""
    return sample.content_type or content_type_of(sample.file) or JSON


def _says_nothing(reply: HttpAnswer, sample: SampleRequest, candidate: str) -> str | None:
    """Return why an answer says nothing of the candidate; None where it says something."""
    if other := answered_by_another(reply.headers, candidate):
        name = redacted_line(other, _NAME_CHARACTERS)
        return f"answered by {name}, not by {candidate}, which the request named"
    if reply.status == sample.expect.status:
        return None
    if in_its_place(reply) or reply.status in SAYS_NOTHING or reply.status == TOO_MANY:
        return f"answered {reply.status}: {excerpt(reply.body)}"
    return None

"""The sample requests, sent straight to one deployment whatever its weight.

Never `MLClient.invoke`: it leaks its deployment header into every later call of the process
(measured with azure-ai-ml 1.35.2).

Some answers say nothing about the model and are tried again (transient), unless the sample expects
exactly that status: no connection and no answer in time; 401 and 403 (a fresh endpoint's
keys and role assignments take a while); 404 (the router does not know the deployment yet); 429
(other callers fill it); 500, 502, 503, 504 (the platform: a model's own exception is a 424); 424
with `model_not_ready` (no container answers yet). Everything else is the model's doing: a 424,
or a 408, by which Azure says that the model exceeded its own `request_timeout_ms`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.azure_faults import arm_calls
from rollout.adapters.azure_ml.expectations import excerpt, unmet
from rollout.adapters.azure_ml.http_calls import Deadline, plain_policies, read_bounded
from rollout.addresses import is_safe_url
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.records.observation import EndpointSeen, Validation
from rollout.errors import ArmRefusedError, ArmUnavailableError
from rollout.text.redaction import redacted_line

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

DEPLOYMENT_HEADER = "azureml-model-deployment"
ERROR_REASON_HEADER = "ms-azureml-model-error-reason"
NOT_READY = "model_not_ready"
SCORING_SCOPE = "https://ml.azure.com/.default"
"""The Entra scope of scoring calls (azure-ai-ml 1.35.2, `constants/_common.py`)."""

KEYS_SECONDS = 10.0
MAX_ANSWER_BYTES = 1024 * 1024
TRANSIENT_STATUSES = frozenset({401, 403, 404, 429, 500, 502, 503, 504})
_MODEL_ERROR = 424
_WRONG_TYPE = 415


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes
    reason: str
    took: timedelta


class DirectScoring:
    """The `Scoring` port. Endpoints with keys, or with `aad_token` through `credential`."""

    def __init__(self, arm: Arm, credential: "TokenCredential") -> None:
        self._arm = arm
        self._credential = credential
        self._client: PipelineClient[Any, Any] = PipelineClient("", policies=plain_policies())

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
        secret = self._secret(endpoint, seen)
        failures: list[str] = []
        unusable: list[str] = []
        slowest = timedelta(0)
        for sample in validate.requests:
            body = samples.get(sample.file)
            if body is None:
                unusable.append(f"{sample.file} is not in the service's folder")
                continue
            try:
                reply = self._send(seen.scoring_uri, candidate, secret, body, validate.timeout)
            except (AzureError, ArmUnavailableError) as error:
                text = redacted_line(f"{sample.file}: no answer: {type(error).__name__}: {error}")
                return Validation(tuple(failures), transient=text)
            if _says_nothing(reply, sample):
                text = f"{sample.file}: answered {reply.status}: {excerpt(reply.body)}"
                return Validation(tuple(failures), transient=text)
            slowest = max(slowest, reply.took)
            if reply.status == _WRONG_TYPE != sample.expect.status:
                unusable.append(f"{sample.file} is of a type that the model does not take (415)")
                continue
            failures += (
                f"{sample.file}: {sentence}"
                for sentence in unmet(sample.expect, reply.status, reply.body, reply.took)
            )
        evidence = (
            f"{len(validate.requests)} sample requests answered by {candidate}, the slowest in "
            f"{slowest / timedelta(milliseconds=1):.0f} ms"
        )
        return Validation(tuple(failures), evidence=evidence, unusable=tuple(unusable))

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _secret(self, endpoint: str, seen: EndpointSeen) -> str:
        mode = seen.auth_mode.lower().replace("_", "")
        if mode == "key":
            path = f"{parse_endpoint_id(endpoint).path}/listKeys"
            answer = self._arm.post(path, {}, timeout=KEYS_SECONDS)
            key = answer.body.get("primaryKey") if isinstance(answer.body, dict) else None
            if not isinstance(key, str) or not key:
                raise ArmUnavailableError("Azure's answer to listKeys has no primaryKey")
            return key
        if mode == "aadtoken":
            with arm_calls(write=False):
                return self._credential.get_token(SCORING_SCOPE).token
        raise ArmRefusedError(
            f"the endpoint's auth mode '{seen.auth_mode}' is not served; use key or aad_token",
            code="UnsupportedAuthMode",
        )

    def _send(
        self, uri: str, candidate: str, secret: str, body: bytes, timeout: timedelta
    ) -> _Reply:
        if not is_safe_url(uri):
            raise ArmUnavailableError(f"Azure gave a scoring address that is not https: {uri!r}")
        request = HttpRequest(
            "POST",
            uri,
            headers={
                "Authorization": f"Bearer {secret}",
                "Content-Type": "application/json",
                DEPLOYMENT_HEADER: candidate,
            },
            content=body,
        )
        deadline = Deadline(timeout.total_seconds())
        started = time.perf_counter()
        response = self._client.send_request(request, stream=True, **deadline.timeouts())
        content = read_bounded(response, MAX_ANSWER_BYTES, deadline)
        took = timedelta(seconds=time.perf_counter() - started)
        reason = response.headers.get(ERROR_REASON_HEADER, "")
        return _Reply(response.status_code, content, reason, took)


def _says_nothing(reply: _Reply, sample: SampleRequest) -> bool:
    if reply.status == sample.expect.status:
        return False
    not_ready = reply.status == _MODEL_ERROR and reply.reason == NOT_READY
    return not_ready or reply.status in TRANSIENT_STATUSES

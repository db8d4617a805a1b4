"""Requests straight to one deployment, whatever its weight: who may ask, and who answered.

Never `MLClient.invoke`: it leaks its deployment header into every later call of the process
(measured with azure-ai-ml 1.35.2). Keys and tokens stay in memory, for one round of requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azure.core import PipelineClient
from azure.core.rest import HttpRequest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.azure_faults import arm_calls
from rollout.adapters.azure_ml.http_calls import Deadline, HttpAnswer, answer_to, plain_policies
from rollout.adapters.azure_ml.watched_connections import watched_transport
from rollout.addresses import is_safe_url
from rollout.core.records.observation import EndpointSeen
from rollout.errors import ArmRefusedError, ArmUnavailableError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

DEPLOYMENT_HEADER = "azureml-model-deployment"
SCORING_SCOPE = "https://ml.azure.com/.default"
"""The Entra scope of scoring calls (azure-ai-ml 1.35.2, `constants/_common.py`)."""

KEYS_SECONDS = 10.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Detection and segmentation models answer megabytes; more than this is the model's failure."""


@dataclass(frozen=True)
class Target:
    """Where an endpoint is asked, and what lets us ask."""

    uri: str
    secret: str = field(repr=False)


class ScoringCalls:
    """Sends requests to endpoints with keys, or with `aad_token` through `credential`.

    Several threads may use it at once.
    """

    def __init__(self, arm: Arm, credential: "TokenCredential") -> None:
        self._arm = arm
        self._credential = credential
        self._client: PipelineClient[Any, Any] = PipelineClient(
            "", policies=plain_policies(), transport=watched_transport()
        )

    def target(self, endpoint: str, seen: EndpointSeen) -> Target:
        """Return where and with what the endpoint is asked.

        Raises:
            ArmUnavailableError: Its key cannot be had now.
            ArmRefusedError: Its auth mode is not served.
            AccessDeniedError: The app may not list its keys.
        """
        return Target(seen.scoring_uri, self._secret(endpoint, seen))

    def send(
        self, target: Target, deployment: str, body: bytes, content_type: str, timeout: timedelta
    ) -> HttpAnswer:
        """Send one request and return its answer, whoever gave it.

        Raises:
            ArmUnavailableError: There was no complete answer within `timeout`, or the address is
                not safe to send a key to.
            TooLongError: It has more than MAX_ANSWER_BYTES.
            AzureError: There was no connection, or it broke off.
        """
        check_address(target.uri)
        request = HttpRequest(
            "POST",
            target.uri,
            headers={
                "Authorization": f"Bearer {target.secret}",
                "Content-Type": content_type,
                DEPLOYMENT_HEADER: deployment,
            },
            content=body,
        )
        return answer_to(self._client, request, MAX_ANSWER_BYTES, Deadline(timeout.total_seconds()))

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


def check_address(uri: str) -> None:
    """Check an address that is sent a key.

    Raises:
        ArmUnavailableError: It is not https.
    """
    if not is_safe_url(uri):
        raise ArmUnavailableError(f"Azure gave a scoring address that is not https: {uri!r}")


def answered_by_another(headers: Mapping[str, str], deployment: str) -> str:
    """Return the name in an answer's header where it is another's; "" where it is not."""
    name = headers.get(DEPLOYMENT_HEADER, "")
    return name if name and name.lower() != deployment.lower() else ""

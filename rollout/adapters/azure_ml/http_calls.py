"""What every HTTP call shares: no retries, no redirects, a deadline, a bounded body."""

import logging
import time
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.policies import RequestIdPolicy, SansIOHTTPPolicy, UserAgentPolicy

from rollout.errors import ArmUnavailableError

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.rest import HttpResponse

USER_AGENT = "azureml-rollout/0.1"
CONNECT_SECONDS = 3.0
"""Longest time to connect, where the call's own time-out is not shorter."""

_LOG = logging.getLogger("rollout.http")


class Deadline:
    """The moment by which a call, with all its requests, must have ended."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            ArmUnavailableError: None are left.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ArmUnavailableError(f"no complete answer from Azure within {self._seconds:g} s")
        return left

    def timeouts(self) -> dict[str, float]:
        """Return the transport's options for the next request."""
        left = self.left()
        return {"connection_timeout": min(left, CONNECT_SECONDS), "read_timeout": left}


class CallLog(SansIOHTTPPolicy[Any, Any]):
    """Logs method, path and status at debug level; never headers, queries or bodies."""

    def on_response(
        self, request: "PipelineRequest[Any]", response: "PipelineResponse[Any, Any]"
    ) -> None:
        path = request.http_request.url.partition("?")[0]
        _LOG.debug(
            "%s %s -> %s", request.http_request.method, path, response.http_response.status_code
        )


def plain_policies() -> list[Any]:
    """Return the pipeline policies of all clients: no retry, no redirect, no logging."""
    return [RequestIdPolicy(), UserAgentPolicy(base_user_agent=USER_AGENT), CallLog()]


def read_bounded(response: "HttpResponse", limit: int, deadline: Deadline) -> bytes:
    """Return a streamed answer's body and close it.

    Raises:
        ArmUnavailableError: The deadline passed while it was still arriving.
        ServiceResponseError: It broke off, or is longer than `limit` bytes.
    """
    body = bytearray()
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise ServiceResponseError(f"the answer is longer than {limit} bytes")
            deadline.left()
    except OSError as error:
        # What `requests` raises in the middle of a body passes azure-core unchanged.
        raise ServiceResponseError(f"the answer broke off: {error}", error=error) from error
    finally:
        response.close()
    return bytes(body)

"""What every HTTP call shares: no retries, no redirects, a deadline, a bounded body."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.policies import RequestIdPolicy, SansIOHTTPPolicy, UserAgentPolicy

from rollout.adapters.azure_ml.watched_connections import watched
from rollout.errors import ArmUnavailableError

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.rest import HttpRequest, HttpResponse

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
            raise self._passed()
        return left

    def timeouts(self) -> dict[str, float]:
        """Return the transport's options for the next request."""
        left = self.left()
        return {"connection_timeout": min(left, CONNECT_SECONDS), "read_timeout": left}

    @contextmanager
    def enforced(self, last_check: Callable[[], None] | None = None) -> Iterator[None]:
        """Bound the calls inside, also of a peer that sends its answer byte by byte.

        Only those of clients with a `watched_transport` are bounded so, and wait for `last_check`.

        Raises:
            ArmUnavailableError: The deadline passed, whatever the call itself made of that.
        """
        with watched(self.left(), last_check) as watch:
            try:
                yield
            except Exception as error:
                if watch.passed:
                    raise self._passed() from error
                raise
            # An answer without a length ends where its connection does, so a cut looks like an end.
            if watch.passed:
                raise self._passed()

    def _passed(self) -> ArmUnavailableError:
        return ArmUnavailableError(f"no complete answer from Azure within {self._seconds:g} s")


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


class TooLongError(ServiceResponseError):
    """The answer is longer than its limit: asking again would not make it shorter."""


@dataclass(frozen=True)
class HttpAnswer:
    """One answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer_to(
    client: "PipelineClient[Any, Any]",
    request: "HttpRequest",
    limit: int,
    deadline: Deadline,
    *,
    last_check: Callable[[], None] | None = None,
) -> HttpAnswer:
    """Send one request and return its answer, read to the end, by the deadline.

    `last_check` is asked each time the request is about to leave, with the token in its headers
    and over a connection that is made; what it raises keeps it from leaving, and is raised.

    Raises:
        ArmUnavailableError: The deadline passed, even while the answer was still arriving.
        TooLongError: It is longer than `limit` bytes.
        AzureError: There was no answer, or it broke off.
    """
    with deadline.enforced(last_check):
        response = client.send_request(request, stream=True, **deadline.timeouts())
        body = _read(response, limit)
    return HttpAnswer(response.status_code, response.headers, body)


def _read(response: "HttpResponse", limit: int) -> bytes:
    body = bytearray()
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise TooLongError(f"the answer is longer than {limit} bytes")
    except OSError as error:
        # What `requests` raises in the middle of a body passes azure-core unchanged.
        raise ServiceResponseError(f"the answer broke off: {error}", error=error) from error
    finally:
        response.close()
    return bytes(body)

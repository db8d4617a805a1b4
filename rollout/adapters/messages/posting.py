"""One POST to a channel: bounded, never redirected, and its address in no text.

The address of a chat's hook is its secret: whoever has it may post. So no error names it, nothing
of the pipeline logs it, and urllib3, which writes paths at debug level, is kept quiet. Where
calls are traced (docs/telemetry.md), no span is made of these: it would have the address.
"""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import UserAgentPolicy
from azure.core.rest import HttpRequest

from rollout.adapters.azure_ml.http_calls import USER_AGENT
from rollout.adapters.azure_ml.watched_connections import watched, watched_transport
from rollout.errors import MessageDelayedError, MessageRefusedError
from rollout.text.retry_after import seconds_asked

ATTEMPTS = 3
"""How often a channel that asks to wait is asked within one call, if there is time."""

FIRST_WAIT_SECONDS = 1.0
"""How long to wait after a 429 that does not say; it doubles. Both chats count by the second."""

MOST_WAIT_SECONDS = 3600.0
"""The longest `Retry-After` that is obeyed; Event Grid gives up after a day."""

MAX_ANSWER_BYTES, MAX_WORD_CHARACTERS = 2000, 40
_COME_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


@dataclass(frozen=True)
class Bounds:
    """Seconds: to connect, and between two parts of the answer."""

    connect: float = 3.0
    read: float = 5.0


class Posting:
    """Posts to one address, which nobody can read from it."""

    def __init__(
        self,
        url: str,
        bounds: Bounds,
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._bounds = bounds
        self._pause = pause
        self._clock = clock
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self._client: PipelineClient[Any, Any] = PipelineClient(
            base_url="",
            policies=[UserAgentPolicy(base_user_agent=USER_AGENT)],
            transport=watched_transport(),
        )

    def post(self, body: bytes, content_type: str, seconds: float) -> None:
        """Send it; wait and try again where the channel asks for that and time allows it.

        Raises:
            MessageRefusedError: A redirect, or 4xx other than 408, 425 and 429.
            MessageDelayedError: 408, 425, 429, 5xx, or no whole answer within `seconds`.
        """
        ends = self._clock() + seconds
        wait = FIRST_WAIT_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            status, headers, text = self._once(body, content_type, ends - self._clock())
            if status != HTTPStatus.TOO_MANY_REQUESTS:
                return _judge(status, text)
            asked = retry_after(headers)
            wait = wait if asked is None else asked
            if attempt == ATTEMPTS or self._clock() + wait >= ends:
                break
            self._pause(wait)
            wait *= 2
        raise MessageDelayedError(f"it asks to wait {wait:g} s (429)", wait=wait)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _once(
        self, body: bytes, content_type: str, seconds: float
    ) -> tuple[int, Mapping[str, str], str]:
        if seconds <= 0:
            raise MessageDelayedError("no time is left for it")
        request = HttpRequest(
            "POST", self._url, content=body, headers={"Content-Type": content_type}
        )
        try:
            with untraced(), watched(seconds) as watch:
                response = self._client.send_request(
                    request,
                    stream=True,
                    connection_timeout=min(self._bounds.connect, seconds),
                    read_timeout=min(self._bounds.read, seconds),
                )
                try:
                    text = _beginning(response)
                finally:
                    response.close()
        # Their texts name hosts and paths, which are the secret; and so does what they chain.
        # `ValueError`: urllib3 refuses some names of hosts, such as a label of 64 characters; left
        # alone, it would keep the message from the channels after this one.
        except (AzureError, OSError, TimeoutError, ValueError) as error:
            late = "no whole answer in time" if watch.passed else type(error).__name__
            raise MessageDelayedError(f"it does not answer: {late}") from None
        if watch.passed:
            raise MessageDelayedError("it does not answer: no whole answer in time")
        return response.status_code, response.headers, text


def untraced() -> AbstractContextManager[None]:
    """Keep what is called inside out of traces, where HTTP clients are instrumented."""
    # Whatever instruments a client imports this module; where it is not loaded, nothing does.
    loaded: Any = sys.modules.get("opentelemetry.instrumentation.utils")
    found: AbstractContextManager[None] = (
        nullcontext() if loaded is None else loaded.suppress_instrumentation()
    )
    return found


def _beginning(response: Any) -> str:
    """The first bytes of an answer as text: chats say in them what is wrong."""
    found = bytearray()
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) >= MAX_ANSWER_BYTES:
            break
    return bytes(found[:MAX_ANSWER_BYTES]).decode(errors="replace")


def _judge(status: int, text: str) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    answer = f"{status} {_word(text)}".strip()
    if status in _COME_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise MessageDelayedError(f"it answered {answer}")
    if status < HTTPStatus.BAD_REQUEST:
        raise MessageRefusedError(
            f"it answered {status}, a redirect, which is never followed: put the address that it "
            "leads to into NOTIFY_CHANNELS"
        )
    raise MessageRefusedError(f"it answered {answer}: see whether its address is still good")


def _word(text: str) -> str:
    """Slack answers with one word, such as `no_service`; a longer text might quote the address."""
    plain = text.isascii() and text.replace("_", "").isalpha()
    return text if plain and len(text) <= MAX_WORD_CHARACTERS else ""


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks for, a number or a date; None: it says nothing."""
    return seconds_asked(headers.get("Retry-After", ""), MOST_WAIT_SECONDS, now)

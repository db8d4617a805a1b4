"""JSON over HTTP with the standard library: one call, one answer, no retries."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 20.0


class UnreachableError(Exception):
    """Nothing answered; the text names the call and says what happened."""


@dataclass(frozen=True)
class Answer:
    """A status and its JSON body; `body` is None if the answer had none."""

    status: int
    body: Any

    def expect(self, *statuses: int) -> Any:
        """Return the body.

        Raises:
            UnexpectedAnswerError: the status is not one of `statuses`.
        """
        if self.status not in statuses:
            raise UnexpectedAnswerError(f"answered {self.status}: {self.body}")
        return self.body


class UnexpectedAnswerError(Exception):
    """The answer was not one the story can use; the text quotes it."""


def call(
    method: str,
    url: str,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send `body` as JSON (nothing if it is None) and return the answer, whatever its status.

    Raises:
        UnreachableError: no answer within `TIMEOUT_SECONDS`, or no connection.
    """
    # Every address comes from the ready line of a process that this program started.
    request = urllib.request.Request(  # noqa: S310
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=tls) as answer:  # noqa: S310
            return Answer(answer.status, _parsed(answer.read()))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, _parsed(refusal.read()))
    except OSError as error:
        raise UnreachableError(f"{method} {url.partition('?')[0]}: {error}") from error


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")

"""One call to the app, one answer; nothing is retried here."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import quote, urlencode

from rollout.cli.live.identity import headers_for
from rollout.cli.live.opener import OPENER
from rollout.cli.live.place import CLIENT_ID, KEY, Place

CALL_SECONDS = 30.0
"""An app that was not running needs some ten seconds to start."""

KEY_HEADER = "Idempotency-Key"
MAX_ANSWER_BYTES = 32 * 1024 * 1024
SKEW = timedelta(seconds=2)
"""Clocks that differ by less count as equal: the app tells its time in whole seconds."""

_NO_ANSWER = frozenset({429, 500, 502, 503, 504})
_COMES_BACK = frozenset({502, 503, 504})
"""After these an order with a key is sent again: it counted once or not at all."""


class UnreachableError(Exception):
    """No usable answer came; the message says what happened."""


class NoAnswerError(UnreachableError):
    """The app did not answer, or not for now; `again_after` is in seconds, None where unsaid."""

    def __init__(self, text: str, again_after: float | None = None) -> None:
        super().__init__(text)
        self.again_after = again_after


class RefusedError(Exception):
    """The app answered that it will not; the message is the app's, and `status` HTTP's."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """`body` is the JSON, None for 304; `tag` its entity tag, "" without one."""

    status: int
    body: Any
    tag: str = ""


@dataclass
class App:
    """A running app. `seconds` is how long one call may take."""

    place: Place
    seconds: float = CALL_SECONDS
    _headers: Mapping[str, str] | None = None
    _skew: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """Return the moment by the app's clock, as far as its answers told it."""
        return datetime.now(UTC) + self._skew

    def get(self, path: str, query: Mapping[str, str] | None = None, tag: str = "") -> Answer:
        """Ask. `path` is below `/api/`; with `tag` the answer may be 304.

        Raises:
            UnreachableError: No usable answer.
            RefusedError: The app refuses.
            PlaceError: No token can be had.
        """
        asked = f"{path}?{urlencode(query)}" if query else path
        return self._call("GET", asked, None, {"If-None-Match": tag} if tag else {})

    def post(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        """Order, and return the answer's JSON.

        `key` names the order (`Idempotency-Key`): sent again with it, the order counts once. Raises
        as `get`, and `NoAnswerError` where sending it again can help.
        """
        return self._call("POST", path, json.dumps(body).encode(), {KEY_HEADER: f'"{key}"'}).body

    def view(self, service: str) -> Mapping[str, Any]:
        """Return everything about a service. Raises as `get`."""
        found: Mapping[str, Any] = self.get(f"rollouts/{part(service)}").body
        return found

    def _call(
        self, method: str, path: str, content: bytes | None, more: Mapping[str, str]
    ) -> Answer:
        fresh = self._headers is None
        if self._headers is None:
            self._headers = headers_for(self.place)
        try:
            return self._send(method, path, content, {**self._headers, **more})
        except RefusedError as refused:
            # A token lasts an hour or so, and a rollout longer. Nothing was done for whom the app
            # does not know.
            if fresh or not self.place.client_id or refused.status != HTTPStatus.UNAUTHORIZED:
                raise
        self._headers = headers_for(self.place)
        return self._send(method, path, content, {**self._headers, **more})

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        # The address was checked: https, or this machine.
        request = urllib.request.Request(  # noqa: S310
            f"{self.place.url}/api/{path}",
            content,
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            with OPENER.open(request, timeout=self.seconds) as answer:
                return self._read(answer.status, answer.headers, answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return self._refused(refusal)
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)
            raise NoAnswerError(f"{self.place.url}: {why}") from error

    def _refused(self, refusal: urllib.error.HTTPError) -> Answer:
        tag = refusal.headers.get("ETag", "")
        if refusal.code == HTTPStatus.NOT_MODIFIED:
            self._set_clock(refusal.headers)
            return Answer(refusal.code, None, tag)
        text = _detail(refusal.read(MAX_ANSWER_BYTES)) or refusal.reason
        told = f"{self.place.url} answered {refusal.code}: {text}"
        if refusal.code in _COMES_BACK:
            raise NoAnswerError(told, _seconds(refusal.headers.get("Retry-After", "")))
        if refusal.code in _NO_ANSWER:
            raise UnreachableError(told)
        if refusal.code == HTTPStatus.UNAUTHORIZED:
            text = (
                f"{text}. Set {KEY} to a function key, or {CLIENT_ID} where the app has a sign-in."
            )
        raise RefusedError(str(text), refusal.code)

    def _read(self, status: int, headers: Message, content: IO[bytes]) -> Answer:
        self._set_clock(headers)
        body = content.read(MAX_ANSWER_BYTES + 1)
        try:
            return Answer(status, json.loads(body), headers.get("ETag", ""))
        except ValueError as error:
            raise UnreachableError(
                f"{self.place.url} does not answer as the app does: not JSON. Is it the app?"
            ) from error

    def _set_clock(self, headers: Message) -> None:
        try:
            told = parsedate_to_datetime(headers["Date"])
        except (TypeError, ValueError):
            return
        skew = told - datetime.now(UTC)
        self._skew = skew if abs(skew) > SKEW else timedelta(0)


def part(text: str) -> str:
    """Return text as one part of a path."""
    return quote(text, safe="")


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _detail(content: bytes) -> str:
    """Read a problem document: its sentence, and the faults where it lists some."""
    try:
        document = json.loads(content)
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    faults = document.get("faults") or ()
    told = [f"{each.get('place')}: {each.get('text')}" for each in faults if isinstance(each, dict)]
    return "\n".join([str(document.get("detail") or ""), *told]).strip()

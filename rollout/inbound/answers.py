"""What the HTTP doors answer: JSON, or a problem document (RFC 9457) that says what to do."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from rollout.errors import (
    ArmRefusedError,
    DamagedHistoryError,
    InvalidInputError,
    InvalidPolicyError,
    InvalidSettingsError,
    RefusedError,
    RolloutError,
    ServicesUnavailableError,
    TooManyOffersError,
    UnreadableRowError,
)
from rollout.text.plain_text import visible_line

LOGGER = logging.getLogger("rollout")
UNAVAILABLE_RETRY_SECONDS = 10
"""For errors that do not say themselves when to come back."""

FAULTS_SHOWN = 50
LOGGED_CHARACTERS = 1000

_NO_STORE = {"Cache-Control": "no-store"}
_STORAGE_OR_AZURE = "Storage or Azure gave no usable answer. Send the request again."


@dataclass(frozen=True)
class Answer:
    """An HTTP response, independent of the host's types."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_STORE)


def json_answer(status: int, data: Any, *, tag: str = "") -> Answer:
    """Answer with JSON; `tag` is its entity tag, "" where it has none."""
    return text_answer(status, json.dumps(data, separators=(",", ":")), tag=tag)


def text_answer(status: int, text: str, *, tag: str = "") -> Answer:
    """Answer with JSON that is text already."""
    body = text.encode()
    # "no-cache" lets a client keep the view, and asks it to come back with the tag.
    headers = {"Cache-Control": "no-cache", "ETag": tag} if tag else _NO_STORE
    return Answer(status, body, headers=headers)


def not_modified(tag: str) -> Answer:
    """Answer 304: the client has the view of this tag."""
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    return Answer(HTTPStatus.NOT_MODIFIED, b"", headers=headers)


def problem(
    status: int, detail: str, *, retry_after: float | None = None, **members: Any
) -> Answer:
    """Answer with a problem document; `retry_after` is in seconds, `members` extend it."""
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    headers = dict(_NO_STORE)
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    body = json.dumps({**document, "detail": detail, **members}).encode()
    return Answer(status, body, "application/problem+json", headers)


def problem_of(error: Exception) -> Answer:
    """Answer for what a handler raised.

    Only sentences written for callers are passed on; anything else is logged and answered without
    its text, which could name hosts, accounts or files.
    """
    match error:
        case InvalidInputError() | RefusedError():
            return problem(error.status, str(error))
        case InvalidPolicyError():
            return _faults(error)
        case ServicesUnavailableError():
            LOGGER.warning("No services bundle: %s", error)
            return _unavailable(
                "No services bundle can be read now. Send the request again later.", error
            )
        case TooManyOffersError():
            wait = error.retry_after.total_seconds()
            return problem(HTTPStatus.TOO_MANY_REQUESTS, str(error), retry_after=wait)
        case UnreadableRowError() | DamagedHistoryError():
            return _left_alone(error)
        case InvalidSettingsError():
            LOGGER.error("The app's settings are unusable:\n%s", error)
            return _unavailable("The app's settings are unusable: its log lists them.", error)
        case ArmRefusedError():
            LOGGER.error("Azure refused: %s", error)
            return problem(HTTPStatus.BAD_GATEWAY, "Azure refused what this request needs.")
        case RolloutError() if error.retry_after is not None:
            LOGGER.warning("No usable answer: %s", error)
            return _unavailable(_STORAGE_OR_AZURE, error)
        case _:
            LOGGER.error("An unexpected error", exc_info=error)
            detail = "An unexpected error happened; the app's log has it."
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _faults(error: InvalidPolicyError) -> Answer:
    """Say what is wrong with a service's files: calling again cannot help before they change."""
    for place, sentence in error.faults:
        line = visible_line(f"{place}: {sentence}", LOGGED_CHARACTERS)
        LOGGER.error("A service has a fault: %s", line)
    detail = (
        "The service has faults: repair them (`rollout lint` finds them all) and publish again."
    )
    shown = [{"place": place, "text": text} for place, text in error.faults[:FAULTS_SHOWN]]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=shown)


def _left_alone(error: UnreadableRowError | DamagedHistoryError) -> Answer:
    LOGGER.error("A record is left alone: %s", error)
    detail = "The record of this endpoint cannot be read: it is left alone."
    if isinstance(error, DamagedHistoryError):
        detail = "Nothing can be saved on this endpoint: run `rollout repair` on it."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _unavailable(detail: str, error: RolloutError) -> Answer:
    wait = error.retry_after
    seconds = UNAVAILABLE_RETRY_SECONDS if wait is None else wait.total_seconds()
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=seconds)

"""The one table from Azure Resource Manager's answers to `rollout.errors`.

Which of 400, 409 and `OperationCanceled` a managed endpoint gives while another operation runs is
not documented (the troubleshooting page has 409 for Kubernetes endpoints only, GitHub
Azure/azure-sdk-for-net#36961 shows the sentence), so each of them means: busy, come back later.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError

from rollout.adapters.azure_ml.governing import GOVERNED, explained
from rollout.adapters.azure_ml.missing_rights import missing_right
from rollout.errors import (
    AccessDeniedError,
    ArmRefusedError,
    ArmThrottledError,
    ArmUnavailableError,
    EndpointBusyError,
    RolloutError,
)
from rollout.text.redaction import redacted_line
from rollout.text.retry_after import seconds_asked

NOT_FOUND = 404
_DENIED = frozenset({401, 403})
THROTTLED = 429
_UNAVAILABLE = frozenset({408})
_BUSY = frozenset({409, 412})
_BUSY_CODES = frozenset({"OperationCanceled", "OperationCancelled", "Conflict"})
_BUSY_SENTENCE = re.compile(r"\bin '?(Creating|Updating|Deleting|Scaling)'? provisioning state")
_FIRST_REFUSAL, _FIRST_FAILURE = 400, 500

USUAL_WAIT_SECONDS = 5.0
"""How long a 429 that says nothing is waited for."""

MOST_WAIT_SECONDS = 120.0
"""The longest `Retry-After` that is obeyed: a rollout is looked at again within two minutes."""


def refusal(
    status: int, code: str, message: str, *, write: bool, retry_after: str = "", path: str = ""
) -> RolloutError:
    """Return what an HTTP status of 300 or more means; 404 only where it is not an answer.

    A read that meets a running operation is merely unavailable: only writes are refused as busy.
    `retry_after` is the header of that name, `path` that of the request where it is known.
    """
    text = f"Azure answered {status} {code}: {redacted_line(message)}".replace(" :", ":")
    if code in GOVERNED:
        # Not busy, though a lock is a 409: it does not go away by itself.
        said = explained(code, message, path)
    elif status in _DENIED:
        said = missing_right(message)
        text = f"{text} Check the role of the app's identity."
    else:
        return _not_denied(status, code, message, text, write=write, retry_after=retry_after)
    return AccessDeniedError(
        f"{said} (Azure answered {status} {code})" if said else text, code=code
    )


def _not_denied(
    status: int, code: str, message: str, text: str, *, write: bool, retry_after: str
) -> RolloutError:
    busy = status in _BUSY or code in _BUSY_CODES or _BUSY_SENTENCE.search(message) is not None
    if busy and _FIRST_REFUSAL <= status < _FIRST_FAILURE:
        return EndpointBusyError(text) if write else ArmUnavailableError(text)
    if status == THROTTLED:
        return ArmThrottledError(text, wait=wait_asked(retry_after))
    if status in _UNAVAILABLE or not _FIRST_REFUSAL <= status < _FIRST_FAILURE:
        return ArmUnavailableError(text)
    return ArmRefusedError(text, code=code)


def wait_asked(retry_after: str) -> timedelta:
    """Return how long a 429 with this header is waited for."""
    seconds = seconds_asked(retry_after, MOST_WAIT_SECONDS)
    return timedelta(seconds=USUAL_WAIT_SECONDS if seconds is None else seconds)


def from_document(
    status: int, document: Any, *, write: bool, retry_after: str = "", path: str = ""
) -> RolloutError:
    """Return what an error answer means, by its body: `{error: {code, message}}` or the inside.

    Azure Monitor leaves the outer object out (its page on migrating to the batch API).
    """
    error = document.get("error", document) if isinstance(document, dict) else {}
    if not isinstance(error, dict):
        error = {}
    return refusal(
        status,
        str(error.get("code") or ""),
        str(error.get("message") or ""),
        write=write,
        retry_after=retry_after,
        path=path,
    )


@contextmanager
def arm_calls(*, write: bool) -> Iterator[None]:
    """Turn azure-core's exceptions into those of `rollout.errors`.

    A credential that gives no token raises `ClientAuthenticationError` without a status: often a
    hiccup of the managed identity, so it counts as unavailable and not as a missing right.
    """
    try:
        yield
    except HttpResponseError as error:
        if error.status_code is None:
            raise _unavailable(error) from error
        code = "" if error.error is None else str(error.error.code or "")
        message = str(error.message or "")
        headers = getattr(error.response, "headers", None) or {}
        retry_after = str(headers.get("Retry-After") or "")
        raise refusal(
            error.status_code,
            code,
            message,
            write=write,
            retry_after=retry_after,
            path=_path_of(error),
        ) from error
    except AzureError as error:
        raise _unavailable(error) from error


def _path_of(error: HttpResponseError) -> str:
    """Return the path that was asked for; "" where the SDK does not say."""
    request = getattr(error.response, "request", None)
    return urlsplit(str(getattr(request, "url", ""))).path


def _unavailable(error: AzureError) -> ArmUnavailableError:
    text = redacted_line(str(error.message or ""))
    return ArmUnavailableError(f"no answer from Azure: {type(error).__name__}: {text}")

"""Requests and answers of the control plane, as values without sockets."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from localazure.world.errors import ArmError, bad_request
from localazure.world.resources import EMPTY, Caller

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Azure Resource Manager refuses requests over 4 MB (request limits page)."""


@dataclass(frozen=True)
class ArmRequest:
    """One request.

    `path` is decoded, header names are lower case; `base_url` is scheme and host as the client
    wrote them, for the absolute URLs in answers.
    """

    method: str
    path: str
    query: Mapping[str, str] = EMPTY
    headers: Mapping[str, str] = EMPTY
    body: bytes = b""
    base_url: str = "https://management.azure.com"

    @classmethod
    def from_url(
        cls, method: str, url: str, headers: Mapping[str, str] = EMPTY, body: bytes = b""
    ) -> "ArmRequest":
        """Return the request an HTTP client would make; for transports without sockets."""
        parts = urlsplit(url)
        return cls(
            method=method,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            base_url=f"{parts.scheme}://{parts.netloc}",
        )


@dataclass(frozen=True)
class ArmResponse:
    """One answer, and what a fault rule does to it on the way.

    The carrier first waits `hang_seconds`; then, if `late` is set, calls it for the real answer
    (the call has not been carried out yet); then, if `drops_connection`, closes the connection
    without an answer.
    """

    status: int
    headers: Mapping[str, str] = EMPTY
    body: bytes = b""
    hang_seconds: float = 0.0
    drops_connection: bool = False
    late: "Callable[[], ArmResponse] | None" = field(default=None, repr=False)

    def json(self) -> Any:
        """Return the body as JSON; for tests and in-process callers."""
        return json.loads(self.body)


@dataclass(frozen=True)
class ArmCall:
    """A routed request: the values in its path, and the caller."""

    request: ArmRequest
    values: Mapping[str, str]
    caller: Caller

    def json_object(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        Raises:
            ArmError: 400 with the place of the fault; 413 when it is too large.
        """
        if len(self.request.body) > MAX_BODY_BYTES:
            raise ArmError(
                413, "RequestEntityTooLarge", f"The body is over {MAX_BODY_BYTES} bytes."
            )
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise bad_request(f"The body is not JSON: {error}", "InvalidRequestContent") from error
        if not isinstance(body, dict):
            raise bad_request("The body must be a JSON object.", "InvalidRequestContent")
        return body


def json_response(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] = EMPTY
) -> ArmResponse:
    """Return an answer with a JSON body."""
    return ArmResponse(
        status,
        {"Content-Type": "application/json; charset=utf-8", **headers},
        json.dumps(body, separators=(",", ":")).encode(),
    )


def error_response(
    status: int, code: str, message: str, headers: Mapping[str, str] = EMPTY
) -> ArmResponse:
    """Return an ARM error: `{"error": {"code", "message"}}`."""
    return json_response(status, {"error": {"code": code, "message": message}}, headers)

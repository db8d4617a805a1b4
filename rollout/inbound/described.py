"""The description of the API, made once in a process and when it is first asked for."""

from functools import cache
from typing import Any


@cache
def description() -> dict[str, Any]:
    """Return the description in OpenAPI 3.1, as JSON values."""
    # The app is indexed without it: most instances are never asked.
    from rollout.inbound.api.openapi import document  # noqa: PLC0415

    return document()

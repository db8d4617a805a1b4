"""What the status code of one answer says of the deployment that gave it."""

import re

FAILURE_STATUSES = frozenset({"408", "424", "429"})
"""A crashing model is a 424 and a slow one a 408: 5xx alone would miss both (troubleshooting page).
"""

_HTTP_STATUS = re.compile("[1-5][0-9]{2}")


def is_http_status(status: str) -> bool:
    """Say whether this is the status code of an HTTP answer."""
    return _HTTP_STATUS.fullmatch(status) is not None


def is_failure(status: str) -> bool:
    """Say whether an answer with this status code counts against its deployment."""
    return status in FAILURE_STATUSES or (is_http_status(status) and status.startswith("5"))


def is_client_error(status: str) -> bool:
    """Say whether this status code is a 4xx that does not count as a failure."""
    another = status not in FAILURE_STATUSES
    return another and is_http_status(status) and status.startswith("4")

"""What the status codes of one minute's requests say of the deployment that answered them."""

import re
from collections.abc import Mapping

from rollout.core.records.observation import Percentiles, SideMinute

FAILURE_STATUSES = frozenset({"408", "424", "429"})
"""A crashing model is a 424 and a slow one a 408: 5xx alone would miss both (troubleshooting page).
"""

_HTTP_STATUS = re.compile("[1-5][0-9]{2}")


def side_of(counts: Mapping[str, float], latency: Percentiles | None) -> SideMinute:
    """Return a side's minute from its requests by status code, and its percentiles.

    Proxies write 0, -1 or a word where a connection broke before there was a status, and a question
    that was not split has an empty one: those requests are counted apart.
    """
    known = {status: count for status, count in counts.items() if is_http_status(status)}
    requests = sum(known.values())
    return SideMinute(
        requests=requests,
        failures=sum(count for status, count in known.items() if is_failure(status)),
        by_status=dict(counts),
        client_errors=sum(count for status, count in known.items() if is_client_error(status)),
        # A latency of zero in a minute without requests is zero-filling, not speed.
        latency=latency if requests else None,
        unknown=sum(count for status, count in counts.items() if status not in known),
    )


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

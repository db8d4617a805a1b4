"""What the status codes of one minute's requests say of the deployment that answered them."""

from collections.abc import Mapping

from rollout.core.records.observation import Percentiles, SideMinute
from rollout.core.records.statuses import is_client_error, is_failure, is_http_status


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

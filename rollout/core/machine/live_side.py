"""One side's minute without the app's own requests: never below zero, and nothing lost.

Each own request is taken from those of its own kind of answer, first of the same status. So a
probe that was answered well never hides a client's failure, nor a failed one a client's success.
One without an answer may have been counted as anything: it is taken from what looks most like it.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from math import floor

from rollout.core.records.observation import SideMinute
from rollout.core.records.own_requests import NO_ANSWER, Counts
from rollout.core.records.statuses import is_client_error, is_failure, is_http_status

_ROUNDING = 1e-6
"""Counts arrive as averages: 19.9999999 requests are 20."""


class _Kind(StrEnum):
    UNKNOWN = "unknown"
    FAILED = "failed"
    GOOD = "good"
    REFUSED = "refused"


_LIKE_NO_ANSWER = (_Kind.UNKNOWN, _Kind.FAILED, _Kind.GOOD, _Kind.REFUSED)


def without(side: SideMinute, own: Counts) -> tuple[SideMinute, Counts]:
    """Return the side without `own`, and how many of them it showed, by status.

    Percentiles and what was counted from logs cover the own requests too and cannot be taken
    apart; they are left as they are, but for a side on which nothing live remains.
    """
    rest = _Rest(side)
    shown = {status: rest.take(status, own[status]) for status in sorted(own)}
    return rest.side(), {status: count for status, count in shown.items() if count}


class _Rest:
    """What is left of a side's requests, by kind of answer and by status."""

    def __init__(self, side: SideMinute) -> None:
        self._side = side
        self._by_status = dict(side.by_status)
        self._left = {
            _Kind.UNKNOWN: side.unknown,
            _Kind.FAILED: side.failures,
            _Kind.GOOD: max(side.requests - side.failures - side.client_errors, 0.0),
            _Kind.REFUSED: side.client_errors,
        }

    def take(self, status: str, count: int) -> int:
        """Take up to `count` requests; return how many there were."""
        kinds = _LIKE_NO_ANSWER if status == NO_ANSWER else (_kind(status),)
        taken = 0
        for kind in kinds:
            out = min(count - taken, floor(self._left[kind] + _ROUNDING))
            self._left[kind] = max(self._left[kind] - out, 0.0)
            same = [each for each in self._by_status if _kind(each) is kind]
            self._take_statuses(out, sorted(same, key=lambda each: each != status))
            taken += out
        return taken

    def side(self) -> SideMinute:
        left = self._left
        requests = left[_Kind.FAILED] + left[_Kind.GOOD] + left[_Kind.REFUSED]
        rest = replace(
            self._side,
            requests=requests,
            failures=left[_Kind.FAILED],
            client_errors=left[_Kind.REFUSED],
            unknown=left[_Kind.UNKNOWN],
            by_status={status: count for status, count in self._by_status.items() if count},
        )
        return rest if requests else replace(rest, latency=None, slow=None, custom={})

    def _take_statuses(self, count: float, statuses: Iterable[str]) -> None:
        for status in statuses:
            out = min(count, self._by_status[status])
            self._by_status[status] -= out
            count -= out


def _kind(status: str) -> _Kind:
    if not is_http_status(status):
        return _Kind.UNKNOWN
    if is_failure(status):
        return _Kind.FAILED
    return _Kind.REFUSED if is_client_error(status) else _Kind.GOOD

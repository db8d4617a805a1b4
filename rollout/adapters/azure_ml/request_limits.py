"""How many requests Resource Manager still takes: an estimate, corrected by each of its answers.

It limits each subscription, caller and kind of operation by a bucket that holds so many requests
and is filled by so many a second, and all callers together by one fifteen times as large; every
answer says what is left in both ("Understand how Azure Resource Manager throttles requests",
Microsoft Learn). The estimate is this process's own. Other processes of the app, and whatever else
uses its identity, are seen by what the headers say is left.

Nothing here holds a request back: `turns` decides which look may begin.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

from rollout.adapters.azure_ml.azure_faults import THROTTLED, wait_asked

_LEFT = "x-ms-ratelimit-remaining-subscription-{}"
_LEFT_TO_ALL = "x-ms-ratelimit-remaining-subscription-global-{}"
_MOST_DIGITS = 9
_SUBSCRIPTION = re.compile(r"(?:https?://[^/]+)?/subscriptions/([^/?]+)", re.IGNORECASE)


class Kind(StrEnum):
    """What is limited apart; the values are the headers' words."""

    READS = "reads"
    WRITES = "writes"
    DELETES = "deletes"


@dataclass(frozen=True)
class Limit:
    """A bucket of `size` requests, filled by `refill` requests a second."""

    size: float
    refill: float


@dataclass(frozen=True)
class Limits:
    """What a subscription grants the app, as the documentation has it where nothing is set.

    `reserved` is the share of each bucket, 0 to 1, that is kept for going back.
    """

    reads: Limit = Limit(250, 25)
    writes: Limit = Limit(200, 10)
    deletes: Limit = Limit(200, 10)
    reserved: float = 0.2

    def of(self, kind: Kind) -> Limit:
        """Return the limit of one kind."""
        by_kind = {Kind.READS: self.reads, Kind.WRITES: self.writes, Kind.DELETES: self.deletes}
        return by_kind[kind]


@dataclass
class _Bucket:
    """`left` counts the requests on their way (`flying`) as taken; `promised` are still to come.

    `shut_until` is when Azure, which refused a request, may be asked again.
    """

    limit: Limit
    left: float
    filled: float
    flying: int = 0
    promised: float = 0.0
    shut_until: float = 0.0

    def fill(self, now: float) -> None:
        gained = (now - self.filled) * self.limit.refill
        self.left = min(self.limit.size, self.left + gained)
        self.filled = now


@dataclass
class Told:
    """What an answer said; None until it is there."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RequestLimits:
    """What is left in each bucket of each subscription. Safe for threads.

    `clock` gives seconds that never go back.
    """

    def __init__(
        self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[tuple[str, Kind], _Bucket] = {}

    @contextmanager
    def counted(self, method: str, url: str) -> Iterator[Told]:
        """Count the request inside, and learn from the answer that the caller puts into `Told`.

        A URL of no subscription counts nowhere.
        """
        told, subscription = Told(), subscription_of(url)
        if subscription is None:
            yield told
            return
        kind = _kind_of(method)
        with self._lock:
            bucket = self._bucket(subscription, kind)
            bucket.left = max(0.0, bucket.left - 1)
            bucket.flying += 1
        try:
            yield told
        finally:
            with self._lock:
                bucket = self._bucket(subscription, kind)
                bucket.flying -= 1
                self._learn(bucket, kind, told)

    def wait(
        self, subscription: str, needs: Mapping[Kind, float], *, reads_before: float = 0
    ) -> float:
        """Return in how many seconds a look may have these requests; 0: now.

        What is reserved for going back, what was promised to other looks, and `reads_before`, which
        others are to have first, is not there for it.
        """
        now = self._clock()
        with self._lock:
            waits = [
                self._wait(subscription, kind, need, now, reads_before * (kind is Kind.READS))
                for kind, need in needs.items()
            ]
        return max(waits, default=0.0)

    def is_shut(self, subscription: str) -> bool:
        """Say whether Azure refused a read and asked not to be asked again yet."""
        with self._lock:
            return self._bucket(subscription, Kind.READS).shut_until > self._clock()

    def promise(self, subscription: str, needs: Mapping[Kind, float]) -> None:
        """Set requests aside until `release`; meanwhile each one sent counts as well."""
        with self._lock:
            for kind, need in needs.items():
                self._bucket(subscription, kind).promised += need

    def release(self, subscription: str, needs: Mapping[Kind, float]) -> None:
        """End what `promise` began."""
        with self._lock:
            for kind, need in needs.items():
                bucket = self._bucket(subscription, kind)
                bucket.promised = max(0.0, bucket.promised - need)

    def refill(self, kind: Kind) -> float:
        """Return how many requests of a kind come back a second."""
        return self._limits.of(kind).refill

    def _wait(self, subscription: str, kind: Kind, need: float, now: float, before: float) -> float:
        bucket = self._bucket(subscription, kind)
        free = bucket.limit.size * (1 - self._limits.reserved)
        # A look that needs more than there can ever be goes when all of it is there.
        missing = (
            before + min(need, free) - (bucket.left - bucket.promised - (bucket.limit.size - free))
        )
        # Few looks write. While Azure refuses writes, the others must see harm all the same.
        shut_until = bucket.shut_until if kind is Kind.READS else now
        return max(0.0, missing / bucket.limit.refill, shut_until - now)

    def _bucket(self, subscription: str, kind: Kind) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get((subscription, kind))
        if bucket is None:
            limit = self._limits.of(kind)
            bucket = self._buckets[(subscription, kind)] = _Bucket(limit, limit.size, now)
        bucket.fill(now)
        return bucket

    def _learn(self, bucket: _Bucket, kind: Kind, told: Told) -> None:
        counts = [_count(told.headers.get(name.format(kind))) for name in (_LEFT, _LEFT_TO_ALL)]
        known = [count for count in counts if count is not None]
        if known:
            # Those on their way were perhaps not counted yet when this was said.
            bucket.left = min(bucket.limit.size, max(0.0, min(known) - bucket.flying))
        # Where something is left, a resource provider refused, and it limits its own calls only.
        if told.status == THROTTLED and min(known, default=0) < 1:
            wait = wait_asked(told.headers.get("Retry-After", ""))
            bucket.left = 0.0
            bucket.shut_until = self._clock() + wait.total_seconds()


def subscription_of(url: str) -> str | None:
    """Return the subscription in a URL or an ARM id, in lower case; None where it has none."""
    found = _SUBSCRIPTION.match(url)
    return None if found is None else found[1].lower()


def _kind_of(method: str) -> Kind:
    # An action (POST) counts as a write: answers to all but GET tell of writes (the same page).
    if method == "GET":
        return Kind.READS
    return Kind.DELETES if method == "DELETE" else Kind.WRITES


def _count(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    # No bucket holds more; Python refuses to convert thousands of digits.
    return int(text) if len(text) <= _MOST_DIGITS else 10**_MOST_DIGITS

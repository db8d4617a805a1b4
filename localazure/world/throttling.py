"""Resource Manager's limits on requests: token buckets, as its documentation describes them.

Each subscription has a bucket for every caller and kind of operation, and one fifteen times as
large for all callers together ("Understand how Azure Resource Manager throttles requests",
Microsoft Learn). Every answer says what is left. The words of a refusal, and that it asks for ten
seconds after a read, were seen in answers of Azure that others published; that ten seconds is how
long an empty bucket of reads takes to fill is inferred from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil


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


LIMITS = {
    Kind.READS: Limit(250, 25),
    Kind.WRITES: Limit(200, 10),
    Kind.DELETES: Limit(200, 10),
}
ALL_CALLERS = 15
"""How many times one caller's limit all callers of a subscription have together."""

EVERYBODY = ""

_WORDS = {Kind.READS: "read", Kind.WRITES: "write", Kind.DELETES: "delete"}


def kind_of(method: str) -> Kind:
    """Return what an HTTP method counts as; actions (POST) count as writes."""
    if method == "GET":
        return Kind.READS
    return Kind.DELETES if method == "DELETE" else Kind.WRITES


@dataclass(frozen=True)
class Admission:
    """What became of a request: the headers of its answer, and why it was refused ("": it was not).

    A refused request takes nothing from any bucket.
    """

    headers: dict[str, str]
    refusal: str = ""


@dataclass
class _Bucket:
    limit: Limit
    tokens: float
    filled: datetime
    shut_until: datetime

    def fill(self, now: datetime) -> None:
        gained = (now - self.filled).total_seconds() * self.limit.refill
        self.tokens = min(self.limit.size, self.tokens + max(0.0, gained))
        self.filled = now

    def is_open(self, now: datetime, *, shuts: bool) -> bool:
        return self.tokens >= 1 and not (shuts and now < self.shut_until)

    @property
    def seconds_to_full(self) -> int:
        return max(1, ceil((self.limit.size - self.tokens) / self.limit.refill))


class Throttling:
    """The buckets of every subscription and caller, full at first. Not thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str, Kind], _Bucket] = {}

    def admit(self, subscription: str, caller: str, kind: Kind, *, shuts: bool) -> Admission:
        """Count one request, or refuse it.

        Args:
            subscription: The one in the request's path.
            caller: The principal of its token.
            kind: What it counts as.
            shuts: A bucket that refused stays shut until its `Retry-After` has passed, even where
                it has requests again: the documentation says both.
        """
        now = self._clock()
        own = self._bucket(subscription, caller, kind, LIMITS[kind], now)
        limit = Limit(LIMITS[kind].size * ALL_CALLERS, LIMITS[kind].refill * ALL_CALLERS)
        shared = self._bucket(subscription, EVERYBODY, kind, limit, now)
        closed = next((each for each in (own, shared) if not each.is_open(now, shuts=shuts)), None)
        if closed is None:
            own.tokens -= 1
            shared.tokens -= 1
        headers = {
            f"x-ms-ratelimit-remaining-subscription-{kind}": str(int(own.tokens)),
            f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(int(shared.tokens)),
        }
        if closed is None:
            return Admission(headers)
        return _refused(closed, headers, now, f"'{subscription}' actor '{caller}'", kind)

    def _bucket(
        self, subscription: str, caller: str, kind: Kind, limit: Limit, now: datetime
    ) -> _Bucket:
        key = (subscription.lower(), caller, kind)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(limit, limit.size, now, now)
        bucket.fill(now)
        return bucket


def _refused(
    bucket: _Bucket, headers: dict[str, str], now: datetime, whose: str, kind: Kind
) -> Admission:
    # A bucket that is shut already is not shut for longer by those who do not wait.
    if now >= bucket.shut_until:
        bucket.shut_until = now + timedelta(seconds=bucket.seconds_to_full)
    seconds = max(1, ceil((bucket.shut_until - now).total_seconds()))
    return Admission(
        {**headers, "Retry-After": str(seconds)},
        f"Number of '{_WORDS[kind]}' requests for subscription {whose} exceeded. Please try again "
        f"after '{seconds}' seconds after additional tokens are available. Refer to "
        "https://aka.ms/arm-throttling for additional information.",
    )

"""Clients: a steady stream of scoring requests, counted by the deployment that answered each.

The stream is open: requests go out on schedule whether or not earlier ones were answered, as from
independent callers. It runs in its own thread, so that nothing the story does delays it.
"""

import asyncio
import random
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from localazure.example_models import request_body

REQUESTS_PER_SECOND = 25.0
LOW_REQUESTS_PER_SECOND = 0.1
"""Six a minute."""
REQUEST_TIMEOUT_SECONDS = 10.0
MAX_IN_FLIGHT = 8
"""A request beyond this is not sent. The example's deployment accepts more, but one scoring server
answers them one by one: on a slow machine a longer queue would outlast the endpoint's time limit.
"""
RECENT_SECONDS = 10.0
STOP_SECONDS = 15.0
LONGEST_SLEEP_SECONDS = 0.5
"""Between two requests, so that a stop is noticed at any rate."""
DEPLOYMENT_HEADER = "azureml-model-deployment"
NO_ANSWER = "(no answer)"
FAILURES_KEPT = 1000
"""Of how many failures, the latest ones, more is known than their number."""
FAILURES_TOLD = 3
REASON_CHARACTERS = 120
_OK = 200

Body = Callable[[random.Random], Mapping[str, Any]]
"""Makes the body of one request."""


@dataclass(frozen=True)
class Count:
    """What clients saw of one deployment."""

    requests: int = 0
    failures: int = 0

    def since(self, earlier: "Count") -> "Count":
        """Return the count since `earlier`."""
        return Count(self.requests - earlier.requests, self.failures - earlier.failures)


@dataclass(frozen=True)
class Failure:
    """One request that failed. `status` None: no answer; `reason` says why, in one line."""

    at: datetime
    deployment: str
    status: int | None
    reason: str

    def __str__(self) -> str:
        status = "no answer" if self.status is None else f"status {self.status}"
        why = f" ({self.reason})" if self.reason else ""
        return f"{status} from {self.deployment} at {self.at:%H:%M:%S} UTC{why}"


Counts = Mapping[str, Count]
"""By deployment; `NO_ANSWER` holds requests that no deployment answered."""


def added(counts: Counts, earlier: Counts) -> Counts:
    """Return each deployment's count since `earlier`."""
    return {name: count.since(earlier.get(name, Count())) for name, count in counts.items()}


def failures(counts: Counts) -> int:
    """Return how many requests failed, whoever answered them."""
    return sum(count.failures for count in counts.values())


def failures_in_words(number: int, known: Sequence[Failure]) -> str:
    """Say how many requests failed, and of the first of them what is known."""
    if number == 0:
        return "0 failed"
    told = "; ".join(map(str, known[:FAILURES_TOLD]))
    return f"{number} failed, first {told}" if told else f"{number} failed"


class Load:
    """Sends requests from `start` to `stop`; everything else may be asked meanwhile."""

    def __init__(
        self,
        authority: Path,
        rate: float = REQUESTS_PER_SECOND,
        seed: int = 1,
        *,
        timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
    ) -> None:
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._interval = 1.0 / rate
        self._timeout_seconds = timeout_seconds
        # Made-up transactions need no secure randomness, and a seed makes runs comparable.
        self._chance = random.Random(seed)  # noqa: S311
        self._body: Body = request_body
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._recent: deque[tuple[float, str]] = deque()
        self._known: deque[Failure] = deque(maxlen=FAILURES_KEPT)

    @property
    def pace(self) -> str:
        """How many requests are sent, in words."""
        rate = 1.0 / self._interval
        return f"{rate:g} requests a second" if rate >= 1 else f"{60 * rate:g} requests a minute"

    def pace_to(self, rate: float) -> None:
        """Send so many requests a second from the next one on."""
        self._interval = 1.0 / rate

    def ask(self, body: Body) -> None:
        """Send what `body` makes from the next request on."""
        self._body = body

    @property
    def running(self) -> bool:
        """Whether requests are being sent."""
        return self._thread is not None

    def start(self, url: str, key: str) -> None:
        """Start sending requests to the scoring address with the endpoint's key."""
        self._thread = threading.Thread(target=asyncio.run, args=(self._send(url, key),))
        self._thread.start()

    def stop(self) -> None:
        """Stop after the requests under way; does nothing when it is not running."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def counts(self) -> Counts:
        """Return the totals so far."""
        with self._lock:
            return {
                name: Count(self._requests[name], self._failures[name]) for name in self._requests
            }

    def failed_since(self, moment: datetime) -> Sequence[Failure]:
        """Return the requests that failed from this moment on, the first one first."""
        with self._lock:
            return [failure for failure in self._known if failure.at >= moment]

    def recent(self) -> Mapping[str, float]:
        """Return requests a second by deployment, over the last `RECENT_SECONDS`."""
        begin = time.monotonic() - RECENT_SECONDS
        with self._lock:
            while self._recent and self._recent[0][0] < begin:
                self._recent.popleft()
            names = Counter(name for _, name in self._recent)
        return {name: number / RECENT_SECONDS for name, number in names.items()}

    async def _send(self, url: str, key: str) -> None:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=MAX_IN_FLIGHT)
        timeout = aiohttp.ClientTimeout(total=self._timeout_seconds)
        headers = {"Authorization": f"Bearer {key}"}
        under_way: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=headers
        ) as session:
            due = time.monotonic()
            while not self._stopping.is_set():
                left = max(0.0, due - time.monotonic())
                await asyncio.sleep(min(left, LONGEST_SLEEP_SECONDS))
                if left > LONGEST_SLEEP_SECONDS:
                    continue
                if len(under_way) < MAX_IN_FLIGHT:
                    task = asyncio.create_task(self._request(session, url))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                # After a stall of this machine the missed requests must not go out all at once.
                due = max(due + self._interval, time.monotonic() - self._interval)
            await asyncio.gather(*under_way)

    async def _request(self, session: aiohttp.ClientSession, url: str) -> None:
        deployment, status, reason = NO_ANSWER, None, ""
        try:
            async with session.post(url, json=self._body(self._chance)) as answer:
                content = await answer.read()
                deployment = answer.headers.get(DEPLOYMENT_HEADER, NO_ANSWER)
                status = answer.status
                if status != _OK:
                    reason = _in_one_line(content.decode(errors="replace"))
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = _in_one_line(f"{type(error).__name__} {error}")
        failed = status != _OK
        with self._lock:
            self._requests[deployment] += 1
            self._failures[deployment] += failed
            self._recent.append((time.monotonic(), deployment))
            if failed:
                self._known.append(Failure(datetime.now(UTC), deployment, status, reason))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:REASON_CHARACTERS]

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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from localazure.example_models import request_body

REQUESTS_PER_SECOND = 25.0
REQUEST_TIMEOUT_SECONDS = 10.0
MAX_IN_FLIGHT = 24
"""Fewer than the example's deployment accepts at once; a request beyond this is not sent."""
RECENT_SECONDS = 10.0
STOP_SECONDS = 15.0
DEPLOYMENT_HEADER = "azureml-model-deployment"
NO_ANSWER = "(no answer)"
_OK = 200


@dataclass(frozen=True)
class Count:
    """What clients saw of one deployment."""

    requests: int = 0
    failures: int = 0

    def since(self, earlier: "Count") -> "Count":
        """Return the count since `earlier`."""
        return Count(self.requests - earlier.requests, self.failures - earlier.failures)


Counts = Mapping[str, Count]
"""By deployment; `NO_ANSWER` holds requests that no deployment answered."""


def added(counts: Counts, earlier: Counts) -> Counts:
    """Return each deployment's count since `earlier`."""
    return {name: count.since(earlier.get(name, Count())) for name, count in counts.items()}


def failures(counts: Counts) -> int:
    """Return how many requests failed, whoever answered them."""
    return sum(count.failures for count in counts.values())


class Load:
    """Sends requests from `start` to `stop`; `counts` and `recent` may be read meanwhile."""

    def __init__(self, authority: Path, rate: float = REQUESTS_PER_SECOND, seed: int = 1) -> None:
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._interval = 1.0 / rate
        # Made-up transactions need no secure randomness, and a seed makes runs comparable.
        self._chance = random.Random(seed)  # noqa: S311
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._recent: deque[tuple[float, str]] = deque()

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
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {key}"}
        under_way: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=headers
        ) as session:
            due = time.monotonic()
            while not self._stopping.is_set():
                if len(under_way) < MAX_IN_FLIGHT:
                    task = asyncio.create_task(self._request(session, url))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                # After a stall of this machine the missed requests must not go out all at once.
                due = max(due + self._interval, time.monotonic() - self._interval)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await asyncio.gather(*under_way)

    async def _request(self, session: aiohttp.ClientSession, url: str) -> None:
        deployment, ok = NO_ANSWER, False
        try:
            async with session.post(url, json=request_body(self._chance)) as answer:
                await answer.read()
                deployment = answer.headers.get(DEPLOYMENT_HEADER, NO_ANSWER)
                ok = answer.status == _OK
        except (aiohttp.ClientError, TimeoutError):
            pass
        with self._lock:
            self._requests[deployment] += 1
            self._failures[deployment] += not ok
            self._recent.append((time.monotonic(), deployment))

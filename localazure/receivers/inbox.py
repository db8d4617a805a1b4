"""What arrived, how fast it may arrive, and trouble that was planned."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from aiohttp import web

from localazure.http_rules import parse_json

MAX_KEPT = 1000
"""Messages that are remembered; the oldest go first."""


class Receiver(StrEnum):
    """The three kinds of place."""

    TEAMS = "teams"
    SLACK = "slack"
    HOOK = "hook"


@dataclass(frozen=True)
class Trouble:
    """What one message meets instead of an answer: a status, after some seconds.

    `status` 0: the connection ends without an answer. `kept`: the message arrived all the same.
    """

    status: int
    retry_after: str = ""
    seconds: float = 0.0
    kept: bool = False


@dataclass(frozen=True)
class Arrived:
    """One call. `problems` is what the real place would refuse, or accept and not show."""

    receiver: Receiver
    at: datetime
    status: int
    content_type: str
    body: Any
    problems: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "receiver": self.receiver.value,
            "at": self.at.isoformat(),
            "status": self.status,
            "contentType": self.content_type,
            "problems": list(self.problems),
            "body": self.body,
        }


@dataclass
class Throttle:
    """At most `calls` within `seconds`, counted back from now; refused calls do not count."""

    calls: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _taken: deque[float] = field(default_factory=deque)

    def refuses(self) -> bool:
        """Say whether a call now is one too many; if it is not, count it."""
        now = self.clock()
        while self._taken and now - self._taken[0] >= self.seconds:
            self._taken.popleft()
        if len(self._taken) >= self.calls:
            return True
        self._taken.append(now)
        return False


@dataclass
class Inbox:
    """Everything that the receivers share."""

    arrived: deque[Arrived] = field(default_factory=lambda: deque(maxlen=MAX_KEPT))
    troubles: dict[Receiver, deque[Trouble]] = field(
        default_factory=lambda: {each: deque() for each in Receiver}
    )

    def plan(self, receiver: Receiver, trouble: Trouble, times: int) -> None:
        """Let the next calls of a receiver meet trouble."""
        self.troubles[receiver].extend([trouble] * times)

    def clear(self) -> None:
        """Forget what arrived and what was planned."""
        self.arrived.clear()
        for planned in self.troubles.values():
            planned.clear()

    async def keep(
        self, receiver: Receiver, request: web.Request, status: int, problems: list[str]
    ) -> None:
        """Remember a call and what it was answered."""
        content = await request.read()
        try:
            body = parse_json(content)
        except ValueError:
            body = content.decode(errors="replace")
        self.arrived.append(
            Arrived(
                receiver,
                datetime.now(UTC),
                status,
                request.headers.get("Content-Type", ""),
                body,
                tuple(problems),
            )
        )

    async def trouble_for(
        self, receiver: Receiver, request: web.Request
    ) -> web.StreamResponse | None:
        """Return the answer that was planned for this call; None: none was."""
        planned = self.troubles[receiver]
        if not planned:
            return None
        trouble = planned.popleft()
        await asyncio.sleep(trouble.seconds)
        await self.keep(
            receiver, request, trouble.status, [] if trouble.kept else ["it was refused on purpose"]
        )
        if trouble.status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        headers = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
        if 300 <= trouble.status < 400:  # noqa: PLR2004 - redirects
            headers["Location"] = str(request.url)
        return web.Response(status=trouble.status, headers=headers)

"""Calls functions on behalf of every trigger: time limit, log lines, count of running calls."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

from localazure.functions_host.app_model import Function
from localazure.functions_host.messages import TypedData
from localazure.functions_host.worker import Outcome, Worker

LOGGER = logging.getLogger("localazure.functions_host")


class Invoker:
    """Runs one function call per `invoke`, any number of them concurrently."""

    def __init__(self, worker: Worker, function_timeout: timedelta | None) -> None:
        self._worker = worker
        self._limit = None if function_timeout is None else function_timeout.total_seconds()
        self._idle = asyncio.Event()
        self._idle.set()
        self._running = 0

    async def invoke(
        self,
        function: Function,
        argument: TypedData,
        metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """Call `function` with its trigger's argument and wait; what the call raises is returned.

        A call over `functionTimeout` counts as failed. An async handler is then cancelled; a sync
        handler's thread runs on, whereas Azure would end the whole worker process.
        """
        started = time.monotonic()
        with self._counted():
            try:
                async with asyncio.timeout(self._limit):
                    outcome = await self._worker.invoke(
                        function.function_id, {function.parameter: argument}, metadata or {}
                    )
            except TimeoutError:
                outcome = Outcome(error=f"the function did not end within {self._limit:g} s")
        milliseconds = (time.monotonic() - started) * 1000
        if outcome.succeeded:
            LOGGER.info("%s succeeded in %.0f ms", function.name, milliseconds)
        else:
            LOGGER.error(
                "%s failed after %.0f ms: %s\n%s",
                function.name,
                milliseconds,
                outcome.error,
                outcome.stack,
            )
        return outcome

    async def wait_until_idle(self, seconds: float) -> bool:
        """Wait for running calls to end; False when some still run after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._idle.set()

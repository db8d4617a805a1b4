"""What no person sends: registered models, lifecycle events, the timer, and wake-ups."""

import logging
from collections.abc import Mapping
from typing import Any

from rollout.adapters.storage.wakeups import parse_wake_up
from rollout.errors import InvalidInputError
from rollout.triggers.answering import now
from rollout.wiring import app_for_queued_events, running_app

LOGGER = logging.getLogger("rollout")


def model_registered(event: Mapping[str, Any]) -> None:
    """Take an event that Event Grid delivered. Raises, so that it delivers it again."""
    running = running_app()
    running.model_events.take(event, now())
    running.service.watch_timer(now())


def model_registered_from_queue(body: bytes) -> None:
    """Take the same out of the queue that Event Grid fills."""
    running = app_for_queued_events()
    running.model_events.take_queued(body, now())
    running.service.watch_timer(now())


def notify(event: Mapping[str, Any]) -> None:
    """Take one of the app's own lifecycle events. Raises, so that it is delivered again."""
    running_app().announced_events.take(event, now())


def tick(*, past_due: bool) -> None:
    """Wake every endpoint that is due."""
    report = running_app().service.tick(now())
    LOGGER.debug("woke %d endpoints, swept: %s, past due: %s", report.woken, report.swept, past_due)


def work(body: bytes) -> None:
    """Make one pass over each endpoint that a message names; if it names none, wake what is due."""
    running = running_app()
    try:
        wake_up = parse_wake_up(body.decode(errors="replace"))
    except InvalidInputError as error:
        running.log.attention(f"A wake-up was dropped: {error}")
        return
    if not wake_up.endpoints:
        report = running.service.second_tick(now())
        LOGGER.debug("in the timer's place: woke %d, swept: %s", report.woken, report.swept)
        return
    running.service.work_all(
        wake_up.endpoints,
        now(),
        wake_up.chain_ends,
        suspended=wake_up.suspended,
        waits_since=wake_up.waits_since,
        around=lambda each: running.spans.around("rollout.pass", **{"rollout.endpoint": each}),
    )
    running.service.watch_timer(now())

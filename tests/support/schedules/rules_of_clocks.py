"""The second clock: without a timer what is due is looked at all the same, and no more often."""

from datetime import datetime, timedelta

from tests.support.schedules.watching import Witness

NOTICED_AFTER = timedelta(minutes=7)
"""The age at which the mark of a timer that last found nothing due counts as too old (ADR 43)."""

LOOKED_AT_WITHIN = timedelta(minutes=3)
"""Of what is due by then: a probe, the message, its query, and one of each that met a race."""

A_TURN = timedelta(seconds=45)
"""No two messages in the timer's place are closer."""


def what_is_due_is_looked_at(witness: Witness, due: datetime | None) -> None:
    """While the timer is silent and somebody asks for health, nothing that is due is forgotten."""
    silent = witness.silent_since
    if due is None or silent is None:
        return
    since = max(due, silent + NOTICED_AFTER, witness.looked, witness.calm_since)
    if witness.now() - since > LOOKED_AT_WITHIN:
        witness.broke(what_is_due_is_looked_at, f"due at {due}, silent since {silent}")


def turns_keep_their_distance(witness: Witness, call: str) -> None:
    """Whoever asks, and however often: one message a turn."""
    if call != "queue.wake_due" or witness.door.paused:
        return
    now, before = witness.now(), witness.turned
    witness.turned = now
    witness.note("situation: the second clock ticked")
    if now - before < A_TURN:
        witness.broke(turns_keep_their_distance, f"{before} and {now}")

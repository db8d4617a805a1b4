"""What keeps a worker that was paused from creating something too late.

A create call is a PUT without an ETag: on a resource that exists it is an update. So a call is made
only where the resource is absent, and only while the saved intent keeps other passes from making it
again.
"""

from datetime import UTC, datetime

from rollout.errors import ArmRefusedError, ArmUnavailableError


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def check_in_time(until: datetime, now: datetime) -> None:
    """Let a create call go out before `until`.

    Raises:
        ArmUnavailableError: It is too late; the next pass calls again if that is still wanted.
    """
    if now >= until:
        raise ArmUnavailableError(f"the create call was not sent: its time ended at {until}")


def check_ours(name: str, tag: str | None, rollout: str) -> None:
    """Accept an existing deployment whose tag `rollout` says that this call made it before.

    Raises:
        ArmRefusedError: It belongs to something else.
    """
    if tag != rollout:
        raise ArmRefusedError(
            f"a deployment {name} exists already and is not this rollout's: rename or delete it",
            code="NameTaken",
        )

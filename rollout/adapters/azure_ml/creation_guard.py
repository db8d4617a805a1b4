"""What stands between a worker that was paused and a creation that came too late.

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
        ArmUnavailableError: It is too late: the next pass makes the call again if it is wanted.
    """
    if now >= until:
        raise ArmUnavailableError(f"the create call was not sent: its time was over at {until}")


def check_ours(name: str, tag: str | None, rollout: str) -> None:
    """Say whether an existing deployment, by its tag `rollout`, is what the call would have made.

    Raises:
        ArmRefusedError: It is somebody else's.
    """
    if tag != rollout:
        raise ArmRefusedError(
            f"a deployment {name} exists already and is not this rollout's: rename or delete it",
            code="NameTaken",
        )

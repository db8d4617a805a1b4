"""What failed before a candidate had traffic, by who can repair it."""

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """Why a creation or a validation failed; `machine/blame.py` has a row for each.

    `UNKNOWN`: Azure gave no reason. `REFUSED`: the create call was refused, so nothing ever ran.
    `ENDPOINT`: the endpoint is broken, deleted or not served. `REMOVED`: the candidate was deleted
    or broken by somebody else. `WAY_BACK`: traffic could not go back, so nothing was created.
    `SAMPLE`: a sample request that says nothing of the model.
    """

    QUOTA = "quota"
    IMAGE = "image"
    USER_SCRIPT = "user script"
    PLATFORM = "platform"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    ENDPOINT = "endpoint"
    REMOVED = "removed"
    WAY_BACK = "way back"
    SAMPLE = "sample"
    ANSWERS = "answers"


@dataclass(frozen=True)
class CreationFailure:
    """Why a creation failed, as Azure or the container's log tells it."""

    kind: FailureKind
    text: str
    log_tail: str = ""

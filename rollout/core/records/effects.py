"""What can be asked of the world. Each is safe to ask again."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CreateEndpoint:
    """Create the service's endpoint from its `endpoint.yml`."""

    call: int


@dataclass(frozen=True)
class CreateCandidate:
    """Create the candidate at 0 %.

    `copy_of` names the deployment whose ARM body is copied; None: from the service's template.
    `instance_count` None: as the template or copy says, but never below `at_least`.
    """

    name: str
    model: str
    version: str
    rollout: str
    copy_of: str | None
    at_least: int | None
    call: int


@dataclass(frozen=True)
class SetTraffic:
    """Read-modify-write the endpoint to exactly this split and this mirror.

    `stamp` goes into the tag `rollout-write`. `raises_candidate` makes the caller re-read the row's
    version immediately before the PUT. An empty split is only asked where there is no stable.
    """

    split: Mapping[str, int]
    mirror: Mapping[str, int]
    stamp: str
    raises_candidate: bool


@dataclass(frozen=True)
class DeleteDeployment:
    """Delete one deployment; asked only when its weight and mirror were seen at 0."""

    name: str


@dataclass(frozen=True)
class Recheck:
    """Wake this endpoint again soon, within the wake-up's chain."""


@dataclass(frozen=True)
class Attention:
    """An operator must act: a lifecycle event, and an error line that begins with a fixed mark.

    `fields` repeat for programs what the sentence says: service, version, cause, split, next.
    """

    text: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Notice:
    """Operators should know: a lifecycle event, and a warning that begins with another mark."""

    text: str
    fields: Mapping[str, str]


Effect = (
    CreateEndpoint | CreateCandidate | SetTraffic | DeleteDeployment | Recheck | Attention | Notice
)

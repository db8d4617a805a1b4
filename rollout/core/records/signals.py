"""What can arrive, already parsed: every door makes one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollout.core.records.offers import OfferSource
from rollout.core.records.orders import OrderKey, Proof
from rollout.core.records.phases import Phase


@dataclass(frozen=True)
class Registered:
    """A model version was registered, says an event. Its tags are a hint, re-read by the pass."""

    workspace: str
    model: str
    version: str
    tags: Mapping[str, str]
    event_id: str


@dataclass(frozen=True)
class Offered:
    """A model version is offered for one service. `key`: as in `Command`."""

    service: str
    model: str
    version: str
    source: OfferSource
    by: str = ""
    reason: str = ""
    proof: Proof = field(default_factory=Proof)
    key: OrderKey | None = None


@dataclass(frozen=True)
class Wake:
    """Look at the endpoint: the timer, a recheck or a new offer asked for it."""


@dataclass(frozen=True)
class StrayAlert:
    """An alert that asks for nothing here; `reason` is one sentence.

    `endpoints` and `deployments` are the names in its dimensions, in lower case.
    """

    reason: str
    rule: str = ""
    fired: bool = False
    endpoints: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlertFired:
    """An alert on our endpoint.

    `deployment` None: the alert names none. `window_end` None: the alert carries no times.
    `resolved`: it is over, which is written down and moves nothing.
    """

    alert_id: str
    rule: str
    deployment: str | None
    window_end: datetime | None
    text: str
    resolved: bool = False


class Verb(StrEnum):
    ADVANCE = "advance"
    PAUSE = "pause"
    RESUME = "resume"
    ROLLBACK = "rollback"
    RETRY = "retry"
    CANCEL = "cancel"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    OVERRIDE = "override"


@dataclass(frozen=True)
class Expected:
    """What the operator believed when commanding; each part that is None is not compared."""

    rollout: str | None = None
    phase: Phase | None = None
    stage: int | None = None


@dataclass(frozen=True)
class Command:
    """An operator's command. `actor` is already marked "claimed" where sign-in is off.

    `key` None: nothing tells a second sending from a second command.

    `version` belongs to `retry` (None: the latest one that was rejected or quarantined) and to
    `cancel` (None: the only one that it can mean), `skip_evidence` to `advance`: go on although the
    gate has not passed the stage. `take_from` belongs to `rollback` only: names, in lower case, of
    third deployments whose traffic goes to stable as well. `until` belongs to `suspend`: when it
    ends by itself (None: it is lifted by an order).
    """

    verb: Verb
    actor: str
    reason: str
    expected: Expected = Expected()
    version: str | None = None
    skip_evidence: bool = False
    take_from: tuple[str, ...] = ()
    proof: Proof = field(default_factory=Proof)
    key: OrderKey | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class TrafficTaken:
    """Azure accepted our write with this stamp. Accepted is not seen."""

    stamp: str


@dataclass(frozen=True)
class WriteRefused:
    """Azure refused for good to write the endpoint or to delete a deployment of it.

    `stamp` is that of the write that the rollout wants, also where a deletion was refused.
    """

    stamp: str
    text: str


@dataclass(frozen=True)
class CreationRefused:
    """Azure, or the service's own files, refused a create call for good."""

    text: str


Signal = Wake | AlertFired | Command | Offered | TrafficTaken | WriteRefused | CreationRefused

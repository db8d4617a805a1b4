"""A model version that was offered, and the lasting answer to what became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollout.core.records.orders import Starter


class OfferSource(StrEnum):
    """Who offered a model version."""

    EVENT = "event"
    START = "start"
    RETRY = "retry"


class OfferState(StrEnum):
    """What became of an offered version."""

    RECEIVED = "received"
    WAITING = "waiting"
    ROLLOUT = "rollout"
    SUPERSEDED = "superseded"
    LIVE = "live"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


RETRYABLE = frozenset({OfferState.REJECTED, OfferState.QUARANTINED})
"""What an operator's `retry` may offer again."""


@dataclass(frozen=True)
class Release:
    """What is on trial: a model version and the digest of the template files it is made with."""

    model: str
    version: str
    template_digest: str = ""


@dataclass(frozen=True)
class Offer:
    """An offered model version; `created_at` and `template_digest` are unknown until asked for.

    `known_created_at` is the `created_at` of the last time that this version was decided (None: it
    never was). `reregistered`: the number was registered again since then, so that it is another
    model. `offerer` is who offered it first, whoever had to offer it again since; ask `starter`.
    """

    model: str
    version: str
    source: OfferSource
    offered_at: datetime
    by: str = ""
    reason: str = ""
    created_at: datetime | None = None
    template_digest: str = ""
    known_created_at: datetime | None = None
    reregistered: bool = False
    offerer: Starter = field(default_factory=Starter)

    @property
    def starter(self) -> Starter:
        """Who starts a rollout with it. A row of before `offerer` has a name at most."""
        if self.source is OfferSource.EVENT or self.offerer.name:
            return self.offerer
        return Starter(self.by or "somebody")


def is_repeated(offer: Offer) -> bool:
    """Whether an offer not decided yet is an event's about a version that was decided before.

    It means something only if the version was registered again meanwhile.
    """
    return offer.source is OfferSource.EVENT and offer.known_created_at is not None


@dataclass(frozen=True)
class OfferRecord:
    """The lasting answer to "why did version 18 not start?".

    `quarantined` lists the template digests with which this version failed.
    """

    offer: Offer
    state: OfferState
    decided_at: datetime
    text: str
    rollout: str = ""
    quarantined: tuple[str, ...] = ()

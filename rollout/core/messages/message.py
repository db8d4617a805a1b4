"""A lifecycle event as it arrives, and the message made of it; neither knows any channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollout.core.policy.notify_model import About
from rollout.core.records.phases import Phase


class Severity(StrEnum):
    """`ATTENTION`: somebody must act. `NOTICE`: somebody should know."""

    ATTENTION = "attention"
    NOTICE = "notice"


class MessageKind(StrEnum):
    """What a message is about.

    `CLEARED`: the end of a way back, when the candidate is gone; that traffic goes back was told
    before. `TROUBLE`: what needs somebody and is no hold. `NEWS`: any other notice.
    """

    HELD = "held"
    ROLLED_BACK = "rolled back"
    CLEARED = "cleared"
    FAILED = "failed"
    PROMOTED = "promoted"
    SUCCEEDED = "succeeded"
    SUPERSEDED = "superseded"
    STARTED = "started"
    TROUBLE = "trouble"
    NEWS = "news"


WORDS: Mapping[MessageKind, About | None] = {
    MessageKind.HELD: About.HELD,
    MessageKind.ROLLED_BACK: About.ROLLED_BACK,
    MessageKind.CLEARED: None,
    MessageKind.FAILED: About.FAILED,
    MessageKind.PROMOTED: About.PROMOTED,
    MessageKind.SUCCEEDED: About.SUCCEEDED,
    MessageKind.SUPERSEDED: About.SUPERSEDED,
    MessageKind.STARTED: About.STARTED,
    MessageKind.TROUBLE: None,
    MessageKind.NEWS: None,
}
"""The word by which a route asks for a kind; None: only by its severity."""


@dataclass(frozen=True)
class Happened:
    """One lifecycle event, read.

    `endpoint` is the ARM id in lower case, `kind` the type without its prefix, `details` what
    docs/lifecycle-events.md lists; `id` is the event's own.
    """

    id: str
    endpoint: str
    service: str
    rollout: str
    sequence: int
    kind: str
    phase: Phase
    stage: int
    at: datetime
    text: str = ""
    actor: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """The order whose page a link opens, bound to the rollout that people read of.

    `stage` None: to whatever stage that is in by then.
    """

    verb: str
    rollout: str
    stage: int | None = None


@dataclass(frozen=True)
class Link:
    """A button: its text, and the console's page of a service, or of an order to it."""

    title: str
    service: str
    order: Order | None = None


@dataclass(frozen=True)
class Message:
    """What people read: a title, facts as pairs of a label and a text, and links.

    Every text is plain and foreign: a channel must not read markup into it.
    """

    id: str
    service: str
    severity: Severity
    kind: MessageKind
    title: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]

    @property
    def words(self) -> frozenset[About]:
        """The words by which a route may have asked for it."""
        word = WORDS[self.kind]
        severity = About(self.severity.value)
        return frozenset({severity} if word is None else {severity, word})

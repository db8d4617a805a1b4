"""Who gives an order, what names it, and what was answered to it."""

from dataclasses import dataclass
from datetime import datetime

from rollout.core.records.phases import Phase

START = "start"
"""The order that offers a version; every other one is a `Verb`."""


@dataclass(frozen=True)
class Proof:
    """What the sign-in proves of who gives an order; by default nothing.

    `subject` is the directory's object id, the same for one person under two names ("": nothing is
    proven). `app`: it is a pipeline or another app, no person.
    """

    subject: str = ""
    app: bool = False


@dataclass(frozen=True)
class Starter:
    """Who started a rollout. `name` "": nobody, an event did. `subject` "": it was not proven."""

    name: str = ""
    subject: str = ""


@dataclass(frozen=True)
class OrderKey:
    """What its sender calls one order, so that sending it again does not give it again.

    `digest` tells requests apart: two with the same key and another digest are a mistake.
    """

    text: str
    digest: str


@dataclass(frozen=True)
class OrderAnswer:
    """What was answered to an order. `outcome` is the verb; of a start `received` or `known`.

    `rollout`, `phase` and `stage` are those that the order left behind.
    """

    verb: str
    outcome: str
    text: str
    rollout: str
    phase: Phase
    stage: int


@dataclass(frozen=True)
class GivenOrder:
    """An order that was carried out, as the row remembers it."""

    key: OrderKey
    at: datetime
    answer: OrderAnswer

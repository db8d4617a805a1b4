"""Who is sent a message about what: routes from words to named channels.

A policy names channels, never addresses: an address is a secret, and the app's settings have it.
"""

from dataclasses import dataclass
from enum import StrEnum

from rollout.core.policy.azure_names import NameRule

CHANNEL_NAME = NameRule(
    r"^[a-z][a-z0-9-]*$", 1, 40, "1 to 40 lower-case letters, digits and dashes, a letter first"
)
MAX_ROUTES = 5
"""A message's channels are tried one after another, within one call of the platform's."""


class About(StrEnum):
    """What a route asks for: a severity, or one kind of message of either severity.

    `ATTENTION`: somebody must act, which includes a hold that somebody must end. `NOTICE`: whatever
    else operators are told, the start of a rollout included.
    """

    ATTENTION = "attention"
    NOTICE = "notice"
    HELD = "held"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    PROMOTED = "promoted"
    SUCCEEDED = "succeeded"
    SUPERSEDED = "superseded"
    STARTED = "started"


USUAL = (About.ATTENTION, About.ROLLED_BACK, About.FAILED)
"""What people are told without asking for it. A pause that an operator ordered, and a hold of the
gate, which ends by itself, are notices and not among it; every other hold is an attention."""


@dataclass(frozen=True)
class Route:
    """Messages that one of the words in `about` fits go to the channel of this name."""

    channel: str
    about: tuple[About, ...] = USUAL

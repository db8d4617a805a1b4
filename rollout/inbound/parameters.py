"""The parts of the API's addresses: what stands in a path, and what a query may ask for."""

from rollout.core.policy.azure_names import SERVICE_NAME
from rollout.core.records.history import MAX_SEQUENCE
from rollout.inbound.fields import Field, Id, Mark, Moment, Name, Number

MAX_PAGE_SIZE = 200
MAX_LIST_SIZE = 1000
"""Of the list, which is one query however many it shows."""

PAGE_SIZE = 50
HISTORY_PAGE_SIZE = 100
MAX_AFTER_CHARACTERS = 1024
"""As long as a table's key can be."""

SERVICE = Field("service", Name(SERVICE_NAME, lower=True), "A service's name.", required=True)
SEQUENCE = Field("sequence", Number(MAX_SEQUENCE - 1), "A history entry's number.", required=True)
BEFORE = Field(
    "before",
    Number(MAX_SEQUENCE - 1),
    "Show the history before the entry of this number: the `before` of the page that came first.",
)
AFTER = Field(
    "after",
    Id(MAX_AFTER_CHARACTERS, "a page: the 'after' that the page before ends with", least=0),
    "Show what comes after this: the `after` of the page before. Left out: from the start.",
    absent="",
)
_ASSET = "[a-zA-Z0-9][a-zA-Z0-9._-]*"
OFFERS_AFTER = Field(
    "after",
    Mark(f"({_ASSET}:{_ASSET})?", MAX_AFTER_CHARACTERS),
    "Show the offers after this one: the `offersAfter` of the page before. Left out: the first.",
    absent="",
)


def limit(default: int, most: int = MAX_PAGE_SIZE) -> Field:
    """How many a page holds where the query does not say, and how many it may hold."""
    text = f"How many to show at most; {default} where it is left out."
    return Field("limit", Number(most), text, absent=default)


MINUTES_PAGE_SIZE = 240
MAX_ROLLOUT_CHARACTERS = 64

LIST_LIMIT = limit(PAGE_SIZE, MAX_LIST_SIZE)
HISTORY_LIMIT = limit(HISTORY_PAGE_SIZE)
MINUTES_LIMIT = limit(MINUTES_PAGE_SIZE, MAX_LIST_SIZE)
OFFERS_LIMIT = limit(PAGE_SIZE)
ROLLOUT = Field(
    "rollout",
    Id(MAX_ROLLOUT_CHARACTERS, "a rollout, as the history shows it"),
    "Which rollout; the latest one where it is left out.",
)
AFTER_MINUTE = Field(
    "after",
    Moment(),
    "Show later minutes only: the `after` of the page before, or the last `minute` that is known.",
)

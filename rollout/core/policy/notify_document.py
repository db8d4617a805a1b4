"""The `notify` part of a policy file."""

from rollout.core.policy.compounds import Entry, ListOf, Record
from rollout.core.policy.notify_model import CHANNEL_NAME, MAX_ROUTES, About, Route
from rollout.core.policy.values import Choice, Name

ROUTE = Record(
    (
        Entry(
            "channel", Name(CHANNEL_NAME), "A channel of the app's NOTIFY_CHANNELS.", required=True
        ),
        Entry(
            "about",
            ListOf(Choice(About), 1, len(About)),
            "Which messages: attention, notice, or kinds of them.",
        ),
    ),
    Route,
    Route(""),
)
NOTIFY = ListOf(ROUTE, 0, MAX_ROUTES)

"""What a `rollout.yaml` may say of an answer: all of it, or its body alone."""

from typing import Any

from rollout.core.policy.compounds import Entry, JsonPath, JsonValue, ListOf, MapOf, OrOff, Record
from rollout.core.policy.expectation import Expectation, JsonType
from rollout.core.policy.pairs import IntervalPair, NearPair
from rollout.core.policy.values import Choice, Duration, Whole

MAX_EXPECTATIONS = 50
MAX_LENGTH = 10**7
"""Of a list or a text in an answer."""

_BODY = (
    Entry("present", ListOf(JsonPath(), 0, MAX_EXPECTATIONS), "Paths that must be there."),
    Entry("absent", ListOf(JsonPath(), 0, MAX_EXPECTATIONS), "Paths that must not be there."),
    Entry(
        "values",
        MapOf(JsonPath(), JsonValue(), MAX_EXPECTATIONS),
        "Paths with the JSON value that must be there.",
    ),
    Entry(
        "type",
        MapOf(JsonPath(), Choice(JsonType), MAX_EXPECTATIONS),
        "Paths with the JSON type of what must be there.",
        attribute="types",
    ),
    Entry(
        "length",
        MapOf(JsonPath(), Whole(0, MAX_LENGTH), MAX_EXPECTATIONS),
        "Paths with the number of a list's items or of a text's characters.",
        attribute="lengths",
    ),
    Entry(
        "range",
        MapOf(JsonPath(), IntervalPair(), MAX_EXPECTATIONS),
        "Paths with the least and the most that a number may be.",
        attribute="ranges",
    ),
    Entry(
        "close",
        MapOf(JsonPath(), NearPair(), MAX_EXPECTATIONS),
        "Paths with a number and how far the answer's may be from it.",
    ),
)


def _body(**fields: Any) -> Expectation:
    return Expectation(**fields)


EXPECT = Record(
    (
        Entry("status", Whole(100, 599), "The HTTP status."),
        *_BODY,
        Entry("latency", OrOff(Duration()), "The longest time the answer may take."),
    ),
    Expectation,
    Expectation(),
)
BODY_EXPECT = Record(_BODY, _body, Expectation())
"""Of answers that are looked at without their status and duration."""

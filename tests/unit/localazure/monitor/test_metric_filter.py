"""The metrics filter language: what it means and what it refuses."""

import re

import pytest

from localazure.monitor.metric_filter import InvalidFilterError, SeriesFilter, parse_filter

DIMENSIONS = ("deployment", "statusCode", "statusCodeClass", "modelStatusCode")


def parse(text: str) -> SeriesFilter:
    return parse_filter(text, "RequestsPerMinute", DIMENSIONS)


def admits(text: str, **values: str) -> bool:
    return parse(text).admits(lambda name: values[name])


def test_no_filter_splits_by_nothing() -> None:
    assert parse("  ").dimensions == ()
    assert parse("").admits(lambda _: "anything")


def test_dimensions_keep_the_order_and_spelling_of_the_filter() -> None:
    text = "statusCode eq '*' and Deployment eq 'blue' and statusCode ne '200'"
    assert parse(text).dimensions == ("statusCode", "Deployment")


@pytest.mark.parametrize(
    ("text", "deployment", "code", "expected"),
    [
        ("deployment eq 'blue'", "blue", "200", True),
        ("deployment eq 'BLUE'", "blue", "200", True),
        ("deployment eq 'blue'", "green", "200", False),
        ("deployment eq '*' and statusCode ne '200'", "green", "200", False),
        ("deployment eq '*' and statusCode ne '200'", "green", "424", True),
        ("deployment eq 'a' or deployment eq 'b'", "b", "200", True),
        ("deployment eq 'a' and statusCode eq '424' or statusCode eq '500'", "a", "500", True),
        ("deployment eq 'a' and statusCode eq '424' or statusCode eq '500'", "b", "500", False),
        ("deployment eq 'it''s'", "it's", "200", True),
        ("deployment EQ 'a' AND statusCode NE '*'", "a", "200", False),
    ],
)
def test_a_filter_admits_what_it_says(
    text: str, deployment: str, code: str, *, expected: bool
) -> None:
    assert admits(text, deployment=deployment, statusCode=code) is expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("deployment eq 'a' or statusCode eq '500'", "'or' cannot stand between two different"),
        ("deployment ne 'a' or deployment ne 'b'", "Use 'and'"),
        ("apiName eq 'x'", "does not support requested dimension combination: apiname"),
        ("deployment", "ends early"),
        ("deployment eq", "ends early"),
        ("deployment = 'a'", "cannot be read at"),
        ("deployment eq blue", "single quotes"),
        ("'deployment' eq 'blue'", "name of a dimension"),
        ("deployment gt '5'", "Expected eq or ne"),
        ("deployment eq 'a' xor deployment eq 'b'", "Expected and or or"),
        ("(deployment eq 'a')", "cannot be read at"),
    ],
)
def test_a_bad_filter_is_refused_with_what_to_change(text: str, says: str) -> None:
    with pytest.raises(InvalidFilterError, match=re.escape(says)):
        parse(text)

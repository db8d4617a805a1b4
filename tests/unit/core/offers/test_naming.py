"""Candidate names: unique for ever on an endpoint, and legal for Azure ML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.offers.naming import SLUG_LIMIT, candidate_name, colour, slug
from rollout.core.policy.azure_names import ENDPOINT_NAME

LEGAL = re.compile(r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$")
VERSIONS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40) | st.from_regex(
    r"[0-9a-zA-Z._-]{1,24}", fullmatch=True
)


@pytest.mark.parametrize("version", ["7", "1-2-3", "a" * 16, "2026-01-31"])
def test_a_plain_version_is_its_own_slug(version: str) -> None:
    assert slug(version) == version


@pytest.mark.parametrize("version", ["V7", "1.2.3", "a" * 17, "-7", "7_1", "..", "7-r2", "é"])
def test_a_version_that_loses_something_gets_a_hash(version: str) -> None:
    assert re.search(r"(^|-)[0-9a-f]{6}$", slug(version))
    assert slug(version) != slug(version + "x")


@pytest.mark.parametrize(
    ("stable", "expected"),
    [(None, "blue"), ("blue", "green"), ("prod", "green"), ("green-6", "blue"), ("GREEN", "blue")],
)
def test_the_colour_is_the_other_one(stable: str | None, expected: str) -> None:
    assert colour(stable) == expected


def test_the_first_rollout_of_a_version_has_no_number() -> None:
    assert candidate_name("7", "blue", 0, []) == ("green-7", 1)


def test_a_further_rollout_of_a_version_is_numbered() -> None:
    assert candidate_name("7", "green-6", 1, []) == ("blue-7-r2", 2)


def test_names_on_the_endpoint_are_skipped_and_counted() -> None:
    assert candidate_name("7", "blue", 0, ["green-7", "green-7-r2"]) == ("green-7-r3", 3)


@given(VERSIONS, st.sampled_from([None, "blue", "green-1"]), st.integers(0, 998))
def test_every_name_is_legal(version: str, stable: str | None, used: int) -> None:
    name, _ = candidate_name(version, stable, used, [])
    assert LEGAL.match(name)
    assert len(name) <= ENDPOINT_NAME.longest
    assert len(slug(version)) <= SLUG_LIMIT


@given(st.lists(st.tuples(VERSIONS, st.booleans()), min_size=1, max_size=20))
def test_no_name_is_ever_used_twice(starts: list[tuple[str, bool]]) -> None:
    counts: dict[str, int] = {}
    used: set[str] = set()
    for version, green_serves in starts:
        stable = "green-0" if green_serves else "prod"
        name, count = candidate_name(version, stable, counts.get(slug(version), 0), [])
        assert name not in used
        used.add(name)
        counts[slug(version)] = count


@pytest.mark.parametrize("versions", [("7", "7", "7-r2"), ("7-r2", "7", "7")])
def test_a_version_that_looks_numbered_never_takes_a_numbered_name(
    versions: tuple[str, ...],
) -> None:
    counts: dict[str, int] = {}
    names = []
    for version in versions:
        name, counts[slug(version)] = candidate_name(
            version, "blue", counts.get(slug(version), 0), []
        )
        names.append(name)
    assert len(set(names)) == len(versions)

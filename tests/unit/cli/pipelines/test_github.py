"""Which pull request an event is about."""

from typing import Any

import pytest

from rollout.cli.pipelines.comments import marker
from rollout.cli.pipelines.github import pull_request


@pytest.mark.parametrize(
    ("event", "number"),
    [
        ({"pull_request": {"number": 7}}, 7),
        ({"issue": {"number": 7, "pull_request": {"url": "x"}}}, 7),
        ({"issue": {"number": 7}}, None),
        ({"ref": "refs/heads/main"}, None),
        ({"pull_request": {"number": "7/../8"}}, None),
        ({"pull_request": {"number": -1}}, None),
        ([], None),
    ],
)
def test_an_event_names_its_pull_request(event: Any, number: int | None) -> None:
    assert pull_request(event) == number


def test_a_mark_is_the_keys_and_hides_itself() -> None:
    assert marker("services") != marker("other")
    assert marker("--> <b>").count(">") == 1

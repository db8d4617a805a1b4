"""Every action of the custom role is one that Azure publishes: a role with another is refused."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import pytest

from tests.support.infra.made import INFRA
from tests.support.paths import PROJECT

_LIST = PROJECT / "tests" / "support" / "infra" / "azure_actions.txt"
PUBLISHED = [
    line.lower()
    for line in _LIST.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
OWN: Mapping[str, Sequence[str]] = json.loads((INFRA / "role-actions.json").read_text())
CODES = "microsoft.machinelearningservices/workspaces/codes/versions/"


def expanded(action: str) -> list[str]:
    """The published actions that it gives."""
    return [each for each in PUBLISHED if fnmatchcase(each, action.lower())]


@pytest.mark.parametrize("action", [action for group in OWN.values() for action in group])
def test_an_action_is_published(action: str) -> None:
    assert expanded(action)


def test_a_misspelt_action_is_not() -> None:
    assert expanded("Microsoft.MachineLearningServices/workspaces/onlineEndpoint/read") == []


def test_the_one_wildcard_gives_no_more_than_code() -> None:
    wild = [action for group in OWN.values() for action in group if "*" in action]
    assert [expanded(each) for each in wild] == [
        [f"{CODES}delete", f"{CODES}read", f"{CODES}write"]
    ]


def test_no_action_is_in_two_groups() -> None:
    listed = [action for group in OWN.values() for action in group]
    assert len(listed) == len(set(listed))


def test_only_what_a_setting_asks_for_gives_keys_or_secrets() -> None:
    given = {each for action in OWN["always"] for each in expanded(action)}
    assert [each for each in given if "key" in each or "secret" in each] == []

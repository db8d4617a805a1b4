"""Every action of the custom role is one that Azure publishes: a role with another is refused."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import pytest

from tests.support.infra.made import INFRA, own_snapshots, resources
from tests.support.infra.policies.roles import DEFINITION
from tests.support.paths import PROJECT
from tests.support.role import REGISTRY_READER, ROLE

_LIST = PROJECT / "tests" / "support" / "infra" / "azure_actions.txt"
PUBLISHED = [
    line.lower()
    for line in _LIST.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
OWN: Mapping[str, Sequence[str]] = json.loads((INFRA / "role-actions.json").read_text())
_ML = "Microsoft.MachineLearningServices"
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
    asked_for = {"keys", "secretStores"}
    given = {
        each
        for group, actions in OWN.items()
        if group not in asked_for
        for action in actions
        for each in expanded(action)
    }
    assert [each for each in given if "key" in each or "secret" in each] == []


def test_what_an_endpoint_is_given_holds_for_endpoints() -> None:
    """Such an action is refused at the workspace where endpoints are named: a new group of them
    belongs to the role on endpoints."""
    for group, actions in OWN.items():
        below = [each for each in actions if "/onlineEndpoints/" in each or "Insights" in each]
        if group in {"endpoint", "keys"}:
            assert below == list(actions)
        else:
            # Endpoints are listed, and one that is gone must not read as a right that is missing.
            assert below in ([], [f"{_ML}/workspaces/onlineEndpoints/read"])


@pytest.mark.parametrize("action", REGISTRY_READER)
def test_the_built_in_role_on_registries_gives_published_actions(action: str) -> None:
    assert expanded(action) == [action.lower()]
    assert action.endswith("/read")


def given(profile: str) -> list[set[str]]:
    """The actions of each custom role that a profile's deployment defines."""
    return [
        set(each.value("properties", "permissions")[0]["actions"])
        for each in resources(own_snapshots(), DEFINITION)
        if each.profile == profile
    ]


def test_the_contract_suites_grant_what_access_bicep_gives() -> None:
    assert given("access-everything") == [set(ROLE.everything)]
    assert given("access-default") == [set(ROLE.always)]
    on_workspace, on_endpoints = given("access-on-endpoints")
    assert on_endpoints == set(ROLE.on_endpoints)
    # That profile's services read no collected answers.
    assert on_workspace == set(ROLE.on_workspace) - set(ROLE.collected)

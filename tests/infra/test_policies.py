"""The project's files keep every policy, and each policy reports a change that breaks it."""

from pathlib import Path

import pytest

from tests.support.infra import free_changes, policy_changes, private_changes
from tests.support.infra.own_files import INFRA, changed, own_file, own_program
from tests.support.infra.policies import (
    alerts,
    app_settings,
    assigning,
    free_text,
    hardening,
    ordering,
    private_profile,
    roles,
    scopes,
    secrets,
)
from tests.support.infra.policy_changes import Policy

CHANGES = [*policy_changes.CHANGES, *private_changes.CHANGES, *free_changes.CHANGES]
POLICIES = list(dict.fromkeys(policy for policy, *_ in CHANGES))


def written_policies() -> set[str]:
    modules = (
        *(alerts, app_settings, assigning, free_text, hardening),
        *(ordering, private_profile, roles, scopes, secrets),
    )
    return {
        name
        for module in modules
        for name, each in vars(module).items()
        if getattr(each, "__module__", None) == module.__name__
        and getattr(each, "__annotations__", {}).get("return") == list[str]
        and not name.startswith("_")
    }


def test_every_policy_has_a_change_that_breaks_it() -> None:
    assert {each.__name__ for each in POLICIES} == written_policies()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_our_files_keep_to(policy: Policy) -> None:
    assert policy(own_program()) == []


@pytest.mark.parametrize(
    ("policy", "name", "old", "new"),
    CHANGES,
    ids=[f"{policy.__name__}-{number}" for number, (policy, *_) in enumerate(CHANGES)],
)
def test_a_change_is_complained_about(policy: Policy, name: str, old: str, new: str) -> None:
    file = own_file(name)
    assert old in file.text, f"{name} no longer has {old!r}: rewrite the change"

    found = set(policy(changed(Path(INFRA / name), file.text.replace(old, new, 1))))

    assert found - set(policy(own_program()))

"""Every profile keeps every policy, and each policy reports a change that breaks it."""

import json

import pytest

from infra_check.profiles import written
from tests.support.infra import guard_changes, rights_changes, value_changes
from tests.support.infra.made import Policy, own_snapshots
from tests.support.infra.policies import (
    alerts,
    app_settings,
    free_text,
    hardening,
    naming,
    network,
    private_profile,
    roles,
    secrets,
    traces,
)

MODULES = (
    *(alerts, app_settings, free_text, hardening),
    *(naming, network, private_profile, roles, secrets, traces),
)
CHANGES = [*rights_changes.CHANGES, *value_changes.CHANGES, *guard_changes.CHANGES]
POLICIES = list(dict.fromkeys(policy for policy, *_ in CHANGES))


def written_policies() -> set[str]:
    return {
        name
        for module in MODULES
        for name, each in vars(module).items()
        if getattr(each, "__module__", None) == module.__name__
        and getattr(each, "__annotations__", {}).get("return") == list[str]
        and not name.startswith("_")
    }


def test_every_policy_has_a_change_that_breaks_it() -> None:
    assert {each.__name__ for each in POLICIES} == written_policies()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_our_profiles_keep_to(policy: Policy) -> None:
    assert policy(own_snapshots()) == []


@pytest.mark.parametrize(
    ("policy", "profile", "old", "new"),
    CHANGES,
    ids=[f"{policy.__name__}-{number}" for number, (policy, *_) in enumerate(CHANGES)],
)
def test_a_change_is_complained_about(policy: Policy, profile: str, old: str, new: str) -> None:
    text = written(dict(own_snapshots()[profile]))
    assert old in text, f"{profile} no longer has {old!r}: rewrite the change"

    changed = {**own_snapshots(), profile: json.loads(text.replace(old, new, 1))}

    assert policy(changed)

"""Every order needs one role, and no role has rights that its table does not give."""

import pytest

from rollout.core.records.signals import Verb
from rollout.inbound.roles import INCLUDES, NEEDS, Role, has, role_named


def test_every_order_needs_a_role() -> None:
    assert set(NEEDS) == set(Verb)
    assert set(INCLUDES) == set(Role)


@pytest.mark.parametrize(
    "value", ["Operator", "operator", "Rollout.Operator", " rollout.OPERATOR "]
)
def test_an_app_role_is_read_with_and_without_its_prefix(value: str) -> None:
    assert role_named(value) is Role.OPERATOR


@pytest.mark.parametrize("value", ["", "Owner", "Other.Operator", "Rollout.", "Operator2"])
def test_another_apps_role_is_none_of_ours(value: str) -> None:
    assert role_named(value) is None


RIGHTS = {
    Role.READER: {Role.READER},
    Role.OPERATOR: {Role.READER, Role.OPERATOR},
    Role.APPROVER: {Role.READER, Role.APPROVER},
    Role.ADMIN: {Role.READER, Role.OPERATOR, Role.ADMIN},
}


@pytest.mark.parametrize("mine", Role)
def test_approving_is_nobodys_right_but_an_approvers(mine: Role) -> None:
    assert {role for role in Role if has(frozenset({mine}), role)} == RIGHTS[mine]


def test_no_role_has_no_rights() -> None:
    assert not any(has(frozenset(), role) for role in Role)

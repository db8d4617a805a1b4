"""What a signed-in caller may do: app roles, and the one that each order needs.

Approving is apart from operating, so that an organisation can give the two to different people.
Without sign-in the function keys are all there is: whoever has one may do everything.
"""

from collections.abc import Mapping
from enum import StrEnum

from rollout.core.records.signals import Verb

PREFIX = "rollout."
"""What an app role's value may begin with in the directory: `Rollout.Operator`."""


class Role(StrEnum):
    """The value of an app role, with or without `PREFIX`; case does not matter."""

    READER = "Reader"
    OPERATOR = "Operator"
    APPROVER = "Approver"
    ADMIN = "Admin"


INCLUDES: Mapping[Role, frozenset[Role]] = {
    Role.READER: frozenset({Role.READER}),
    Role.OPERATOR: frozenset({Role.READER, Role.OPERATOR}),
    Role.APPROVER: frozenset({Role.READER, Role.APPROVER}),
    Role.ADMIN: frozenset({Role.READER, Role.OPERATOR, Role.ADMIN}),
}
"""Which roles' rights each role has. An admin does not approve: that stays a second person's."""

NEEDS: Mapping[Verb, Role] = {
    Verb.ADVANCE: Role.APPROVER,
    Verb.PAUSE: Role.OPERATOR,
    Verb.RESUME: Role.OPERATOR,
    Verb.ROLLBACK: Role.OPERATOR,
    Verb.RETRY: Role.OPERATOR,
    Verb.CANCEL: Role.OPERATOR,
    Verb.SUSPEND: Role.ADMIN,
    Verb.UNSUSPEND: Role.ADMIN,
    Verb.OVERRIDE: Role.ADMIN,
}
"""The role that each order needs. Starting a rollout needs `START`, reading `READER`."""

START = Role.OPERATOR
FOR_ALL = Role.ADMIN
"""What an order about all services needs."""


def role_named(value: str) -> Role | None:
    """Read an app role's value; None for one that is not of this product."""
    word = value.strip().lower().removeprefix(PREFIX)
    return next((role for role in Role if role.lower() == word), None)


def has(roles: frozenset[Role], needed: Role) -> bool:
    """Say whether these roles have the rights of the needed one."""
    return any(needed in INCLUDES[role] for role in roles)

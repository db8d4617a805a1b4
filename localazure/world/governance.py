"""What stands over a subscription's resources: locks, denying policies, identities that are gone.

None of it belongs to Azure Machine Learning. Resource Manager asks it before a call reaches the
resource's own provider, and whoever may do everything is refused as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from localazure.world.access import ASSIGN_IDENTITY, READ_SECRETS, Access
from localazure.world.errors import ArmError
from localazure.world.names import is_below

_READS = frozenset({"GET", "HEAD"})
ENFORCES_SECRETS = "enforce_access_to_default_secret_stores"
"""Key of an endpoint's own properties."""

_ON = frozenset({"enabled", "true"})
_POLICED = frozenset({"PUT", "PATCH"})


class LockLevel(StrEnum):
    """Which calls a lock refuses (Learn, "Lock your resources to protect your infrastructure").

    `READ_ONLY` refuses all but reads: a POST that only lists keys too.
    """

    CAN_NOT_DELETE = "CanNotDelete"
    READ_ONLY = "ReadOnly"


@dataclass(frozen=True)
class Policy:
    """An assigned policy with the effect deny, for writes of one resource type below `scope`."""

    scope: str
    resource_type: str


class Governance:
    """The locks, policies and deleted identities of one subscription; empty at first."""

    def __init__(self) -> None:
        self._locks: dict[str, LockLevel] = {}
        self._policies: dict[str, Policy] = {}
        self._deleted: set[str] = set()

    def lock(self, scope: str, level: LockLevel) -> None:
        """Lock an ARM id and all below it."""
        self._locks[scope] = level

    def unlock(self, scope: str) -> None:
        """Remove the lock of `scope`, if there is one."""
        self._locks.pop(scope, None)

    def deny(self, assignment: str, policy: Policy) -> None:
        """Assign a policy under this name."""
        self._policies[assignment] = policy

    def withdraw(self, assignment: str) -> None:
        """Take a policy's assignment away, if there is one."""
        self._policies.pop(assignment, None)

    def delete_identity(self, identity: str) -> None:
        """Delete a user-assigned identity. Who names it keeps its id."""
        self._deleted.add(identity.lower())

    def restore_identity(self, identity: str) -> None:
        """Create it again, under the same id."""
        self._deleted.discard(identity.lower())

    @property
    def locks(self) -> Mapping[str, LockLevel]:
        """Level by locked scope."""
        return dict(self._locks)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Policy by the name of its assignment."""
        return dict(self._policies)

    @property
    def deleted(self) -> frozenset[str]:
        """The ids of deleted identities, in lower case."""
        return frozenset(self._deleted)

    def clear(self) -> None:
        """Remove every lock and policy; every identity exists again."""
        self._locks.clear()
        self._policies.clear()
        self._deleted.clear()

    def exists(self, identity: str) -> bool:
        return identity.lower() not in self._deleted

    def check(self, method: str, path: str, action: str) -> None:
        """Refuse a call that a lock or a policy forbids.

        Raises:
            ArmError: 409 `ScopeLocked` with the locked scopes; 403 `RequestDisallowedByPolicy` with
                the assignment.
        """
        locked = [
            scope for scope, level in self._locks.items() if _holds(level, method, scope, path)
        ]
        if locked:
            verb = "delete" if method == "DELETE" else "write"
            raise ArmError(
                409,
                "ScopeLocked",
                f"The scope '{path}' cannot perform {verb} operation because following scope(s) "
                f"are locked: '{', '.join(locked)}'. Please remove the lock and try again.",
            )
        if method not in _POLICED:
            return
        for name, policy in self._policies.items():
            if is_below(policy.scope, path) and _is_write_of(policy.resource_type, action):
                raise _disallowed(path, name, policy)


def _holds(level: LockLevel, method: str, scope: str, path: str) -> bool:
    refused = method == "DELETE" or (level is LockLevel.READ_ONLY and method not in _READS)
    return refused and is_below(scope, path)


def _is_write_of(resource_type: str, action: str) -> bool:
    return action.lower() == f"{resource_type}/write".lower()


def _disallowed(path: str, name: str, policy: Policy) -> ArmError:
    assignment = f"{policy.scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
    return ArmError(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{path.rpartition('/')[2]}' was disallowed by policy. Policy identifiers: "
        f'\'[{{"policyAssignment":{{"name":"{name}","id":"{assignment}"}}}}]\'.',
    )


def check_linked(
    access: Access,
    governance: Governance,
    principal: str,
    call: tuple[str, str],
    named: Iterable[str],
) -> None:
    """Refuse a write that names user-assigned identities which its caller may not use.

    Args:
        access: Who may do what, on which identity.
        governance: Which identities there are.
        principal: The caller.
        call: The action of the write and its path.
        named: The ids of the identities that it names.

    Raises:
        ArmError: 403 `LinkedAuthorizationFailed` with the action and all scopes that are refused. A
            deleted identity is refused in the same words. They are those of public reports
            (Azure/aad-pod-identity#339, #443).
    """
    refused = [
        each
        for each in named
        if not (governance.exists(each) and access.allows(principal, ASSIGN_IDENTITY, each))
    ]
    if not refused:
        return
    action, path = call
    raise ArmError(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{principal}' has permission to perform action '{action}' on scope '{path}'; "
        f"however, it does not have permission to perform action '{ASSIGN_IDENTITY}' on the linked "
        f"scope(s) '{','.join(refused)}' or the linked scope(s) are invalid.",
    )


def check_secrets(access: Access, principal: str, workspace: str) -> None:
    """Refuse a write of an endpoint that enforces access to secret stores, if `principal` may not.

    That such a creation is rejected is documented (Learn, "Authentication for managed online
    endpoints"); in which words is not, nor whether a write that only moves traffic is. The stricter
    guess: each PUT, in Resource Manager's usual words.

    Raises:
        ArmError: 403 `AuthorizationFailed` with the first right that is missing on the workspace.
    """
    for action in READ_SECRETS:
        if not access.allows(principal, action, workspace):
            raise unauthorised(principal, action, workspace)


def unauthorised(principal: str, action: str, scope: str, object_id: str = "") -> ArmError:
    """Return Resource Manager's refusal of who lacks a right."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{principal}' with object id '{object_id or principal}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials.",
    )


def enforces_secrets(identity: Any, properties: Any) -> bool:
    """Say whether an endpoint's writers must be free to read the workspace's secrets.

    Only with a system-assigned identity, which an endpoint without any gets: a user-assigned one is
    given its rights by hand.
    """
    kind = identity.get("type") if isinstance(identity, Mapping) else None
    value = properties.get(ENFORCES_SECRETS) if isinstance(properties, Mapping) else None
    own = "systemassigned" in str(kind or "SystemAssigned").lower()
    return own and str(value or "").lower() in _ON


def user_assigned(identity: Any) -> tuple[str, ...]:
    """Return the ids of the user-assigned identities in a resource's `identity`."""
    assigned = identity.get("userAssignedIdentities") if isinstance(identity, Mapping) else None
    return tuple(assigned) if isinstance(assigned, Mapping) else ()

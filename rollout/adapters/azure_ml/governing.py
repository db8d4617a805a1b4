"""What stands above an endpoint and forbids a write: each with who is to do what about it.

Azure's own sentences are longer than a line of the log keeps, and what matters is at their end. So
the identity, the lock or the policy is read out of the whole text, and said first. Their forms are
those of public reports (Azure/aad-pod-identity#339, #443; Learn, "Lock your resources" and "Resolve
errors for disallowed by policy"); where a text has another form, it speaks for itself.
"""

import re
from collections.abc import Callable, Mapping
from shlex import quote

_ID = r"/[\w/.()@-]{1,1000}"
_LINKED = re.compile(rf"linked scope\(s\) '({_ID}(?:, ?{_ID}){{0,20}})'", re.IGNORECASE)
_OBJECT_ID = re.compile(r"object id '([0-9a-f-]{36})'", re.IGNORECASE)
_LOCKED = re.compile(rf"scope\(s\) are locked: '({_ID}(?:, ?{_ID}){{0,20}})'", re.IGNORECASE)
_POLICY = re.compile(
    rf'"policyAssignment"[^}}]{{0,500}}?"id" ?: ?"({_ID}/policyAssignments/[\w.-]{{1,200}})"',
    re.IGNORECASE,
)
_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)


def explained(code: str, message: str) -> str:
    """Return what forbids a write, and the command to run; "" where the text does not tell.

    Args:
        code: One of `GOVERNED`.
        message: Azure's sentence, whole.
    """
    return GOVERNED[code](message)


def _linked(message: str) -> str:
    found, client = _LINKED.search(message), _OBJECT_ID.search(message)
    if found is None:
        return ""
    principal = client[1] if client else "<object id of the app's identity>"
    scopes = _listed(found[1])
    commands = "; ".join(
        f"az role assignment create --assignee-object-id {principal} "
        "--assignee-principal-type ServicePrincipal "
        f"--role 'Managed Identity Operator' --scope {quote(scope)}"
        for scope in scopes
    )
    return (
        f"The app's identity may not use {', '.join(scopes)}, which the endpoint names, or that "
        f"was deleted. Where it exists: {commands}. Where it is gone, take it off the endpoint."
    )


def _locked(message: str) -> str:
    found = _LOCKED.search(message)
    if found is None:
        return ""
    scopes = _listed(found[1])
    group = _GROUP.search(scopes[0])
    where = f" --resource-group {quote(group[1])}" if group else ""
    return (
        f"A lock on {', '.join(scopes)} forbids it: az lock list{where}, and "
        "az lock delete --ids <its id>, if its owner agrees."
    )


def _disallowed(message: str) -> str:
    found = _POLICY.search(message)
    if found is None:
        return ""
    return (
        f"The policy {found[1]} forbids it. Its owner can exempt the endpoint: az policy exemption "
        f"create --name rollout --exemption-category Waiver --policy-assignment {quote(found[1])} "
        "--scope <id of the endpoint>."
    )


GOVERNED: Mapping[str, Callable[[str], str]] = {
    "LinkedAuthorizationFailed": _linked,
    "ScopeLocked": _locked,
    "RequestDisallowedByPolicy": _disallowed,
}
"""How each is read, by the code that Resource Manager answers."""


def _listed(scopes: str) -> list[str]:
    return [scope.strip() for scope in scopes.split(",")]

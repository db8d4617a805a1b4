"""What stands above an endpoint and forbids a write: each with who is to do what about it.

Azure's own sentences are longer than a line of the log keeps, and what matters is at their end. So
the identity, the lock or the policy is read out of the whole text, and said first. Their forms are
those of public reports (Azure/aad-pod-identity#339, #443; Learn, "Lock your resources" and "Resolve
errors for disallowed by policy"); where a text has another form, it speaks for itself.
"""

import re
from collections.abc import Callable, Mapping
from shlex import quote

from rollout.adapters.rights import how_to_get

MOST_NAMED = 3
"""How many identities or locks a sentence names: an operator must be able to read it."""

_ID = r"/[\w/.()@-]{1,1000}"
_LINKED = re.compile(
    rf"perform action '(?P<action>[\w./-]{{1,200}})' on the linked scope\(s\) "
    rf"'(?P<scopes>{_ID}(?:, ?{_ID}){{0,20}})'",
    re.IGNORECASE,
)
_OBJECT_ID = re.compile(r"object id '([0-9a-f-]{36})'", re.IGNORECASE)
_LOCKED = re.compile(rf"scope\(s\) are locked: '({_ID}(?:, ?{_ID}){{0,20}})'", re.IGNORECASE)
_DELETION = re.compile(r"cannot perform delete operation", re.IGNORECASE)
_POLICY = re.compile(
    rf'"policyAssignment"[^}}]{{0,500}}?"id" ?: ?"(?P<id>(?P<scope>{_ID})/providers/'
    r'Microsoft\.Authorization/policyAssignments/(?P<name>[\w.-]{1,200}))"',
    re.IGNORECASE,
)
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)
_ENDPOINT = re.compile(rf"({_ID}/onlineEndpoints/[\w-]{{1,100}})(?:/.{{0,200}})?", re.IGNORECASE)
_ASSIGN = "microsoft.managedidentity/userassignedidentities/assign/action"


def explained(code: str, message: str, path: str = "") -> str:
    """Return what forbids a write, and the command to run; "" where the text does not tell.

    Args:
        code: One of `GOVERNED`.
        message: Azure's sentence, whole.
        path: That of the write; "" where it is unknown.
    """
    return GOVERNED[code](message, path)


def _linked(message: str, _path: str) -> str:
    found, client = _LINKED.search(message), _OBJECT_ID.search(message)
    if found is None:
        return ""
    principal = client[1] if client else "<object id of the app's identity>"
    scopes = _listed(found["scopes"])
    if found["action"].lower() != _ASSIGN:
        return (
            f"The app's identity has no right to {found['action']} on {', '.join(scopes)}, which "
            f"the write names, or that was deleted: {how_to_get(found['action'])}."
        )
    names = ", ".join(scope.rpartition("/")[2] for scope in scopes)
    commands = "; ".join(
        f"az role assignment create --assignee-object-id {principal} "
        "--assignee-principal-type ServicePrincipal "
        f"--role 'Managed Identity Operator' --scope {quote(scope)}"
        for scope in scopes
    )
    return (
        f"The app's identity may not use {names}, which the endpoint runs as, or that was deleted: "
        f"az identity show --ids {' '.join(map(quote, scopes))} tells. If it exists: {commands}. "
        "If it was deleted: write another identity into the endpoint's YAML, then "
        "az ml online-endpoint update."
    )


def _locked(message: str, _path: str) -> str:
    found = _LOCKED.search(message)
    if found is None:
        return ""
    scopes = _listed(found[1])
    what = (
        f"A lock on {', '.join(scopes)} refuses deletions; what is to be deleted stays, and costs "
        "money, until it is gone"
        if _DELETION.search(message)
        else f"A lock on {', '.join(scopes)} is ReadOnly and refuses every write, of traffic too"
    )
    where = "".join(
        f" --{option} {quote(part[1])}"
        for option, part in (
            ("resource-group", _GROUP.search(scopes[0])),
            ("subscription", _SUBSCRIPTION.search(scopes[0])),
        )
        if part
    )
    return (
        f"{what}. az lock list{where} shows its id and, in its notes, why it is there; if its "
        "owner agrees: az lock delete --ids <its id>."
    )


def _disallowed(message: str, path: str) -> str:
    found, endpoint = _POLICY.search(message), _ENDPOINT.fullmatch(path)
    if found is None:
        return ""
    scope = quote(endpoint[1]) if endpoint else "<id of the endpoint>"
    return (
        f"The policy {found['id']} forbids it. az policy assignment show --name {found['name']} "
        f"--scope {quote(found['scope'])} shows what it wants. Its owner can exempt the endpoint: "
        "az policy exemption create --name rollout --exemption-category Waiver "
        f"--policy-assignment {quote(found['id'])} --scope {scope}."
    )


GOVERNED: Mapping[str, Callable[[str, str], str]] = {
    "LinkedAuthorizationFailed": _linked,
    "ScopeLocked": _locked,
    "RequestDisallowedByPolicy": _disallowed,
}
"""How each is read, by the code that Resource Manager answers."""


def _listed(scopes: str) -> list[str]:
    return [scope.strip() for scope in scopes.split(",")][:MOST_NAMED]

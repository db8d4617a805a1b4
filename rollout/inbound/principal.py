"""Who calls: proven by App Service sign-in, or only claimed.

The platform writes the headers below and removes them from requests that bring their own; without
that feature anyone can send them (learn.microsoft.com, "Work with user identities in Azure App
Service authentication"). So they count only where the platform itself says that its sign-in is on.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.core.records.orders import Proof
from rollout.inbound.roles import Role, role_named
from rollout.text.plain_text import visible_line

NAME_HEADER = "x-ms-client-principal-name"
CLAIMS_HEADER = "x-ms-client-principal"
"""Base64 of `{"role_typ": ..., "claims": [{"typ": ..., "val": ...}, ...]}`."""

ROLE_CLAIMS = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})
"""What app roles are called: by the token, and by the platform where it maps claims. A third name
may stand in `role_typ`."""

OBJECT_ID_CLAIMS = frozenset(
    {"oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"}
)
_OF_PEOPLE = frozenset({"scp", "http://schemas.microsoft.com/identity/claims/scope"})
_OF_CLIENTS = frozenset({"appid", "azp"})
"""An access token names the app that asked for it (version 1, version 2). A person has agreed to
that and it carries scopes; without them it is the app's own. A browser's sign-in leaves an ID token
behind, which has neither."""

_KIND_OF_TOKEN = ("idtyp", "app")
MAX_SUBJECT_CHARACTERS = 64
"""Object ids are GUIDs; one that is longer proves nothing."""

MAX_ACTOR_CHARACTERS = 128
MAX_CLAIMS_CHARACTERS = 64 * 1024
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Caller:
    """Who sent a request.

    `actor` is the name for the history, marked `claimed: ` unless it is `proven`. `roles` are those
    of the sign-in, empty where it is off. `subject` is the directory's object id ("" unknown): the
    same person under two names. `app`: a pipeline or another app, no person.
    """

    actor: str
    proven: bool = False
    roles: frozenset[Role] = frozenset()
    subject: str = ""
    app: bool = False

    @property
    def proof(self) -> Proof:
        """What the history may take for proven of who this is."""
        return Proof(self.subject, self.app)


def caller(headers: Mapping[str, str], *, sign_in: bool, claimed: str | None = None) -> Caller:
    """Say who sent a request.

    Args:
        headers: The request's headers, names in lower case.
        sign_in: Whether App Service authentication is on; else the headers prove nothing.
        claimed: Who sends the request, according to its body.
    """
    name = headers.get(NAME_HEADER, "").strip() if sign_in else ""
    if not name:
        shown = visible_line((claimed or "").strip() or UNKNOWN, MAX_ACTOR_CHARACTERS)
        return Caller(f"claimed: {shown}")
    document = _document(headers.get(CLAIMS_HEADER, ""))
    claims = list(_claims(document))
    kinds = {kind for kind, _ in claims}
    subject = next((value for kind, value in claims if kind in OBJECT_ID_CLAIMS), "").lower()
    clients = bool(kinds & _OF_CLIENTS) and not kinds & _OF_PEOPLE
    role_types = ROLE_CLAIMS | {str(document.get("role_typ", ""))}
    roles = (role_named(value) for kind, value in claims if kind in role_types)
    return Caller(
        actor=visible_line(name, MAX_ACTOR_CHARACTERS),
        proven=True,
        roles=frozenset(role for role in roles if role is not None),
        subject=subject if len(subject) <= MAX_SUBJECT_CHARACTERS else "",
        app=clients or _KIND_OF_TOKEN in claims,
    )


def _document(encoded: str) -> Mapping[str, Any]:
    """Read the header; what cannot be read gives no role."""
    if len(encoded) > MAX_CLAIMS_CHARACTERS:
        return {}
    try:
        found = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _claims(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    claims = document.get("claims")
    for claim in claims if isinstance(claims, list) else []:
        if isinstance(claim, dict):
            kind, value = claim.get("typ"), claim.get("val")
            if isinstance(kind, str) and isinstance(value, str):
                yield kind, value

"""Whether a caller may do what a request asks: denied by default where sign-in is on."""

from http import HTTPStatus
from typing import Any

from rollout.errors import InvalidInputError
from rollout.inbound.principal import Caller
from rollout.inbound.roles import NEEDS, START, Role, has


def check_role(caller: Caller, needed: Role, *, sign_in: bool) -> None:
    """Let a request pass, or say which role is missing.

    Raises:
        InvalidInputError: 401 where sign-in is on and nobody is signed in, 403 without the role.
    """
    if not sign_in:
        return
    if not caller.proven:
        text = "Sign in: send a token for this app, or open the console and sign in there."
        raise InvalidInputError(text, status=HTTPStatus.UNAUTHORIZED)
    if not has(caller.roles, needed):
        mine = ", ".join(sorted(caller.roles)) or "none"
        raise InvalidInputError(
            f"This needs the app role {needed}; {caller.actor} has {mine}. An owner of the "
            "enterprise application assigns it.",
            status=HTTPStatus.FORBIDDEN,
        )


def caller_view(caller: Caller, *, sign_in: bool) -> dict[str, Any]:
    """Answer who is calling, and what they may order."""
    may = {"start": START, **{verb.value: role for verb, role in NEEDS.items()}}
    return {
        "actor": caller.actor,
        "proven": caller.proven,
        "app": caller.app if caller.proven else None,
        "signIn": sign_in,
        "roles": sorted(caller.roles),
        "may": [order for order, role in may.items() if not sign_in or has(caller.roles, role)],
    }

"""Who calls is proven by the platform's sign-in alone, and its claims give the roles."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.inbound.principal import (
    CLAIMS_HEADER,
    MAX_CLAIMS_CHARACTERS,
    NAME_HEADER,
    Caller,
    caller,
)
from rollout.inbound.roles import Role

LONG = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def encoded(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed_in(*claims: tuple[str, str], role_typ: str = "roles") -> Caller:
    document = {
        "auth_typ": "aad",
        "role_typ": role_typ,
        "claims": [{"typ": kind, "val": value} for kind, value in claims],
    }
    headers = {NAME_HEADER: "ada@example.com", CLAIMS_HEADER: encoded(document)}
    return caller(headers, sign_in=True)


@pytest.mark.parametrize("kind", ["roles", LONG])
def test_roles_are_read_under_both_names_of_their_claim(kind: str) -> None:
    found = signed_in((kind, "Rollout.Operator"), (kind, "Approver"), ("groups", "Admin"))
    assert found.roles == {Role.OPERATOR, Role.APPROVER}
    assert found.proven


def test_a_claim_that_the_platform_names_as_the_role_counts() -> None:
    assert signed_in(("my_roles", "Reader"), role_typ="my_roles").roles == {Role.READER}
    assert signed_in(("my_roles", "Reader")).roles == frozenset()


@pytest.mark.parametrize("kind", ["oid", OID])
def test_a_person_is_known_by_the_directorys_id(kind: str) -> None:
    found = signed_in((kind, "4a0d"), ("scp", "user_impersonation"))
    assert (found.subject, found.app) == ("4a0d", False)


def test_a_token_without_scopes_is_an_apps() -> None:
    assert signed_in(("roles", "Operator")).app


def test_without_sign_in_no_header_proves_anything() -> None:
    headers = {
        NAME_HEADER: "ada@example.com",
        CLAIMS_HEADER: encoded({"claims": [{"typ": "roles", "val": "Admin"}]}),
    }
    assert caller(headers, sign_in=False, claimed="eve") == Caller("claimed: eve")
    assert caller({}, sign_in=True) == Caller("claimed: unknown")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "not base64!",
        encoded([]),
        encoded({"claims": 7}),
        encoded({"claims": [7, {"typ": 1, "val": "Admin"}, {"typ": "roles"}]}),
        base64.b64encode(b"\xff{").decode(),
        "A" * (MAX_CLAIMS_CHARACTERS + 4),
    ],
)
def test_claims_that_cannot_be_read_give_no_role(header: str) -> None:
    found = caller({NAME_HEADER: "ada", CLAIMS_HEADER: header}, sign_in=True)
    assert found.roles == frozenset()
    assert found.proven


@given(st.text())
def test_no_header_makes_a_caller_fail(header: str) -> None:
    assert caller({NAME_HEADER: "ada", CLAIMS_HEADER: header}, sign_in=True).actor == "ada"

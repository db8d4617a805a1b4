"""Who calls is proven by the platform's sign-in alone, and its claims give the roles."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.records.orders import Proof
from rollout.inbound.principal import (
    CLAIMS_HEADER,
    MAX_CLAIMS_CHARACTERS,
    MAX_SUBJECT_CHARACTERS,
    NAME_HEADER,
    Caller,
    caller,
)
from rollout.inbound.roles import Role
from tests.support.inbound_samples import claims_header

LONG = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def encoded(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed_in(*claims: tuple[str, str], role_typ: str = "roles") -> Caller:
    header = claims_header(*claims, role_typ=role_typ)
    headers = {NAME_HEADER: "ada@example.com", CLAIMS_HEADER: header}
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


@pytest.mark.parametrize(
    ("claims", "app"),
    [
        ([("appid", "c1")], True),
        ([("azp", "c1")], True),
        ([("idtyp", "app")], True),
        ([("azp", "c1"), ("scp", "user_impersonation")], False),
        ([("nonce", "n"), ("preferred_username", "ada@example.com")], False),
    ],
)
def test_an_apps_own_token_names_it_and_carries_no_scopes(
    claims: list[tuple[str, str]], *, app: bool
) -> None:
    """The last one is the ID token that a browser's sign-in leaves behind."""
    assert signed_in(("oid", "4a0d"), *claims).app is app


def test_what_can_be_no_object_id_proves_nobody() -> None:
    assert signed_in(("oid", "x" * (MAX_SUBJECT_CHARACTERS + 1))).proof == Proof()
    assert signed_in(("oid", "4A0D"), ("azp", "c1")).proof == Proof("4a0d", app=True)


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

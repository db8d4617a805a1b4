"""Where sign-in is on, what is not allowed is refused, and the refusal names the role."""

import pytest

from rollout.core.records.signals import Verb
from rollout.errors import InvalidInputError
from rollout.inbound.access import caller_view, check_role
from rollout.inbound.principal import Caller
from rollout.inbound.roles import Role

ADA = Caller("ada@example.com", proven=True, roles=frozenset({Role.OPERATOR}))
NOBODY = Caller("claimed: eve")


def test_without_sign_in_the_keys_decide() -> None:
    check_role(NOBODY, Role.ADMIN, sign_in=False)


def test_nobody_signed_in_is_asked_to_sign_in() -> None:
    with pytest.raises(InvalidInputError, match="Sign in") as caught:
        check_role(NOBODY, Role.READER, sign_in=True)
    assert caught.value.status == 401


@pytest.mark.parametrize("caller", [ADA, Caller("bob", proven=True)])
def test_a_missing_role_is_named(caller: Caller) -> None:
    with pytest.raises(InvalidInputError, match="app role Approver") as caught:
        check_role(caller, Role.APPROVER, sign_in=True)
    assert caught.value.status == 403


def test_a_role_that_is_there_passes() -> None:
    check_role(ADA, Role.OPERATOR, sign_in=True)
    check_role(ADA, Role.READER, sign_in=True)


def test_a_caller_hears_what_they_may_order() -> None:
    seen = caller_view(ADA, sign_in=True)
    assert seen["may"] == ["start", "pause", "resume", "rollback", "retry", "cancel"]
    assert (seen["roles"], seen["signIn"], seen["app"]) == (["Operator"], True, False)
    with_keys = caller_view(NOBODY, sign_in=False)
    assert set(with_keys["may"]) == {"start", *Verb}
    assert (with_keys["proven"], with_keys["app"]) == (False, None)

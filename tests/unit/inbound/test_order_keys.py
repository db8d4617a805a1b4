"""`Idempotency-Key`: what it may be, and which requests are the same order."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.records.orders import OrderKey, Proof
from rollout.core.records.signals import Command
from rollout.errors import InvalidInputError
from rollout.inbound.command_bodies import parse_command, parse_start
from rollout.inbound.order_keys import HEADER, MOST_CHARACTERS, PATTERN, order_key
from rollout.inbound.principal import CLAIMS_HEADER, NAME_HEADER, Caller
from tests.support.inbound_samples import claims_header

UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324"
ADA = Caller("ada@example.com", proven=True, subject="4a0d")


def key(value: str | None, order: str = "pause fraud", sender: Caller = ADA) -> OrderKey | None:
    headers = {} if value is None else {HEADER: value}
    return order_key(headers, order, {"reason": "x"}, sender)


def test_an_order_without_the_header_has_no_key() -> None:
    assert key(None) is None


@pytest.mark.parametrize("value", [UUID, f'"{UUID}"', f"  {UUID} "])
def test_it_is_a_string_of_structured_fields_or_the_same_bare(value: str) -> None:
    found = key(value)
    assert found is not None
    assert found.text == UUID
    assert found == key(UUID)


@given(st.from_regex(PATTERN, fullmatch=True))
def test_whatever_fits_is_kept_as_it_is(value: str) -> None:
    found = key(f'"{value}"')
    assert found is not None
    assert found.text == value


@pytest.mark.parametrize(
    "value",
    [
        *("", '""', " ", '"', f'"{UUID}', f'{UUID}"', "a b", "a,b", f"{UUID},{UUID}", "a;b=1"),
        *('a"b', "a\\b", "a\x00b", "ключ", "x" * (MOST_CHARACTERS + 1)),
    ],
)
def test_what_can_be_no_key_is_refused_with_what_one_is(value: str) -> None:
    with pytest.raises(InvalidInputError, match="must be 1 to 64 letters, digits or") as refused:
        key(value)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("order", "given_", "sender"),
    [
        ("resume fraud", {"reason": "x"}, ADA),
        ("pause churn", {"reason": "x"}, ADA),
        ("pause fraud", {"reason": "y"}, ADA),
        ("pause fraud", {"reason": "x", "expected": {}}, ADA),
        ("pause fraud", {"reason": "x"}, Caller("ada@example.com", proven=True, subject="b")),
        ("pause fraud", {"reason": "x"}, Caller("claimed: ada")),
    ],
)
def test_another_verb_body_or_sender_is_another_order(
    order: str, given_: dict[str, Any], sender: Caller
) -> None:
    found = order_key({HEADER: UUID}, order, given_, sender)
    same = key(UUID)
    assert found is not None
    assert same is not None
    assert (found.text, found.digest != same.digest) == (UUID, True)


def test_the_order_of_a_bodys_fields_and_a_persons_other_name_do_not_matter() -> None:
    other_name = Caller("ada.lovelace@example.com", proven=True, subject="4a0d")
    one = order_key({HEADER: UUID}, "pause fraud", {"a": 1, "b": 2}, ADA)
    assert order_key({HEADER: UUID}, "pause fraud", {"b": 2, "a": 1}, other_name) == one


def test_both_bodies_bring_their_key_and_who_is_proven() -> None:
    headers = {
        HEADER: UUID,
        NAME_HEADER: "ada@example.com",
        CLAIMS_HEADER: claims_header(("oid", "4A0D"), ("scp", "user_impersonation")),
    }
    body = {"reason": "try", "actor": "eve"}
    _, paused = parse_command("Fraud", "PAUSE", _json(body), headers, sign_in=True)
    start = _json({**body, "service": "fraud", "version": 7})
    started = parse_start(start, headers, sign_in=True)
    for order in (paused, started):
        assert order.proof == Proof("4a0d")
        assert order.key is not None
        assert order.key.text == UUID
    assert paused.key != started.key


def test_without_a_sign_in_nothing_is_proven_and_the_claimed_name_tells_senders_apart() -> None:
    def sent(actor: str) -> Command:
        headers = {HEADER: UUID, NAME_HEADER: "ada@example.com"}
        body = _json({"reason": "try", "actor": actor})
        return parse_command("fraud", "pause", body, headers, sign_in=False)[1]

    assert sent("ada").proof == Proof()
    assert sent("ada").key == sent("ada").key != sent("eve").key


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()

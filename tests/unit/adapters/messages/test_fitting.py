"""Texts that fit, and links that have an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.messages.fitting import (
    MAX_FACT_BYTES,
    MAX_FACT_CHARACTERS,
    address,
    json_bytes,
    links_of,
    shown,
)
from rollout.core.messages import Link, Order
from rollout.core.records.phases import Phase
from tests.support.happenings import a_happening, a_message

CONSOLE = "https://app.example/api/ui"
APPROVAL = a_message(a_happening("AttentionNeeded", Phase.BAKING, cause="approval"))


def test_links_lead_to_pages_of_the_console_bound_to_what_people_read_of() -> None:
    assert list(links_of(APPROVAL, CONSOLE)) == [
        ("Open", f"{CONSOLE}/#/s/fraud"),
        ("Roll back ...", f"{CONSOLE}/#/s/fraud/do/rollback?rollout=r-1"),
        ("Approve ...", f"{CONSOLE}/#/s/fraud/do/advance?rollout=r-1&stage=1"),
    ]


def test_without_the_consoles_address_there_are_no_links() -> None:
    assert list(links_of(APPROVAL, None)) == []


def test_what_a_name_has_in_it_does_not_lead_elsewhere() -> None:
    link = Link("Open", "a/../?x#y z", Order("roll&back", "r&stage=9#", 0))
    assert address(link, CONSOLE) == (
        f"{CONSOLE}/#/s/a%2F..%2F%3Fx%23y%20z/do/roll%26back?rollout=r%26stage%3D9%23&stage=0"
    )


@pytest.mark.parametrize("character", ["x", "ü", "\u20ac", "\U0001f600", '"', "\\", "&", "\ufffd"])
def test_a_text_of_any_sign_is_cut_to_what_fits_and_says_so(character: str) -> None:
    text = shown(character * 5000, MAX_FACT_CHARACTERS)
    assert json_bytes(text) <= MAX_FACT_BYTES
    assert len(text) > MAX_FACT_CHARACTERS / 3
    assert text.endswith("...")


@given(st.text(max_size=3000))
def test_every_text_becomes_one_visible_line_that_fits(text: str) -> None:
    line = shown(text, MAX_FACT_CHARACTERS)
    assert len(line) <= MAX_FACT_CHARACTERS
    assert json_bytes(line) <= MAX_FACT_BYTES
    assert line.isprintable()


def test_a_secret_in_a_reason_is_not_sent_to_a_chat() -> None:
    hook = "https://hooks.slack.com/services/T0AB/B0CD/abcdefghijklmnop1234"
    assert "abcdefghijklmnop1234" not in shown(f"posted to {hook} by hand", 200)

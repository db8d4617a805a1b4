"""Orders about all services: what is in force, what is remembered, what counts once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollout.core.records.orders import OrderKey
from rollout.core.records.suspensions import (
    ORDERS_KEPT,
    OrderForAll,
    Suspension,
    SuspensionOfAll,
    by_setting,
    unreadable,
)
from rollout.errors import KeyReusedError

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ORDER = OrderForAll(NOW, "ann", "an incident", suspends=True)
LIFT = OrderForAll(LATER, "bob", "over", suspends=False)
KEYED = replace(ORDER, key=OrderKey("one", "digest"))


def test_a_suspension_lasts_until_its_end() -> None:
    lasting = Suspension("ann", "an incident", NOW, LATER)
    assert lasting.lasts(LATER - timedelta(seconds=1))
    assert not lasting.lasts(LATER)
    assert lasting.told == "by ann until 2026-01-31 13:00 UTC: an incident"
    assert Suspension("ann", "an incident", NOW).told == "by ann: an incident"


def test_the_latest_order_is_in_force() -> None:
    row = SuspensionOfAll().after(ORDER)
    assert row.now(LATER) == Suspension("ann", "an incident", NOW)
    later = row.after(replace(ORDER, by="bob", until=LATER))
    assert later.now(NOW) == Suspension("bob", "an incident", NOW, LATER)
    assert later.now(LATER) is None
    assert row.after(LIFT).now(LATER) is None


def test_the_last_orders_are_remembered() -> None:
    row = SuspensionOfAll()
    for number in range(ORDERS_KEPT + 5):
        row = row.after(replace(ORDER, reason=str(number)))
    assert len(row.orders) == ORDERS_KEPT
    assert row.orders[-1].reason == str(ORDERS_KEPT + 4)


def test_an_order_with_a_known_key_is_the_one_of_before() -> None:
    row = SuspensionOfAll().after(ORDER).after(KEYED)
    assert row.repeated(replace(KEYED, at=LATER)) == KEYED
    assert row.repeated(ORDER) is None
    assert row.repeated(replace(KEYED, key=OrderKey("two", "digest"))) is None
    with pytest.raises(KeyReusedError, match="another order"):
        row.repeated(replace(KEYED, key=OrderKey("one", "other")))


def test_what_is_no_order_says_what_it_is() -> None:
    assert by_setting(NOW).told.startswith("by ROLLOUTS_SUSPENDED: ")
    assert "cannot be read: damaged" in unreadable(NOW, "damaged").told

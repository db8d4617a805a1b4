"""Which rollout `--wait` is about, from what was there when the order was given."""

from collections.abc import Mapping
from typing import Any

from rollout.cli.live.ordering import Given, Order
from rollout.cli.live.waiting import Aim, Until

View = Mapping[str, Any]
KNOWN = "known"
"""What the app says of a version that it was offered before: no new rollout comes."""


def order_of(answer: View | None) -> View:
    """Return what an answer says of the order itself, apart from the service's view."""
    told: View = (answer or {}).get("order") or {}
    return told


def after_start(given: Given, version: str, until: Until) -> Aim:
    """Return what a start leads to: the rollout that is on its way already, or a new one."""
    before: View = given.before.get("rollout") or {}
    live = before.get("version") == version and not before.get("endedAt")
    same = bool(live or order_of(given.answer).get("outcome") == KNOWN)
    return Aim(until, version, str(before.get("id", "")), same=same)


def after_order(order: Order, given: Given, until: Until) -> Aim:
    """Return what another order leads to: the rollout goes on, or with `retry` a new one comes."""
    before: View = given.before.get("rollout") or {}
    known = str(before.get("id", ""))
    if order.verb == "retry":
        return Aim(until, order.version, known, same=False)
    return Aim(until, "", known, stage=int(before.get("stage", -1)))

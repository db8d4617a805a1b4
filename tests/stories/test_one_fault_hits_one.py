"""One service's trouble is not another's: faulty policies, unreadable rows, lost races."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.adapters.storage import entities, table_keys
from rollout.core.records.observation import Absent, EndpointSeen
from rollout.core.records.offers import OfferSource, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.signals import AlertFired, Expected, Offered, Registered, Verb
from rollout.errors import (
    InvalidPolicyError,
    RefusedError,
    RolloutError,
    ServicesUnavailableError,
    StaleRowError,
    StoreUnavailableError,
)
from rollout.ports import FaultyService, LiveRow
from rollout.service.outcomes import Listed
from tests.doubles.seam import raising
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FAULTS = (("churn/rollout.yaml: endpoint", "is missing."),)
OTHER = replace(POLICY, service="aaa", endpoint="aaa-endpoint")
NEWER = {entities.SCHEMA_COLUMN: 99}


def event(story: Story, version: str, tags: dict[str, str] | None = None) -> Registered:
    return Registered(story.world.workspace.path, MODEL, version, tags or {}, "e")


@pytest.mark.parametrize("model", [MODEL, None])
def test_a_faulty_policy_that_might_want_the_model_has_the_event_delivered_again(
    model: str | None,
) -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.bundle.faulty = (FaultyService("churn", model, FAULTS),)
    with pytest.raises(InvalidPolicyError):
        story.service.registered(event(story, "2"), story.clock.now)
    story.until_started("2", within=HOUR)
    story.bundle.faulty = ()
    assert story.service.registered(event(story, "2"), story.clock.now).matched == ("fraud",)
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_a_faulty_policy_stops_no_other_service() -> None:
    story = Story()
    story.adopt()
    story.bundle.faulty = (FaultyService("churn", "churn-model", FAULTS),)
    story.put_model("2")
    assert story.service.registered(event(story, "2"), story.clock.now).matched == ("fraud",)
    assert story.service.everyone() == {
        "fraud": Listed(story.endpoint),
        "churn": Listed(None, "churn/rollout.yaml: endpoint: is missing."),
    }
    story.put_model("3")
    assert story.offer("3").answer.outcome == "received"
    story.pass_time(20 * MINUTE)
    assert any("churn" in text for text in story.log.attentions)
    with pytest.raises(InvalidPolicyError):
        story.service.show("churn")


def test_an_operator_is_asked_once_for_each_change_of_a_services_faults() -> None:
    story = Story()
    story.adopt()
    story.bundle.faulty = (FaultyService("churn", "churn-model", FAULTS),)
    story.pass_time(HOUR)
    assert len(story.log.attentions) == 1
    story.bundle.faulty = (FaultyService("churn", "churn-model", (*FAULTS, ("churn/x", "Bad."))),)
    story.pass_time(HOUR)
    assert len(story.log.attentions) == 2
    story.bundle.faulty = ()
    story.pass_time(HOUR)
    story.bundle.faulty = (FaultyService("churn", "churn-model", FAULTS),)
    story.pass_time(HOUR)
    assert len(story.log.attentions) == 3


def test_an_endpoint_that_two_services_name_stays_with_the_one_in_its_row() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.offer("2")
    story.until_quiet(within=2 * HOUR)
    newcomer = replace(POLICY, service="aaa", endpoint=POLICY.endpoint)
    story.bundle.faulty = tuple(
        FaultyService(each.service, each.model, FAULTS, each) for each in (newcomer, POLICY)
    )
    story.bundle.policies["aaa"] = newcomer
    story.put_model("3")
    # The newcomer might want the model too, so that Event Grid delivers the event again.
    with pytest.raises(InvalidPolicyError):
        story.service.registered(event(story, "3"), story.clock.now)
    story.until_started("3", within=HOUR)
    assert story.service.everyone()["aaa"].endpoint is None
    with pytest.raises(InvalidPolicyError):
        story.service.offer(Offered("aaa", "", "4", OfferSource.START, "me"), story.clock.now)
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_a_version_whose_template_cannot_be_used_is_rejected_before_anything_is_created() -> None:
    story = Story()
    story.adopt()
    story.creator.unusable = "fraud/deployment.yml:7: instance_typ: There is no such field."
    story.put_model("2")
    story.offer("2")
    writes = len(story.world.log)
    story.until_quiet(within=2 * HOUR)
    assert story.offer_of("2").state is OfferState.REJECTED
    assert story.offer_of("2").quarantined == ()
    assert len(story.world.log) == writes
    story.creator.unusable = ""
    story.command(Verb.RETRY)
    story.until_quiet(within=2 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    check(story)


def test_a_bundle_that_cannot_be_read_is_no_fault_of_a_service() -> None:
    story = Story()
    story.bundle.readable = False
    with pytest.raises(ServicesUnavailableError):
        story.service.registered(event(story, "2"), story.clock.now)
    story.pass_time(20 * MINUTE)
    assert story.log.attentions == []


def test_an_unreadable_row_of_one_service_keeps_the_version_from_no_other() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.bundle.policies = {"aaa": OTHER, **story.bundle.policies}
    story.service.registered(event(story, "1"), story.clock.now)
    aaa = story.endpoint.replace(POLICY.endpoint, OTHER.endpoint)
    story.store.plant({**story.store.entity(aaa), **NEWER})
    assert story.service.registered(event(story, "2"), story.clock.now).matched == ("fraud",)
    assert any("is not offered to aaa" in text for text in story.log.attentions)


def test_an_unavailable_store_for_one_service_still_offers_the_version_to_the_next() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.bundle.policies = {"aaa": OTHER, **story.bundle.policies}
    story.seam.once_before("store.load", raising(StoreUnavailableError("it is throttling")))
    with pytest.raises(StoreUnavailableError):
        story.service.registered(event(story, "2"), story.clock.now)
    assert story.offer_of("2").state is OfferState.RECEIVED


def test_a_live_row_of_a_newer_schema_hides_no_other() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_started("2", within=HOUR)
    (row,) = story.store._live.values()
    key = row.entity["RowKey"].replace("fraud", "zebra")
    story.store._live[key] = replace(row, entity={**row.entity, "RowKey": key, **NEWER})
    story.until_phase(Phase.SUCCEEDED, within=2 * HOUR)
    assert any("a row of Live is left alone" in text for text in story.log.attentions)
    assert story.service.show("fraud").current is not None
    story.pass_time(HOUR)
    assert list(story.store._live) == [key]


def test_an_unreadable_offer_stops_no_rollback() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.put_model("3")
    story.offer("3")
    row = table_keys.offer_key(MODEL, "3")
    story.store.plant({**story.store.entity(story.endpoint, row), **NEWER})
    story.alert(story.rollout.candidate)
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)
    assert any("a row is left alone" in text for text in story.log.attentions)


@pytest.mark.parametrize(("tags", "offered"), [({}, True), ({"stage": "dev"}, False)])
def test_only_a_tag_that_contradicts_sorts_a_service_out(
    tags: dict[str, str],
    offered: bool,  # noqa: FBT001
) -> None:
    story = Story(replace(POLICY, tags={"stage": "prod"}))
    story.put_model("2", {"stage": "prod"})
    matched = story.service.registered(event(story, "2", tags), story.clock.now).matched
    assert matched == (("fraud",) if offered else ())


def test_a_live_row_that_no_offer_followed_is_dropped() -> None:
    story = Story()
    story.adopt()
    story.store.put_live(LiveRow(story.endpoint, "fraud", story.clock.now))
    story.pass_time(5 * MINUTE)
    assert story.store._live
    story.pass_time(10 * MINUTE)
    assert not story.store._live


def test_a_retry_pressed_while_looking_at_another_rollout_is_refused() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.alert(story.rollout.candidate)
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)
    with pytest.raises(RefusedError, match="the rollout is"):
        story.command(Verb.RETRY, expected=Expected("another"))
    story.command(Verb.RETRY, expected=Expected(story.rollout.id))


def test_a_pass_that_keeps_losing_leaves_it_to_the_next_tick() -> None:
    story = Story()
    story.adopt()
    story.put_model("2")
    story.registered("2")
    end = always(story.seam, lambda name: name == "store.commit", lost)
    story.work()
    with pytest.raises(StoreUnavailableError):
        story.offer("3")
    end()
    story.until_started("2", within=HOUR)


def lost(name: str) -> StaleRowError:
    return StaleRowError(f"somebody else was first at {name}")


def odd(name: str) -> RolloutError:
    return UnreadableAnswerError(f"{name} answered what nobody expected")


class UnreadableAnswerError(RolloutError):
    """A kind of trouble the product does not know."""


def test_a_slow_clock_that_counts_a_failure_does_not_turn_time_back() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    before = story.current.saved_at
    end = always(story.seam, lambda name: name == "endpoints.get", odd)
    story.service.work(story.endpoint, before + HOUR, None)
    saved = story.current.saved_at
    assert story.current.failures == 1
    story.service.work(story.endpoint, before, None)
    end()
    assert story.current.saved_at >= saved


def test_what_was_left_behind_is_looked_for_over_the_time_of_a_round() -> None:
    story = Story()
    story.bundle.policies = {
        f"s{number}": replace(POLICY, service=f"s{number}", endpoint=f"e-{number}")
        for number in range(7)
    }
    reads: list[int] = []
    for _ in range(5):
        before = story.seam.calls["endpoints.get"]
        story.pass_time(10 * MINUTE)
        reads.append(story.seam.calls["endpoints.get"] - before)
    assert reads == [2, 2, 2, 1, 0]


def test_a_resolved_alert_is_counted_and_moves_nothing() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    over = AlertFired("alert-1", "failures", story.rollout.candidate, None, "", resolved=True)
    outcome = story.service.alert(story.endpoint, over, story.clock.now)
    assert outcome.outcome == "ignored"
    assert "resolved" in outcome.reason
    assert [entry for entry in story.history() if entry.kind == "AlertReceived"] == []
    assert story.current.alerts.unwritten == 1
    assert story.phase is Phase.BAKING


def test_the_calls_of_an_attempt_that_a_caller_waits_for_share_its_time() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    endpoints = story.ports.endpoints
    bounds: list[float] = []
    read, put = endpoints.endpoint, endpoints.set_traffic

    def reading(endpoint: str, *, timeout: float, shared: bool = False) -> EndpointSeen | Absent:
        bounds.append(timeout)
        return read(endpoint, timeout=timeout, shared=shared)

    def putting(*args: Any, timeout: float, **others: Any) -> None:
        bounds.append(timeout)
        put(*args, timeout=timeout, **others)

    endpoints.endpoint, endpoints.set_traffic = reading, putting  # type: ignore[method-assign]  # to see what they are given
    story.alert(story.rollout.candidate)
    first, last = bounds
    assert 3.0 >= first > last


def test_an_unreadable_offer_stops_no_cancellation() -> None:
    story = Story()
    story.adopt()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.put_model("3")
    story.offer("3")
    row = table_keys.offer_key(MODEL, "3")
    damaged = {**story.store.entity(story.endpoint, row), **NEWER}
    story.store.plant(damaged)
    story.command(Verb.CANCEL, version="3")
    assert story.current.offers == ()
    assert story.store.entity(story.endpoint, row) == damaged
    assert any("a row is left alone" in text for text in story.log.attentions)

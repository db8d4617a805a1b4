"""What becomes of a version that is put forward: at the door, and when its truth is known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.draft import Draft
from rollout.core.offers.offers import decide_offers
from rollout.core.policy.model import StartOn
from rollout.core.records.observation import (
    Absent,
    ModelId,
    Observation,
    ProvisioningState,
    Unreachable,
    Unsupported,
)
from rollout.core.records.offers import Offer, OfferSource, OfferState, Release
from rollout.core.records.orders import Proof, Starter
from rollout.core.records.phases import FORWARD_PHASES, Phase
from rollout.core.records.rollout import Rollout
from rollout.core.records.signals import Offered, Wake
from tests.support.builders import (
    BLUE,
    DIGEST,
    GREEN,
    MODEL,
    NOW,
    POLICY,
    a_current,
    a_deployment,
    a_model,
    a_rollout,
    a_service,
    after,
    an_endpoint,
    an_offer,
    deployments,
    minutes,
    seen,
)
from tests.support.offer_decisions import EVENT, RETRY, START, a_record, at_the_door, decided, fate


def test_a_new_offer_is_written_down_undecided() -> None:
    decision = at_the_door(a_current(next_look=after(5)))
    assert decision.outcome == "received"
    assert decision.current.offers == (Offer(MODEL, "8", EVENT, NOW, "ann", "because"),)
    assert decision.current.offers[0].starter == Starter()
    assert decision.current.next_look is None
    assert fate(decision) is OfferState.RECEIVED


def test_an_operators_offer_keeps_who_that_is() -> None:
    offered = Offered("fraud", MODEL, "8", START, "ann", "because", Proof("1-ann"))
    (offer,) = decide(a_current(), offered, Observation(), Context(NOW)).current.offers
    assert offer.starter == Starter("ann", "1-ann")


def test_an_offer_of_an_operator_that_was_stored_before_has_a_name_and_no_proof() -> None:
    assert an_offer("8", START, by="ann").starter == Starter("ann")
    assert an_offer("8", RETRY).starter == Starter("somebody")
    assert an_offer("8", EVENT, by="Event Grid").starter == Starter()


def test_a_good_offer_waits_and_the_next_look_starts_it() -> None:
    decision = decided(an_offer())
    assert fate(decision) is OfferState.WAITING
    assert decision.again
    waiting = decision.current.waiting
    assert waiting is not None
    assert (waiting.created_at, waiting.template_digest) == (NOW - minutes(10), DIGEST)
    assert decision.current.offers == ()


@pytest.mark.parametrize(
    "observation",
    [
        Observation(),
        seen(service=Unreachable("bundle")),
        seen(endpoint=Unreachable("arm")),
        seen(deployments=Unreachable("arm")),
        seen(deployments=None),
    ],
    ids=["nothing", "service", "endpoint", "deployments", "deployments not read"],
)
def test_an_offer_stays_while_the_world_cannot_be_read(observation: Observation) -> None:
    decision = decided(an_offer(), observation=observation)
    assert decision.current.offers == (an_offer(),)
    assert not decision.offers


@pytest.mark.parametrize("endpoint", [Absent(), Unsupported("a Kubernetes endpoint")])
def test_an_offer_for_an_endpoint_that_is_not_there_is_decided(endpoint: object) -> None:
    there = seen(endpoint=endpoint, deployments={})
    assert fate(decided(an_offer(), observation=there)) is OfferState.WAITING


def test_an_offer_stays_while_its_model_cannot_be_read() -> None:
    assert not decided(an_offer(), Unreachable("arm")).offers


def test_an_offer_stays_while_the_age_of_what_serves_cannot_be_read() -> None:
    there = seen({BLUE: 100})
    there = replace(
        there, models={(MODEL, "8"): a_model("8", 10), (MODEL, "6"): Unreachable("arm")}
    )
    current = a_current(offers=(an_offer(),))
    decision = decide(current, Wake(), there, Context(NOW))
    assert decision.current == current


def test_a_service_that_is_gone_rejects_what_was_offered() -> None:
    gone = seen({BLUE: 100}, service=a_service(policy=None))
    assert fate(decided(an_offer(), observation=gone)) is OfferState.REJECTED


def test_a_version_that_the_workspace_does_not_have_is_rejected() -> None:
    decision = decided(an_offer(), Absent())
    assert fate(decision) is OfferState.REJECTED
    assert decision.history[0].kind == "OfferDecided"
    assert decision.history[0].rollout == "0"


@pytest.mark.parametrize("source", [EVENT, START])
def test_start_on_manual_leaves_the_start_to_a_person(source: OfferSource) -> None:
    manual = a_service(replace(POLICY, start_on=StartOn.MANUAL))
    decision = decided(an_offer(source=source), observation=seen({BLUE: 100}, service=manual))
    assert fate(decision) is (OfferState.REJECTED if source is EVENT else OfferState.WAITING)


@pytest.mark.parametrize(
    ("tags", "state"), [({}, OfferState.REJECTED), ({"stage": "prod"}, OfferState.WAITING)]
)
def test_the_tags_that_the_workspace_has_decide(tags: dict[str, str], state: OfferState) -> None:
    filtered = seen({BLUE: 100}, service=a_service(replace(POLICY, tags={"stage": "prod"})))
    truth = replace(a_model("8", 10), tags=tags)
    assert fate(decided(an_offer(), truth, observation=filtered)) is state


@pytest.mark.parametrize("phase", [*sorted(FORWARD_PHASES), Phase.RETIRING])
@pytest.mark.parametrize("source", [EVENT, START])
def test_the_version_on_trial_is_on_trial_already(phase: Phase, source: OfferSource) -> None:
    decision = decided(an_offer("7", source), rollout=a_rollout(phase))
    assert fate(decision, "7") is OfferState.ROLLOUT


def test_a_person_may_offer_the_version_on_trial_with_another_template() -> None:
    other = a_rollout(Phase.BAKING, release=Release(MODEL, "7", "older digest"))
    assert fate(decided(an_offer("7", EVENT), rollout=other), "7") is OfferState.ROLLOUT
    assert fate(decided(an_offer("7", START), rollout=other), "7") is OfferState.WAITING


@pytest.mark.parametrize("phase", [Phase.ROLLING_BACK, Phase.DISCARDING, Phase.ROLLED_BACK])
def test_a_version_that_goes_back_may_be_retried(phase: Phase) -> None:
    decision = decided(an_offer("7", RETRY), rollout=a_rollout(phase))
    assert fate(decision, "7") is OfferState.WAITING


def test_an_event_for_the_version_that_serves_is_live() -> None:
    assert fate(decided(an_offer("6"), a_model("6", 60)), "6") is OfferState.LIVE


@pytest.mark.parametrize(
    ("digest", "state"), [(DIGEST, OfferState.LIVE), ("older", OfferState.WAITING)]
)
def test_for_a_person_only_the_same_release_is_live(digest: str, state: OfferState) -> None:
    done = a_rollout(Phase.SUCCEEDED, release=Release(MODEL, "7", digest))
    there = seen({GREEN: 100}, deployments=deployments(GREEN))
    truth = a_model("7", 10)
    assert fate(decided(an_offer("7", START), truth, rollout=done, observation=there), "7") is state


@pytest.mark.parametrize("home", ["registries/shared", "subscriptions/s/workspaces/train"])
@pytest.mark.parametrize("version", ["6", "8"])
def test_a_model_of_another_home_neither_is_the_workspaces_own_nor_has_an_age(
    home: str, version: str
) -> None:
    blue = a_deployment(BLUE, model=ModelId(MODEL, "6", home))
    there = seen({BLUE: 100}, deployments=deployments(blue))
    truth = a_model(version, 60)
    there = replace(there, models={(MODEL, "6"): a_model("6", 60), (MODEL, version): truth})
    decision = decided(an_offer(version), truth, observation=there)
    assert fate(decision, version) is OfferState.WAITING


def test_for_a_person_a_version_that_no_rollout_of_ours_brought_is_not_live() -> None:
    assert fate(decided(an_offer("6", START), a_model("6", 60)), "6") is OfferState.WAITING


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (EVENT, OfferState.QUARANTINED),
        (START, OfferState.QUARANTINED),
        (RETRY, OfferState.WAITING),
    ],
)
def test_a_release_that_failed_starts_only_by_retry(source: OfferSource, state: OfferState) -> None:
    record = a_record(OfferState.QUARANTINED, (DIGEST,))
    decision = decided(an_offer(source=source), record=record)
    assert fate(decision) is state
    assert decision.offers[0].quarantined == (DIGEST,)


def test_a_release_that_failed_with_another_template_may_start() -> None:
    record = a_record(OfferState.QUARANTINED, ("older",))
    assert fate(decided(an_offer(source=START), record=record)) is OfferState.WAITING


@pytest.mark.parametrize(
    ("age", "source", "state"),
    [
        (61, EVENT, OfferState.SUPERSEDED),
        (60, EVENT, OfferState.SUPERSEDED),
        (59, EVENT, OfferState.WAITING),
        (61, START, OfferState.WAITING),
    ],
)
def test_age_in_the_workspace_decides_against_what_serves_and_not_for_a_person(
    age: float, source: OfferSource, state: OfferState
) -> None:
    assert fate(decided(an_offer(source=source), a_model("8", age))) is state


@pytest.mark.parametrize("model", [None, ModelId(MODEL, "unread")])
def test_where_the_age_of_what_serves_cannot_be_known_nothing_is_too_old(
    model: ModelId | None,
) -> None:
    there = seen({BLUE: 100}, deployments=deployments(a_deployment(BLUE, model=model)))
    decision = decided(an_offer(), a_model("8", 999), observation=there)
    assert fate(decision) is OfferState.WAITING


def test_with_no_deployment_at_100_percent_nothing_serves() -> None:
    there = seen({BLUE: 90, GREEN: 10})
    assert fate(decided(an_offer("6"), a_model("6", 60), observation=there), "6") is (
        OfferState.WAITING
    )


@pytest.mark.parametrize(
    ("source", "created", "state"),
    [
        (EVENT, NOW - minutes(11), OfferState.WAITING),
        (EVENT, NOW - minutes(10), OfferState.SUPERSEDED),
        (EVENT, NOW - minutes(9), OfferState.SUPERSEDED),
        (EVENT, None, OfferState.WAITING),
        (START, NOW - minutes(9), OfferState.WAITING),
    ],
)
def test_only_the_newest_of_those_that_wait_waits_on(
    source: OfferSource, created: object, state: OfferState
) -> None:
    waiting = an_offer("9", created_at=created)
    decision = decided(
        an_offer(source=source),
        rollout=a_rollout(Phase.PROMOTED, model_created_at=NOW),
        waiting=waiting,
    )
    assert fate(decision) is state
    stays = state is OfferState.SUPERSEDED
    assert decision.current.waiting is not None
    assert decision.current.waiting.version == ("9" if stays else "8")
    if not stays:
        assert fate(decision, "9") is OfferState.SUPERSEDED


def test_of_two_models_with_one_version_the_other_one_is_superseded_too() -> None:
    waiting = an_offer("8", model="older-model", created_at=NOW - minutes(30))
    decision = decided(an_offer("8"), rollout=a_rollout(Phase.BAKING, stage=2), waiting=waiting)
    states = {each.offer.model: each.state for each in decision.offers}
    assert states == {"older-model": OfferState.SUPERSEDED, MODEL: OfferState.WAITING}


def test_the_same_version_put_forward_anew_takes_its_own_place() -> None:
    waiting = an_offer("8")
    decision = decided(
        an_offer("8", START), rollout=a_rollout(Phase.BAKING, stage=2), waiting=waiting
    )
    assert len(decision.offers) == 1
    assert decision.current.waiting is not None
    assert decision.current.waiting.source is START


def test_all_offers_are_decided_in_one_look() -> None:
    offers = (an_offer("8"), an_offer("9"))
    there = replace(
        seen({BLUE: 100}, deployments=deployments(BLUE)),
        models={(MODEL, "8"): a_model("8", 20), (MODEL, "9"): a_model("9", 10)},
    )
    decision = decide(a_current(offers=offers), Wake(), there, Context(NOW))
    states = {each.offer.version: each.state for each in decision.offers}
    assert states == {"8": OfferState.SUPERSEDED, "9": OfferState.WAITING}


def test_an_unmanaged_look_does_not_matter_to_an_offer() -> None:
    busy = seen({BLUE: 100}, endpoint=an_endpoint({BLUE: 100}, state=ProvisioningState.UPDATING))
    assert fate(decided(an_offer(), observation=busy)) is OfferState.WAITING


def test_offers_are_decided_while_everything_is_suspended_and_do_not_start() -> None:
    current = a_current(offers=(an_offer(),))
    there = replace(seen({BLUE: 100}), models={(MODEL, "8"): a_model("8", 10)})
    decision = decide(current, Wake(), there, Context(NOW, suspended=True))
    assert fate(decision) is OfferState.WAITING
    assert not decision.again
    later = decide(decision.current, Wake(), there, Context(NOW + timedelta(1), suspended=True))
    assert later.current.rollout is None


@pytest.mark.parametrize(
    ("rollout", "suspended", "text"),
    [
        (None, False, "it starts at the next look"),
        (a_rollout(Phase.SUCCEEDED), False, "it starts at the next look"),
        (None, True, "it starts once rollouts are no longer suspended"),
        (a_rollout(Phase.BAKING), False, "it waits for its turn"),
    ],
)
def test_an_offer_is_told_to_wait_only_where_something_else_runs(
    rollout: Rollout | None, text: str, *, suspended: bool
) -> None:
    draft = Draft(a_current(rollout, offers=(an_offer(),)), NOW, suspended=suspended)
    models = {(MODEL, "8"): a_model("8", 10), (MODEL, "6"): a_model("6", 60)}
    decide_offers(draft, replace(seen({BLUE: 100}), models=models, service=a_service()))
    assert draft.done().history[-1].text == f"version 8 waiting: {text}"


@pytest.mark.parametrize("source", [EVENT, START, RETRY])
def test_the_version_that_is_stable_under_a_live_rollout_is_refused(source: OfferSource) -> None:
    trial = seen({BLUE: 90, GREEN: 10})
    offer = an_offer("6", source)
    looked = decided(offer, a_model("6", 60), rollout=a_rollout(Phase.CREATING), observation=trial)
    assert [(each.state, each.text) for each in looked.offers] == [
        (OfferState.REJECTED, "it is stable now: use rollback")
    ]
    # Once the old stable is being deleted, `rollback` cannot bring it back.
    retiring = seen({GREEN: 100})
    looked = decided(
        offer, a_model("6", 60), rollout=a_rollout(Phase.RETIRING), observation=retiring
    )
    assert looked.offers[0].state is not OfferState.REJECTED


def test_an_archived_version_is_rejected_without_quarantine() -> None:
    looked = decided(an_offer(), replace(a_model("8", 10), archived=True))
    assert [(each.state, each.text, each.quarantined) for each in looked.offers] == [
        (
            OfferState.REJECTED,
            "it is archived in the workspace: restore it, then retry",
            (),
        )
    ]

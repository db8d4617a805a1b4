"""An order is sent until it is answered, and counts once: whatever crashes, whoever is first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest

from rollout.core.records.offers import OfferState
from rollout.core.records.orders import OrderKey
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Expected, Verb
from rollout.errors import KeyReusedError, RefusedError, StoreUnavailableError
from rollout.service import OrderOutcome
from tests.doubles.seam import CrashError, raising
from tests.support.stories.azure import UNABLE
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import Story
from tests.support.stories.trouble import Nth, Trouble, always, unavailable

# The same lines many times: tracing them costs more than their run and covers nothing more.
pytestmark = pytest.mark.no_cover

KEY = OrderKey("8e03978e-40d5-43dd-bc93-6894a57f9324", "digest")
AT_STAGE_0 = Expected(None, Phase.BAKING, 0)
TRIES = 5


@dataclass(frozen=True)
class Case:
    """An order, and where it is given."""

    before: Callable[[], Story]
    send: Callable[[Story], OrderOutcome]


def with_a_model() -> Story:
    story = on_trial(Phase.BAKING)
    story.put_model("3")
    return story


def with_an_offer() -> Story:
    """Nothing is on trial; one version waits to be decided."""
    story = Story()
    story.adopt()
    always(story.seam, lambda name: name == "models.get", unavailable)
    story.register("2")
    story.pass_time(2 * MINUTE)
    assert story.offer_of("2").state is OfferState.RECEIVED
    return story


def failed() -> Story:
    """Version 2 failed and is quarantined."""
    story = Story()
    story.adopt()
    story.serves("2", UNABLE)
    story.register("2")
    story.until_quiet(within=2 * HOUR)
    assert story.offer_of("2").state is OfferState.QUARANTINED
    return story


def pressed(verb: Verb, **more: object) -> Callable[[Story], OrderOutcome]:
    def send(story: Story) -> OrderOutcome:
        return story.command(verb, key=KEY, **more)  # type: ignore[arg-type]  # by name

    return send


BAKING = partial(on_trial, Phase.BAKING)
CASES = {
    "advance": Case(BAKING, pressed(Verb.ADVANCE, expected=AT_STAGE_0, skip_evidence=True)),
    "rollback": Case(BAKING, pressed(Verb.ROLLBACK)),
    "cancel": Case(BAKING, pressed(Verb.CANCEL)),
    "cancel of all there is": Case(with_an_offer, pressed(Verb.CANCEL)),
    "start": Case(with_a_model, lambda story: story.offer("3", key=KEY)),
    "retry": Case(failed, pressed(Verb.RETRY)),
}


def effects(story: Story) -> tuple[int, int]:
    """How many orders the history has, and how often an offer was taken on."""
    commanded = [each for each in story.history() if each.kind == "Commanded"]
    taken_on = [
        step
        for step in story.store.journal
        if step.before is not None and len(step.after.offers) > len(step.before.offers)
    ]
    return len(commanded), len(taken_on)


def until_answered(story: Story, send: Callable[[Story], OrderOutcome]) -> OrderOutcome:
    """What a client does: it sends the same request again while it gets no answer."""
    for _ in range(TRIES):
        try:
            return send(story)
        except CrashError:
            story.restart()
        except StoreUnavailableError:
            continue
    raise AssertionError("never answered")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("trouble", [each for each in Trouble if each is not Trouble.CRASH_AGAIN])
def test_an_order_counts_once_whatever_happens_at_any_of_its_calls(
    name: str, trouble: Trouble
) -> None:
    case = CASES[name]
    undisturbed = case.before()
    expected = case.send(undisturbed).answer.text
    boundary = 0
    while True:
        story = case.before()
        nth = Nth(boundary, trouble)
        nth.begin(story.seam)
        answered = until_answered(story, case.send)
        if not nth.happened:
            break
        where = (boundary, nth.name)
        again = until_answered(story, case.send)
        assert answered.answer.text == expected, where
        assert (again.answer, again.repeated) == (answered.answer, True), where
        assert effects(story) == effects(undisturbed), where
        boundary += 1
    assert boundary > 1


@pytest.mark.parametrize("name", CASES)
def test_two_copies_at_once_count_once(name: str) -> None:
    """At every call of one worker another one takes the same order, from beginning to end."""
    case = CASES[name]
    undisturbed = case.before()
    case.send(undisturbed)
    boundary = 0
    while True:
        story = case.before()
        other = story.interrupt(boundary, partial(case.send, story))
        first = until_answered(story, case.send)
        if not other.happened:
            break
        assert isinstance(other.result, OrderOutcome)
        assert first.answer == other.result.answer, boundary
        assert sorted([first.repeated, other.result.repeated]) == [False, True], boundary
        assert effects(story) == effects(undisturbed), boundary
        boundary += 1
    assert boundary > 1


def test_an_advance_that_comes_again_after_the_stage_moved_on_is_answered_as_it_was() -> None:
    story = on_trial(Phase.BAKING)
    press = pressed(Verb.ADVANCE, expected=AT_STAGE_0, skip_evidence=True)
    first = press(story)
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)

    again = press(story)

    assert (again.answer, again.repeated, again.answer.stage) == (first.answer, True, 1)
    assert again.current.owner.stage == 1
    with pytest.raises(RefusedError, match="the stage is 1 now, not 0"):
        story.command(Verb.ADVANCE, expected=AT_STAGE_0, skip_evidence=True)
    story.until_quiet(within=6 * HOUR)
    check(story)


def test_a_key_is_of_one_order_also_for_another_process() -> None:
    story = on_trial(Phase.BAKING)
    story.command(Verb.PAUSE, key=KEY)
    story.restart()

    with pytest.raises(KeyReusedError, match='"pause" at'):
        story.command(Verb.RESUME, key=replace(KEY, digest="another"))

    assert story.is_held


def test_an_order_sent_again_does_what_its_first_sending_died_before() -> None:
    """The way back was saved and not asked for: the copy asks, and does not wait for a tick."""
    story = on_trial(Phase.BAKING, 1)
    story.seam.once_after("store.commit", raising(CrashError("killed")))
    with pytest.raises(CrashError):
        story.command(Verb.ROLLBACK, key=KEY)
    story.restart()
    assert story.split == {"blue-0": 50, "green-2": 50}

    assert story.command(Verb.ROLLBACK, key=KEY).repeated

    story.clock.by(MINUTE)
    assert story.split == {"blue-0": 100}
    story.until_quiet(within=6 * HOUR)
    check(story)


def test_an_order_that_was_carried_out_is_answered_although_no_view_can_be_read() -> None:
    story = on_trial(Phase.BAKING)
    outcome = story.command(Verb.ROLLBACK)
    assert story.service.after(outcome) == story.service.show(story.policy.service)
    end = always(story.seam, lambda name: name == "store.history", unavailable)

    shown = story.service.after(outcome)

    assert (shown.current, shown.history) == (outcome.current, ())
    assert shown.fault.startswith("the order was carried out, and the history cannot be read now")
    end()

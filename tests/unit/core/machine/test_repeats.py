"""An order that is sent again is answered again, and nothing is done twice."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.decide import Context, decide
from rollout.core.machine.commands import pin
from rollout.core.machine.decision import Decision
from rollout.core.machine.repeats import (
    MOST_CHARACTERS,
    MOST_REMEMBERED,
    REMEMBERED_FOR,
    answered_before,
    remember,
)
from rollout.core.records.observation import Observation
from rollout.core.records.offers import OfferSource
from rollout.core.records.orders import OrderAnswer, OrderKey
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.errors import KeyReusedError, RefusedError
from tests.support.builders import MODEL, NOW, a_current, a_rollout, after, an_offer, minutes

KEY = OrderKey("one", "digest of the body")
ANSWER = OrderAnswer("pause", "pause", "pause: held", "r-1", Phase.BAKING, 0)


def order(current: Current, given: Command | Offered, at: float = 0) -> Decision:
    """Decide as the door does, which binds a command to what it saw first."""
    if isinstance(given, Command) and answered_before(current, given.key, after(at)) is None:
        given = pin(given, current)
    return decide(current, given, Observation(), Context(after(at)))


def test_an_advance_is_given_once_although_the_stage_moved_on() -> None:
    seen = Expected(None, Phase.BAKING, 0)
    press = Command(Verb.ADVANCE, "ann", "because", seen, skip_evidence=True, key=KEY)
    first = order(a_current(a_rollout(Phase.BAKING)), press)
    assert first.current.phase is Phase.SHIFTING

    again = order(first.current, press, at=5)

    assert again == Decision(
        first.current, outcome="advance", text=first.text, answer=first.answer, repeated=True
    )
    with pytest.raises(RefusedError, match="the phase is SHIFTING now"):
        order(first.current, replace(press, key=replace(KEY, text="two")), at=5)


def test_a_start_is_given_once_although_the_version_was_refused_since() -> None:
    start = Offered("fraud", MODEL, "8", OfferSource.START, "ann", "try", key=KEY)
    first = order(a_current(a_rollout(Phase.SUCCEEDED)), start)
    assert (first.outcome, len(first.current.offers)) == ("received", 1)

    refused = replace(first.current, offers=())

    again = order(refused, start, at=5)
    assert (again.current, again.outcome, again.offers) == (refused, "received", ())


def test_a_start_that_changed_nothing_is_answered_so_again() -> None:
    start = Offered("fraud", MODEL, "8", OfferSource.START, "ann", "try", key=KEY)
    waits = a_current(a_rollout(Phase.BAKING), waiting=an_offer("8", OfferSource.START))
    first = order(waits, start)
    assert (first.outcome, first.repeated) == ("known", False)

    settled = replace(first.current, waiting=None)

    again = order(settled, start, at=5)
    assert (again.outcome, again.current) == ("known", settled)


def test_another_order_under_the_same_key_is_a_mistake() -> None:
    current = remember(a_current(), KEY, ANSWER, NOW)

    with pytest.raises(KeyReusedError, match='another order \\("pause" at 12:00:00 UTC\\)') as bad:
        answered_before(current, replace(KEY, digest="of something else"), after(1))

    assert bad.value.status == 422


def test_an_order_without_a_key_is_not_remembered() -> None:
    decision = order(a_current(a_rollout(Phase.BAKING)), Command(Verb.PAUSE, "ann", "because"))

    assert decision.current.orders == ()
    assert decision.answer == OrderAnswer(
        "pause", "pause", decision.text, decision.current.rollout_id, Phase.BAKING, 0
    )


def test_what_was_refused_may_be_sent_again() -> None:
    current = a_current(a_rollout(Phase.BAKING))
    resume = Command(Verb.RESUME, "ann", "because", key=KEY)
    with pytest.raises(RefusedError, match="nothing is held"):
        order(current, resume)

    paused = order(current, Command(Verb.PAUSE, "ann", "because"), at=1).current

    assert not order(paused, resume, at=2).repeated


def test_an_order_is_forgotten_after_a_day() -> None:
    current = remember(a_current(), KEY, ANSWER, NOW)
    ends = NOW + REMEMBERED_FOR

    assert answered_before(current, KEY, ends - minutes(1)) == ANSWER
    assert answered_before(current, KEY, ends) is None
    assert len(remember(current, KEY, ANSWER, ends).orders) == 1


def test_the_oldest_of_many_orders_is_forgotten_first() -> None:
    current = a_current()
    keys = [OrderKey(f"key {number}", "") for number in range(MOST_REMEMBERED + 1)]
    for key in keys:
        current = remember(current, key, ANSWER, NOW)

    assert [answered_before(current, key, NOW) for key in keys[:2]] == [None, ANSWER]
    assert len(current.orders) == MOST_REMEMBERED


def test_a_long_answer_is_remembered_cut_short() -> None:
    long = replace(ANSWER, text="x" * (MOST_CHARACTERS + 1))

    (kept,) = remember(a_current(), KEY, long, NOW).orders

    assert len(kept.answer.text) == MOST_CHARACTERS
    assert kept.answer.text.endswith("x...")
    whole = replace(ANSWER, text="x" * MOST_CHARACTERS)
    assert remember(a_current(), KEY, whole, NOW).orders[0].answer == whole


VERBS = (Verb.PAUSE, Verb.RESUME, Verb.ADVANCE, Verb.ROLLBACK)
ORDERS = st.lists(st.sampled_from(VERBS), min_size=1, max_size=8)


def played(current: Current, sent: Sequence[Command]) -> tuple[Current, dict[str, OrderAnswer]]:
    """Give the orders one after another; what each key was answered, unless refused."""
    answers: dict[str, OrderAnswer] = {}
    for at, each in enumerate(sent):
        try:
            decision = order(current, each, at)
        except RefusedError:
            continue
        current = decision.current
        assert decision.answer is not None
        assert each.key is not None
        known = answers.setdefault(each.key.text, decision.answer)
        assert decision.answer == known
        assert not decision.repeated or not (decision.history or decision.effects)
    return current, answers


@given(ORDERS, st.data())
def test_however_often_and_late_orders_come_again_each_counts_once(
    verbs: list[Verb], data: st.DataObject
) -> None:
    """Copies come anywhere after their first sending: a client repeats, networks delay."""
    firsts = [
        Command(verb, "ann", "because", skip_evidence=True, key=OrderKey(str(at), verb))
        for at, verb in enumerate(verbs)
    ]
    current = a_current(a_rollout(Phase.BAKING))
    once: list[Command] = []
    sent: list[Command] = []
    row = current
    for first in firsts:
        # What is refused is not remembered: its copies are new orders, and have their own test.
        try:
            row = order(row, first, len(once)).current
        except RefusedError:
            continue
        once.append(first)
        sent.append(first)
        sent.extend(data.draw(st.lists(st.sampled_from(once), max_size=3)))

    whole, answers = played(current, sent)
    alone, expected = played(current, once)

    assert [each.key for each in whole.orders] == [each.key for each in alone.orders]
    assert (whole.phase, whole.sequence) == (alone.phase, alone.sequence)
    assert {key: (each.verb, each.phase, each.stage) for key, each in answers.items()} == {
        key: (each.verb, each.phase, each.stage) for key, each in expected.items()
    }

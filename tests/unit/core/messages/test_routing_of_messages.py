"""Which channels a message goes to."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.messages import Message, Routed, routed
from rollout.core.policy.notify_model import USUAL, About, Route
from rollout.core.records.phases import Phase
from tests.support.happenings import a_happening, a_message

ROLLED_BACK = a_message()
APPROVAL = a_message(a_happening("AttentionNeeded", Phase.BAKING, cause="approval"))
PAUSED = a_message(a_happening("Notice", Phase.BAKING, cause="operator"))
PROMOTED = a_message(a_happening("Notice", Phase.PROMOTED, cause="PROMOTED"))
CLEARED = a_message(a_happening("Notice", Phase.ROLLED_BACK))
ALL = ("default", "fraud-team", "audit")
USUAL_ROUTES = (Route("default"),)


@pytest.mark.parametrize(
    ("message", "sent"),
    [(ROLLED_BACK, True), (APPROVAL, True), (PAUSED, False), (PROMOTED, False), (CLEARED, False)],
)
def test_without_routes_people_are_told_what_they_must_know(message: Message, sent: bool) -> None:  # noqa: FBT001
    assert routed(message, None, USUAL_ROUTES, ALL) == Routed(("default",) if sent else ())


def test_routes_of_the_service_replace_the_usual_ones() -> None:
    own = (Route("fraud-team", (About.PROMOTED,)), Route("audit", (About.NOTICE,)))
    assert routed(PROMOTED, own, USUAL_ROUTES, ALL) == Routed(("fraud-team", "audit"))
    assert routed(ROLLED_BACK, own, USUAL_ROUTES, ALL) == Routed(("audit",))
    assert routed(APPROVAL, own, USUAL_ROUTES, ALL) == Routed(())


def test_no_routes_at_all_are_a_decision_too() -> None:
    assert routed(APPROVAL, (), USUAL_ROUTES, ALL) == Routed(())


def test_a_channel_that_is_not_there_is_told_of_and_the_usual_ones_get_the_message() -> None:
    own = (Route("lost", (About.PROMOTED,)), Route("audit", (About.PROMOTED,)))
    assert routed(PROMOTED, own, USUAL_ROUTES, ALL) == Routed(("audit", "default"), ("lost",))
    assert routed(ROLLED_BACK, own, USUAL_ROUTES, ALL) == Routed(())


ROUTES = st.lists(
    st.builds(
        Route,
        st.sampled_from((*ALL, "lost", "other")),
        st.lists(st.sampled_from(About), min_size=1).map(tuple),
    ),
    max_size=6,
)


@given(st.none() | ROUTES, ROUTES, st.sampled_from((ROLLED_BACK, APPROVAL, PROMOTED)))
def test_a_message_goes_once_to_each_channel_and_only_to_those_there_are(
    own: Sequence[Route] | None, usual: Sequence[Route], message: Message
) -> None:
    found = routed(message, own, usual, ALL)
    assert len(set(found.channels)) == len(found.channels)
    assert set(found.channels) <= set(ALL)
    assert not set(found.unknown) & set(ALL)
    asked = {each.channel for each in (usual if own is None else own)}
    named = {each.channel for each in usual}
    assert set(found.channels) | set(found.unknown) <= asked | named


def test_the_usual_words_are_those_that_the_page_names() -> None:
    assert USUAL == (About.ATTENTION, About.ROLLED_BACK, About.FAILED)

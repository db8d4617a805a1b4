"""Whatever is asked about one service costs what that service costs, however many there are."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.overview.standing import standing
from rollout.core.records.offers import Offer, OfferRecord, OfferSource, OfferState
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.errors import RolloutError
from rollout.inbound.summary_views import FORM, SummaryViews
from rollout.ports import Commit, LiveRow, SummaryRow
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story

MOST_CALLS = 12
"""Reads and writes of one door together."""

MOST_ROWS = 160
"""Rows that come back to one door: a page of the history, and one of the offers."""

OLD_OFFERS = 400
A_TRANSACTION = 90


def ask(verb: Verb) -> Callable[[Story, str], object]:
    command = Command(verb, "ann", "because", Expected())
    return lambda story, name: story.service.command(name, command, story.clock.now)


DOORS: dict[str, Callable[[Story, str], object]] = {
    "row": lambda story, name: story.service.row(name),
    "show": lambda story, name: story.service.show(name),
    "history": lambda story, name: story.service.history(name, None, None, 100),
    "minutes": lambda story, name: story.service.minutes(name, None, None, 60),
    "offers": lambda story, name: story.service.offers(name, "", 50),
    "bodies": lambda story, name: story.service.bodies(name, 1),
    "policies": lambda story, name: story.service.policies(name),
    "plan": lambda story, name: story.service.plan(name, story.clock.now),
    "pause": ask(Verb.PAUSE),
    "resume": ask(Verb.RESUME),
    "suspend": ask(Verb.SUSPEND),
    "unsuspend": ask(Verb.UNSUSPEND),
    "cancel": ask(Verb.CANCEL),
    "retry": ask(Verb.RETRY),
    "offer": lambda story, name: story.service.offer(
        Offered(name, MODEL, "3", OfferSource.START, "ann"), story.clock.now
    ),
    "event": lambda story, _: story.registered("4"),
    "rollback": ask(Verb.ROLLBACK),
}


@pytest.fixture(scope="module")
def alone() -> Story:
    return crowded(0)


@pytest.fixture(scope="module")
def among_many() -> Story:
    return crowded(1000)


@pytest.mark.parametrize("name", [POLICY.service, "nobody"])
@pytest.mark.parametrize("door", DOORS)
def test_a_door_of_one_service_reads_as_much_among_a_thousand(
    alone: Story, among_many: Story, door: str, name: str
) -> None:
    few, many = (calls_of(story, door, name) for story in (alone, among_many))

    assert few == many
    calls, rows = few
    assert sum(calls.values()) <= MOST_CALLS, calls
    assert "store.live" not in calls
    assert sum(rows.values()) <= MOST_ROWS, rows


def test_a_service_without_a_summary_is_found_without_the_others(among_many: Story) -> None:
    (summary,) = among_many.store.summaries("service-7")
    among_many.store.drop_summary(summary)
    del among_many.bundle.policies["service-7"]
    calls, rows = calls_of(among_many, "show", "service-7")

    assert "store.live" not in calls
    assert rows["store.live_of"] == 1


def test_a_summary_that_is_behind_keeps_nobody_from_rolling_back_what_left_the_bundle() -> None:
    story = on_trial(Phase.BAKING)
    (summary,) = story.store.summaries(POLICY.service)
    story.store.put_summary(replace(summary, live=False))
    story.bundle.policies.clear()
    story.command(Verb.ROLLBACK)
    assert story.phase is Phase.ROLLING_BACK


def crowded(services: int) -> Story:
    """A story in the middle of a rollout, with old offers, and so many services around it."""
    story = on_trial(Phase.BAKING)
    for first in range(0, OLD_OFFERS, A_TRANSACTION):
        numbers = range(first, min(first + A_TRANSACTION, OLD_OFFERS))
        held = story.row
        assert held is not None
        offers = [old_offer(story, number) for number in numbers]
        story.store.commit(Commit(held.current, held, offers=offers))
    for number in range(services):
        add_neighbour(story, f"service-{number}")
    return story


def old_offer(story: Story, number: int) -> OfferRecord:
    """Of many that gave way to newer ones, one failed."""
    state = OfferState.SUPERSEDED if number else OfferState.QUARANTINED
    offer = Offer(MODEL, f"old-{number}", OfferSource.EVENT, story.clock.now)
    return OfferRecord(offer, state, story.clock.now, "an old one")


def add_neighbour(story: Story, name: str) -> None:
    endpoint = story.endpoint.replace("fraud-endpoint", name)
    current, now = Current(endpoint, name, story.clock.now), story.clock.now
    story.bundle.policies[name] = replace(POLICY, service=name, endpoint=name, model=f"of-{name}")
    story.store.commit(Commit(current, None))
    story.store.put_live(LiveRow(endpoint, name, now))
    text = SummaryViews().text(name, endpoint, current, now)
    story.store.put_summary(
        SummaryRow(name, endpoint, standing(current), FORM, now, now, live=True, text=text)
    )


def calls_of(story: Story, door: str, name: str) -> tuple[Counter[str], Counter[str]]:
    """How often a door calls the store, and how many rows come back from each kind of call."""
    with counted(story) as (calls, rows), suppress(RolloutError):
        DOORS[door](story, name)
    return calls, rows


@contextmanager
def counted(story: Story) -> Iterator[tuple[Counter[str], Counter[str]]]:
    calls, rows = Counter[str](), Counter[str]()
    seam = story.seam
    real = seam.run

    def run(name: str, action: Callable[[], Any]) -> Any:
        result = real(name, action)
        if name.startswith("store."):
            calls[name] += 1
            rows[name] += len(result) if isinstance(result, list | tuple) else 1
        return result

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(seam, "run", run)
        yield calls, rows

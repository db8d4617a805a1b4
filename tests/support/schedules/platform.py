"""What the platform does: workers beside one another, calls held up, outages, new processes.

It also takes rights away and gives them back, and stops the timer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from localazure.world import ASSIGN_IDENTITY, Policy
from localazure.world.names import PROVIDER
from tests.doubles.wire import APP
from tests.support.schedules import arrivals, others, people
from tests.support.schedules.watched import WatchedStory
from tests.support.schedules.watching import MANAGED
from tests.support.stories.azure import SOMEBODY
from tests.support.stories.trouble import WRITES, always, busy, unavailable

IDENTITY = (
    "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/serving"
)
OF_ENDPOINTS = Policy("/subscriptions", f"{PROVIDER}/workspaces/onlineEndpoints")
DENIED = "approved-only"

Act = Callable[[WatchedStory, Random], None]

CALLS_OF_A_PASS = 14
AT_A_WRITE = 0.25
"""The share of workers that stand still right before they write traffic: few calls do that."""

OTHERS: tuple[Act, ...] = (
    arrivals.alert,
    people.pause,
    people.resume,
    people.rollback,
    people.advance,
    others.other_split,
    others.back_to_stable,
    others.replace_candidate,
)
OUTAGES = (
    *("metrics.", "metrics.", "endpoints.put", "endpoints.put", "endpoints.", "deployments."),
    *("store.", "lifecycle.", "bundle"),
)


def restart(story: WatchedStory, random: Random) -> None:
    del random
    story.restart()


def app_is_down(story: WatchedStory, random: Random) -> None:
    """For longer than most limits of a schedule, and than a look may be late."""
    story.witness.note(f"situation: the app was down in {story.phase}")
    story.is_down(timedelta(minutes=random.choice((20, 45, 180))))


def another_worker(story: WatchedStory, random: Random) -> None:
    """At one of the next calls another worker does all of its work: one of the two loses."""
    act = random.choice((None, None, *OTHERS))

    def meanwhile() -> None:
        if act is not None:
            story.door(lambda: act(story, random))
        story.door(story.work)

    _interrupt(story, random, meanwhile)


def late_call(story: WatchedStory, random: Random) -> None:
    """A worker stands still for longer than any time-out, and its call arrives late."""
    span = timedelta(seconds=random.choice((5, 40, 150, 700)))
    act = random.choice((None, *OTHERS))

    def meanwhile() -> None:
        if act is not None:
            story.door(lambda: act(story, random))
        story.pass_time(span)

    _interrupt(story, random, meanwhile)


def _interrupt(story: WatchedStory, random: Random, meanwhile: Callable[[], None]) -> None:
    if random.random() < AT_A_WRITE:
        story.interrupted(0, meanwhile, call=MANAGED)
    else:
        story.interrupted(random.randrange(CALLS_OF_A_PASS), meanwhile)


def second_delivery(story: WatchedStory, random: Random) -> None:
    """The queue delivers a wake-up once more."""
    for _ in range(random.randint(1, 3)):
        story.door(story.work)


def right_is_lost(story: WatchedStory, random: Random) -> None:
    """Nothing of the app's may write the endpoint: no right to its identity, or a policy."""
    if story.setting.identity and random.random() < 0.5:
        story.wire.access.revoke(APP, IDENTITY)
    else:
        story.wire.governance.deny(DENIED, OF_ENDPOINTS)


def right_is_back(story: WatchedStory, random: Random) -> None:
    del random
    story.wire.access.grant(APP, IDENTITY, [ASSIGN_IDENTITY])
    story.wire.governance.withdraw(DENIED)


def has_identity(story: WatchedStory) -> None:
    """Somebody gave the endpoint an identity, which the app may use."""
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    story.world.endpoints.patch(story.policy.endpoint, SOMEBODY, identity=assigned)
    story.wire.access.grant(APP, IDENTITY, [ASSIGN_IDENTITY])


def timer_stops(story: WatchedStory, random: Random) -> None:
    """The host fires the timer no more; somebody goes on asking for health."""
    del random
    story.timer(runs=False)


def timer_runs(story: WatchedStory, random: Random) -> None:
    del random
    story.timer(runs=True)


def outage(story: WatchedStory, random: Random) -> None:
    """One kind of call fails for a while, or the bundle cannot be read."""
    span = timedelta(seconds=random.choice((40, 200, 300, 400)))
    story.witness.trouble_until(story.clock.now + span)
    prefix = random.choice(OUTAGES)
    if prefix == "bundle":
        arrivals._unreadable_bundle(story, span)
        return
    if prefix in WRITES:
        _busy_from_its_next_call(story, prefix, span)
        return
    end = always(story.seam, lambda name: name.startswith(prefix), unavailable)
    story.later(span, end)


def _busy_from_its_next_call(story: WatchedStory, write: str, span: timedelta) -> None:
    """Another operation keeps the endpoint busy, just when the next write comes."""
    until: list[datetime] = []

    def refuse(name: str) -> None:
        if name != write:
            return
        until.append(story.clock.now + span)
        if story.clock.now < until[0]:
            raise busy(name)
        story.seam.before.remove(refuse)

    story.seam.before.append(refuse)

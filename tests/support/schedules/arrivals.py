"""What arrives: versions, alerts, new template files; one by one and in floods."""

from datetime import timedelta
from random import Random

from localazure.world import OperationError, OperationKind
from rollout.core.records.signals import AlertFired
from tests.support.schedules.watched import WatchedStory
from tests.support.stories.azure import FAILING, HEALTHY, SILENT, TRICKLE, UNABLE, Behaviour

UNANSWERED = Behaviour(transient="401 while keys propagate")
UNUSABLE = Behaviour(unusable="415 for a sample of another type")
BEHAVIOURS = (
    *((HEALTHY,) * 10),
    *(FAILING, FAILING, SILENT, TRICKLE, TRICKLE, UNABLE, UNUSABLE, UNANSWERED),
)
FLOOD = 12
DELUGE = 60
"""More than may wait to be decided."""


def register(story: WatchedStory, random: Random) -> None:
    story.versions += 1
    version = str(story.versions)
    story.serves(version, random.choice(BEHAVIOURS))
    late = timedelta(seconds=random.choice((0, 0, 0, 5, 200)))
    story.register(version, after=late)


def duplicate(story: WatchedStory, random: Random) -> None:
    story.event(str(random.randint(1, story.versions)))


def flood_of_registrations(story: WatchedStory, random: Random) -> None:
    """Far more versions than rollouts can be made of, while nothing may be readable."""
    size = random.choice((FLOOD, FLOOD, FLOOD, DELUGE))
    if size == DELUGE:
        _unreadable_bundle(story, timedelta(minutes=3))
    for _ in range(size):
        story.versions += 1
        story.register(str(story.versions))


def alert(story: WatchedStory, random: Random) -> None:
    story.fired(_alert(story, random, f"alert-{random.randint(1, 3)}"))


def flood_of_alerts(story: WatchedStory, random: Random) -> None:
    """One id again and again, or another one each time; also about earlier rollouts' candidates."""
    same = random.random() < 0.5
    spares = random.random() < 0.6
    for number in range(FLOOD):
        one = _alert(story, random, "flood" if same else f"flood-{number}", spares=spares)
        story.fired(one)


def archive(story: WatchedStory, random: Random) -> None:
    """A version that may be waiting, or on trial, is archived in the workspace."""
    story.archive(_recent(story, random))


def delete_version(story: WatchedStory, random: Random) -> None:
    """A version that may be waiting, or on trial, is deleted in the workspace."""
    story.delete_model(_recent(story, random))


def register_again(story: WatchedStory, random: Random) -> None:
    """A version's number is given to another model."""
    version = _recent(story, random)
    story.delete_model(version)
    story.later(timedelta(seconds=20), lambda: story.register(version))


def new_templates(story: WatchedStory, random: Random) -> None:
    story.bundle.digest = f"template-{random.randint(2, 9)}"


def both_fail(story: WatchedStory, random: Random) -> None:
    """Something behind both deployments is down for a while."""
    was = dict(story.clients.behaviours)

    def over() -> None:
        story.clients.behaviours.update(was)

    for version in ("0", *was):
        story.serves(version, FAILING)
    was.setdefault("0", HEALTHY)
    story.later(timedelta(minutes=random.choice((3, 8))), over)


def creation_fails(story: WatchedStory, random: Random) -> None:
    del random
    error = OperationError("OutOfQuota", "no cores are left")
    story.world.fail_next(OperationKind.DEPLOYMENT_CREATE, error)


def _alert(
    story: WatchedStory, random: Random, identity: str, *, spares: bool = False
) -> AlertFired:
    rollout, now = story.rollout_or_none, story.clock.now
    names: list[str | None] = [None, "nobody", *sorted(story.witness.names)]
    if rollout is not None:
        names += [] if spares else [rollout.candidate, rollout.candidate]
        names += [rollout.stable]
    if spares and rollout is not None:
        names = [name for name in names if name != rollout.candidate]
    ended = random.choice((None, now, now - timedelta(minutes=30)))
    resolved = random.random() < 0.15
    whom = random.choice(names)
    return AlertFired(identity, "failures", whom, ended, "30 % of requests fail", resolved)


def _recent(story: WatchedStory, random: Random) -> str:
    return str(max(1, story.versions - random.choice((0, 0, 1))))


def _unreadable_bundle(story: WatchedStory, span: timedelta) -> None:
    story.bundle.readable = False

    def over() -> None:
        story.bundle.readable = True

    story.later(span, over)

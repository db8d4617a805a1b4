"""What people do to a rollout by the service's own doors: a function for each verb."""

from datetime import datetime, timedelta
from random import Random

from rollout.core.records.offers import OfferSource
from rollout.core.records.signals import Command, Expected, Offered, Verb
from tests.support.schedules.watched import WatchedStory
from tests.support.stories.policies import MODEL

ANN = "ann"


def pause(story: WatchedStory, random: Random) -> None:
    story.order(Command(Verb.PAUSE, ANN, "let me look", _expected(story, random)))


def resume(story: WatchedStory, random: Random) -> None:
    story.order(Command(Verb.RESUME, ANN, "it is fine", _expected(story, random)))


def advance(story: WatchedStory, random: Random) -> None:
    skips = random.random() < 0.6
    command = Command(
        Verb.ADVANCE, ANN, "no traffic today", _expected(story, random), skip_evidence=skips
    )
    story.order(command)
    if random.random() < 0.3:
        # Pressed twice: it must not mean the next stage.
        story.order(command)


def rollback(story: WatchedStory, random: Random) -> None:
    story.order(Command(Verb.ROLLBACK, ANN, "it looks wrong", _expected(story, random)))


def take_back(story: WatchedStory, random: Random) -> None:
    """The only order that may move what somebody else gave."""
    rollout = story.rollout_or_none
    own = {rollout.candidate, rollout.stable} if rollout is not None else set()
    names = sorted(set(story.split) - own)
    chosen = tuple(names if random.random() < 0.8 else names[:1]) or ("nobody",)
    story.order(Command(Verb.ROLLBACK, ANN, "not needed any more", take_from=chosen))


def cancel(story: WatchedStory, random: Random) -> None:
    """A version is withdrawn: the only one there is, the newest, or the one on trial."""
    rollout = story.rollout_or_none
    on_trial = rollout.release.version if rollout is not None else "1"
    version = random.choice((None, str(story.versions), on_trial))
    story.order(Command(Verb.CANCEL, ANN, "a mistake", version=version))


def retry(story: WatchedStory, random: Random) -> None:
    del random
    story.order(Command(Verb.RETRY, ANN, "repaired"))


def start(story: WatchedStory, random: Random) -> None:
    versions = [each.version for each in story.world.models.versions(MODEL)] or ["1"]
    version = random.choice(versions)
    story.offered(Offered(story.policy.service, MODEL, version, OfferSource.START, ANN, "again"))


def suspend(story: WatchedStory, random: Random) -> None:
    """One service, now and then for a while only."""
    story.order(Command(Verb.SUSPEND, ANN, "an incident", until=_end(story, random)))


def unsuspend(story: WatchedStory, random: Random) -> None:
    del random
    story.order(Command(Verb.UNSUSPEND, ANN, "it is over"))


def suspend_all(story: WatchedStory, random: Random) -> None:
    story.order_all(True, _end(story, random))


def unsuspend_all(story: WatchedStory, random: Random) -> None:
    del random
    story.order_all(False, None)


def override(story: WatchedStory, random: Random) -> None:
    story.order(Command(Verb.OVERRIDE, ANN, "a hotfix", _expected(story, random)))


def _end(story: WatchedStory, random: Random) -> datetime | None:
    minutes = random.choice((None, 2, 7))
    return None if minutes is None else story.clock.now + timedelta(minutes=minutes)


def _expected(story: WatchedStory, random: Random) -> Expected:
    """What the person believes: nothing, what is so now, or what is not so any more."""
    rollout, kind = story.rollout_or_none, random.random()
    if rollout is None or kind < 0.3:
        return Expected()
    if kind < 0.85:
        return Expected(rollout.id, rollout.phase, rollout.stage)
    return Expected(rollout.id, rollout.phase, (rollout.stage + 1) % 3)

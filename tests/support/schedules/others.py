"""What other hands do to the endpoint and its deployments, past the service."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from localazure.world import DeploymentSpec
from rollout.core.machine.wanted import stage_mirror, stage_split
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Rollout
from tests.support.schedules.watched import WatchedStory
from tests.support.stories.azure import SOMEBODY, deployment_spec
from tests.support.stories.policies import MODEL

HOTFIX = "hotfix"
READY_AFTER = timedelta(seconds=100)
GONE_AFTER = timedelta(seconds=25)
SPLIT_AFTER = timedelta(seconds=9)


def swap(story: WatchedStory, random: Random) -> None:
    """A third deployment gets weight: all, or some beside candidate and stable; or copies only."""
    theirs = random.choice((100, 100, 90, 60, 10))
    own = random.choice((0, 0, 10, 40))
    copies = random.random() < 0.15

    def give() -> None:
        if copies and HOTFIX not in story.split:
            story.foreign_split(story.split, {HOTFIX: 5})
            return
        rollout = story.rollout_or_none
        candidate = rollout.candidate if rollout is not None else ""
        left = min(own, 100 - theirs) if candidate in story.deployments else 0
        rest = 100 - theirs - left
        stable = _able_beside(story, candidate)
        if stable is None:
            left, rest = left + rest if left else 0, 0
        shares = {HOTFIX: theirs, candidate: left, stable or "": rest}
        split = {name: share for name, share in shares.items() if share}
        split[HOTFIX] += 100 - sum(split.values())
        story.foreign_split(split)

    if HOTFIX in story.deployments:
        give()
        return
    spec = deployment_spec(story.world, MODEL, "0", 2)
    story.put_model("0")
    story.world.deployments.put(story.policy.endpoint, HOTFIX, spec, SOMEBODY)
    story.later(READY_AFTER, give)


def swap_back(story: WatchedStory, random: Random) -> None:
    """The split is put back to what the rollout wants, or to all on what it began beside."""
    rollout = story.rollout_or_none
    if rollout is None:
        return
    wants = rollout.stable is not None and PHASES[rollout.phase].raises and random.random() < 0.6
    stable = rollout.stable or rollout.candidate
    # An older client leaves the mirror out.
    mirror = stage_mirror(rollout, rollout.stage) if wants and random.random() < 0.5 else {}
    story.foreign_split(stage_split(rollout, rollout.stage) if wants else {stable: 100}, mirror)


def other_split(story: WatchedStory, random: Random) -> None:
    """Any split of what is there, none at all included, and a mirror now and then."""
    names = sorted(story.deployments)
    random.shuffle(names)
    cut = random.choice((0, 5, 30, 50, 80))
    split = dict(zip(names[:2], (100 - cut, cut), strict=False))
    if len(names) == 1:
        split = {names[0]: 100}
    if random.random() < 0.15:
        split = {}
    shares = {name: share for name, share in split.items() if share}
    without = [name for name in reversed(names) if name not in shares]
    mirrored = without[:1] if random.random() < 0.3 else []
    story.foreign_split(shares, dict.fromkeys(mirrored, 5))


def back_to_stable(story: WatchedStory, random: Random) -> None:
    del random
    rollout = story.rollout_or_none
    if rollout is not None and rollout.stable is not None:
        story.foreign_split({rollout.stable: 100})


def replace_candidate(story: WatchedStory, random: Random) -> None:
    rollout = story.rollout_or_none
    if rollout is not None:
        _replace_in_place(story, random, rollout.candidate)


def replace_stable(story: WatchedStory, random: Random) -> None:
    rollout = story.rollout_or_none
    _replace_in_place(story, random, (rollout.stable if rollout else None) or "blue-0")


def remake_candidate(story: WatchedStory, random: Random) -> None:
    rollout = story.rollout_or_none
    if rollout is not None:
        _remake(story, random, rollout, rollout.candidate)


def remake_stable(story: WatchedStory, random: Random) -> None:
    rollout = story.rollout_or_none
    if rollout is not None and rollout.stable is not None:
        _remake(story, random, rollout, rollout.stable)


def delete_stable(story: WatchedStory, random: Random) -> None:
    del random
    rollout = story.rollout_or_none
    if rollout is not None and rollout.stable is not None:
        story.world.deployments.delete(story.policy.endpoint, rollout.stable, SOMEBODY)


def delete_endpoint(story: WatchedStory, random: Random) -> None:
    if random.random() < 0.5:
        story.world.endpoints.delete(story.policy.endpoint, SOMEBODY)


def copy_with_tags(story: WatchedStory, random: Random) -> None:
    """A deployment is made from another one's exported definition, tags and all."""
    names = sorted(story.deployments)
    if names:
        live = story.world.deployments.get(story.policy.endpoint, random.choice(names)).spec
        story.world.deployments.put(story.policy.endpoint, "copy", live, SOMEBODY)


def scale(story: WatchedStory, random: Random) -> None:
    name = random.choice(sorted(story.deployments) or ["blue-0"])
    count = random.randint(1, 5)
    story.world.deployments.patch(story.policy.endpoint, name, SOMEBODY, instance_count=count)


def _replace_in_place(story: WatchedStory, random: Random, name: str) -> None:
    endpoint = story.policy.endpoint
    was = story.world.deployments.get(endpoint, name).spec
    story.world.deployments.put(endpoint, name, _another(story, random, was), SOMEBODY)
    if random.random() < 0.4:

        def put_back() -> None:
            story.world.deployments.put(endpoint, name, was, SOMEBODY)

        story.later(timedelta(seconds=random.choice((90, 200, 400))), put_back)


def _another(story: WatchedStory, random: Random, was: DeploymentSpec) -> DeploymentSpec:
    """Other in one respect that decides what is served; with or without its owner's tags."""
    world = story.world
    if random.random() < 0.2:
        was = replace(was, tags={})
    match random.randrange(5):
        case 0 | 1:
            story.put_model("99")
            return replace(was, model_id=world.workspace.asset("models", MODEL, "99"))
        case 2:
            world.codes.put("other", "1", {"codeUri": "https://blob/other"}, SOMEBODY)
            return replace(was, code_id=world.workspace.asset("codes", "other", "1"))
        case 3:
            world.environments.put("other", "1", {"image": "other"}, SOMEBODY)
            return replace(was, environment_id=world.workspace.asset("environments", "other", "1"))
        case _:
            return replace(was, environment_variables={"THRESHOLD": str(random.randrange(100))})


def _remake(story: WatchedStory, random: Random, rollout: Rollout, name: str) -> None:
    """Somebody takes a deployment out, deletes it and makes another one of the same name.

    Azure changes no instance type in place: this is how a deployment gets another one.
    """
    endpoint = story.policy.endpoint
    was = story.world.deployments.get(endpoint, name).spec
    keeps_tags = random.random() < 0.5
    made = replace(was, instance_type="Standard_F4s_v2", tags=was.tags if keeps_tags else {})
    other = rollout.stable if name == rollout.candidate else rollout.candidate

    def delete() -> None:
        story.world.deployments.delete(endpoint, name, SOMEBODY)
        story.later(GONE_AFTER, make)

    def make() -> None:
        story.world.deployments.put(endpoint, name, made, SOMEBODY)

    if name in story.split and other is not None:
        story.foreign_split({other: 100})
        story.later(SPLIT_AFTER, delete)
    else:
        delete()


def _able_beside(story: WatchedStory, candidate: str) -> str | None:
    others = sorted(set(story.deployments) - {HOTFIX, candidate})
    return others[0] if others else None

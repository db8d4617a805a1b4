"""The acts of the story. Each plays one rollout and returns its claims and what was seen.

Weights come from the local Azure's log of changes, failures from the clients' own counts: the app
does not judge itself.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from demo.alerting import put_alert
from demo.load import Count, added
from demo.outcomes import Fact, Outcome, ending, none_failed, same
from demo.policies import patient_changes
from demo.scene import Scene, is_of
from demo.watching import Picture

FIRST_VERSION_SECONDS = 180.0
STAGE_SECONDS = 200.0
"""How long a stage of the demo may take: part of a minute, two whole ones, and a margin."""
AROUND_STAGES_SECONDS = 180.0
FAILING_VERSION_SECONDS = 360.0
BROKEN_VERSION_SECONDS = 180.0
DEAD_SECONDS = 5.0
CALM_SECONDS = 5.0
FIRST_ANSWER_SECONDS = 30.0
FULL = 100
CHATS = ["slack", "teams"]
"""The local Azure's places where people read messages."""


def first_version(scene: Scene, *, alert: bool = True) -> Outcome:
    """Version 1: endpoint and deployment are created and validated, and get all traffic.

    Without `alert` there is no alert rule: later versions are left to the gate.
    """
    title = "Version 1: a new endpoint"
    scene.screen.act(title)
    scene.register("1")
    picture = scene.watch_to_the_end("1", FIRST_VERSION_SECONDS)
    scene.start_clients()
    if alert:
        put_alert(scene.cloud)
    watched = "an alert rule watches for failures" if alert else "there is no alert rule"
    scene.screen.say(f"clients now send {scene.load.pace}; {watched}")
    scene.watch_until(lambda now: bool(now.counts), "the first answer", FIRST_ANSWER_SECONDS)
    live = picture.rollout["candidate"]
    return Outcome(
        title,
        ending(picture),
        [
            same("the rollout succeeded", picture.phase, "SUCCEEDED"),
            same("its deployment has all traffic", dict(scene.traffic()), {live: FULL}),
        ],
    )


def good_version(scene: Scene, weights: Sequence[int], killed_at: int) -> Outcome:
    """Version 2: stage by stage to 100 %; the app is killed while it bakes at one weight."""
    title = "Version 2: a good version; the app is killed on the way"
    scene.screen.act(title)
    began, before = datetime.now(UTC), scene.load.counts()
    old = scene.deployments()
    scene.register("2")
    limit = AROUND_STAGES_SECONDS + STAGE_SECONDS * len(weights)
    scene.watch_until(
        lambda now: _bakes_at(now, "2", killed_at), f"the bake at {killed_at} %", limit
    )
    pid = scene.cloud.kill_app()
    scene.screen.say(f"killed the app (process {pid}) with SIGKILL; clients notice nothing")
    scene.watch_for(DEAD_SECONDS)
    scene.cloud.restart_app()
    scene.screen.say("restarted the app; it continues from its stored state")
    picture = scene.watch_to_the_end("2", limit)
    scene.watch_for(CALM_SECONDS)
    seen = added(scene.load.counts(), before)
    candidate = picture.rollout["candidate"]
    return Outcome(
        title,
        ending(picture),
        [
            same("the rollout succeeded", picture.phase, "SUCCEEDED"),
            same("each weight was set once, in order", scene.weights_of(candidate), [*weights]),
            same("the candidate has all traffic", dict(scene.traffic()), {candidate: FULL}),
            same("the old deployment is gone", scene.deployments(), [candidate]),
            none_failed("no client request failed", scene, seen, began),
            Fact(
                "both deployments served clients",
                all(seen.get(name, Count()).requests > 0 for name in (*old, candidate)),
                ", ".join(f"{name} {count.requests:,}" for name, count in sorted(seen.items())),
            ),
        ],
    )


def failing_version(scene: Scene, weights: Sequence[int]) -> Outcome:
    """Version 3: fails on part of the traffic; the metric alert rolls it back."""
    title = "Version 3: passes validation but fails on part of the traffic"
    scene.screen.act(title)
    scene.screen.say("the team edits rollout.yaml to let a new weight settle first, and to send no")
    scene.screen.say("probes, which could find version 3 before a client meets it:")
    for line in scene.service.edit_policy(patient_changes(weights, scene.machine)):
        scene.screen.say(f"  {line}")
    return _rolled_back(scene, weights, title, "alert")


def unwatched_version(scene: Scene, weights: Sequence[int], version: str = "3") -> Outcome:
    """Version 3's model without an alert rule: the gate alone rolls it back.

    `version` is what it is registered as: one that was rolled back before is not tried again.
    """
    title = f"Version {version}: fails on part of the traffic; there is no alert rule"
    scene.screen.act(title)
    return _rolled_back(scene, weights, title, "gate", version)


def _rolled_back(
    scene: Scene, weights: Sequence[int], title: str, cause: str, version: str = "3"
) -> Outcome:
    stable = scene.only_deployment()
    before = scene.load.counts()
    scene.register(version, model_of="3")
    scene.watch_until(
        lambda now: is_of(now, version) and now.phase in {"ROLLING_BACK", "DISCARDING"},
        "the rollback",
        FAILING_VERSION_SECONDS,
    )
    scene.watch_until(
        lambda _: dict(scene.traffic()) == {stable: FULL},
        "stable at 100 %",
        FAILING_VERSION_SECONDS,
    )
    scene.watch_until(
        lambda _: set(_told_of(scene, version)) == set(CHATS),
        "a message about it in each chat",
        FAILING_VERSION_SECONDS,
    )
    scene.screen.say(f"people read of it in the local {' and '.join(CHATS)}")
    picture = scene.watch_to_the_end(version, FAILING_VERSION_SECONDS)
    calm_since, calm_from = datetime.now(UTC), scene.load.counts()
    scene.watch_for(CALM_SECONDS)
    candidate = picture.rollout["candidate"]
    told = _told_of(scene, version)
    failed = added(calm_from, before).get(candidate, Count()).failures
    return Outcome(
        title,
        ending(picture),
        [
            same("the rollout was rolled back", picture.phase, "ROLLED_BACK"),
            same(f"because of the {cause}", picture.rollout["cause"], cause),
            same("it only ever got the first weight", scene.weights_of(candidate), [weights[0], 0]),
            same("stable has all traffic", dict(scene.traffic()), {stable: FULL}),
            same("the candidate is gone", scene.deployments(), [stable]),
            same("people were told once in each chat", told, CHATS),
            Fact("clients saw it fail", failed > 0, f"{failed} failed requests"),
            none_failed(
                "no request failed afterwards",
                scene,
                added(scene.load.counts(), calm_from),
                calm_since,
            ),
        ],
    )


def _told_of(scene: Scene, version: str) -> list[str]:
    """Where people read that a version is being rolled back, once for each message."""
    title = f"v{version} is being rolled back"
    return sorted(
        each["receiver"]
        for each in scene.cloud.messages()
        if each["receiver"] in CHATS and not each["problems"] and title in json.dumps(each["body"])
    )


def broken_version(scene: Scene) -> Outcome:
    """Version 4: cannot score at all, and no client ever reaches it."""
    title = "Version 4: cannot score at all"
    scene.screen.act(title)
    stable = scene.only_deployment()
    began, before = datetime.now(UTC), scene.load.counts()
    scene.register("4")
    picture = scene.watch_to_the_end("4", BROKEN_VERSION_SECONDS)
    scene.watch_for(CALM_SECONDS)
    candidate = picture.rollout["candidate"]
    seen = added(scene.load.counts(), before)
    return Outcome(
        title,
        ending(picture),
        [
            same("the rollout failed", picture.phase, "FAILED"),
            same("it failed validation", picture.rollout["cause"], "validation failed"),
            same("it never got any weight", scene.weights_of(candidate), []),
            same("no client reached it", seen.get(candidate, Count()).requests, 0),
            none_failed("no client request failed", scene, seen, began),
            same("the candidate is gone", scene.deployments(), [stable]),
        ],
    )


def _bakes_at(picture: Picture, version: str, weight: int) -> bool:
    if not is_of(picture, version) or picture.phase != "BAKING":
        return False
    stage = picture.rollout["stages"][picture.rollout["stage"]]
    return int(stage["weight"]) == weight

"""The acts in which every status is 200, and what the versions predict decides.

As in `acts`, what clients met is what they counted, and weights are those of the local Azure's log.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from demo.acts import AROUND_STAGES_SECONDS, CALM_SECONDS, FULL, STAGE_SECONDS
from demo.load import Count, added
from demo.outcomes import Fact, Outcome, ending, none_failed, same
from demo.places import SERVICE
from demo.policies import probing_changes, swallowed, unprobed_changes
from demo.scene import Scene, is_of
from demo.watching import Picture

LOOKS_SECONDS = 240.0
"""How long two looks at 0 % may take, with the creation before them."""
OPERATOR = "the team"


def wrong_version(scene: Scene, weights: Sequence[int], version: str = "5") -> Outcome:
    """Version 5's model: answers every request, and calls no large amount a fraud.

    Status codes say that it is well. Its answers to probes are compared with stable's; the app then
    asks a person, who sends it back. At 0 %, as long as the machine sends some 50 probes in a pass:
    else it is the first weight, a minute or two later. `version` is what it is registered as.
    """
    title = f"Version {version}: answers every request, and is wrong about large amounts"
    scene.screen.act(title)
    scene.screen.say("the team edits rollout.yaml to have probes again, and no settling:")
    for line in scene.service.edit_policy(probing_changes(weights, scene.machine)):
        scene.screen.say(f"  {line}")
    stable = scene.only_deployment()
    began, before = datetime.now(UTC), scene.load.counts()
    scene.register(version, model_of="5")
    picture = scene.watch_until(
        lambda now: is_of(now, version) and _held(now), "a hold for its predictions", LOOKS_SECONDS
    )
    paired: dict[str, Any] = picture.rollout["predictions"]["paired"]
    probes = picture.rollout["probes"]
    scene.screen.say(f"it is held: {paired['text']}")
    scene.screen.say("the change is not meant: the team orders a rollback")
    body = {"actor": OPERATOR, "reason": "large amounts are never a fraud"}
    scene.cloud.rollouts(f"/{SERVICE}/rollback", "POST", body).expect(200, 202)
    picture = scene.watch_to_the_end(version, AROUND_STAGES_SECONDS)
    scene.watch_for(CALM_SECONDS)
    candidate = picture.rollout["candidate"]
    had = scene.weights_of(candidate)
    seen = added(scene.load.counts(), before)
    return Outcome(
        title,
        ending(picture),
        [
            Fact(
                "it passed every status check",
                probes["candidateFailed"] == 0,
                f"it failed {probes['candidateFailed']:,.0f} of {probes['pairs']:,.0f} probes",
            ),
            Fact("its predictions stopped it", paired["differing"] > 0, str(paired["text"])),
            Fact(
                "before the first weight, or at it",
                had in ([], [weights[0], 0]),
                f"weights {', '.join(map(str, had)) or 'none'}; "
                f"{seen.get(candidate, Count()).requests} requests of clients",
            ),
            none_failed("no client request failed", scene, seen, began),
            same("stable has all traffic", dict(scene.traffic()), {stable: FULL}),
            same("the candidate is gone", scene.deployments(), [stable]),
        ],
    )


def swallowing_version(scene: Scene, weights: Sequence[int]) -> Outcome:
    """Version 6: version 3's model, in a script that answers its exceptions with status 200.

    Nothing but the body of an answer shows that it failed: what the data collector wrote of live
    requests rolls it back.
    """
    title = "Version 6: fails on part of the traffic, and answers that with status 200"
    scene.screen.act(title)
    scene.service.edit_script(swallowed)
    scene.screen.say('the team has score.py catch its exceptions and answer {"error": ...}, and')
    scene.screen.say("sends no probes, which would find that at 0 %:")
    for line in scene.service.edit_policy(unprobed_changes(weights)):
        scene.screen.say(f"  {line}")
    stable = scene.only_deployment()
    began, before = datetime.now(UTC), scene.load.counts()
    scene.register("6")
    limit = AROUND_STAGES_SECONDS + STAGE_SECONDS
    picture = scene.watch_to_the_end("6", limit)
    scene.watch_for(CALM_SECONDS)
    candidate = picture.rollout["candidate"]
    live: dict[str, Any] = picture.rollout["predictions"]["live"] or {}
    wrong = live.get("candidateFailed", 0)
    seen = added(scene.load.counts(), before)
    return Outcome(
        title,
        ending(picture),
        [
            same("the rollout was rolled back", picture.phase, "ROLLED_BACK"),
            same("because of the gate", picture.rollout["cause"], "gate"),
            Fact(
                "what it answered live rolled it back",
                wrong > 0,
                f"{wrong} of {live.get('candidate', 0)} collected answers were errors",
            ),
            same("it only ever got the first weight", scene.weights_of(candidate), [weights[0], 0]),
            none_failed("every status was 200", scene, seen, began),
            same("stable has all traffic", dict(scene.traffic()), {stable: FULL}),
            same("the candidate is gone", scene.deployments(), [stable]),
        ],
    )


def _held(picture: Picture) -> bool:
    hold = picture.rollout.get("hold") or {}
    return hold.get("reason") == "predictions"

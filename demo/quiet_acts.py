"""The acts of a story with a few requests a minute, where the app's own probes are the evidence.

Each plays one rollout, as those of `acts` do, and believes the app no more than they do: whether
clients met a version is what they counted.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from demo.acts import AROUND_STAGES_SECONDS, CALM_SECONDS, FULL
from demo.load import Count, added
from demo.outcomes import Fact, Outcome, ending, none_failed, same
from demo.scene import Scene
from demo.watching import Picture

PASSES_SECONDS = 300.0
"""How long a stage may take: two passes of probes, a minute apart, or more where a loaded machine
sends fewer probes in each."""
NEARLY_ALL = 0.9
"""From this part of the evidence on, clients' requests hardly mattered."""
FEW = 6
"""Requests of clients to a version that probes stop at the first weight at the latest."""


def promoted_by_probes(scene: Scene, weights: Sequence[int], version: str = "2") -> Outcome:
    """Version 2's model: clients send too little to judge it, so probes show that it is good.

    `version` is what it is registered as.
    """
    title = f"Version {version}: a good version; clients send {scene.load.pace}"
    scene.screen.act(title)
    scene.screen.say("too few to judge it by: the app sends the service's own inputs to both sides")
    began, before = datetime.now(UTC), scene.load.counts()
    scene.register(version, model_of="2")
    limit = AROUND_STAGES_SECONDS + PASSES_SECONDS * len(weights)
    picture = scene.watch_to_the_end(version, limit)
    seen = added(scene.load.counts(), before)
    candidate, probes = picture.rollout["candidate"], picture.rollout["probes"]
    parts = parts_from_probes(picture)
    return Outcome(
        title,
        ending(picture),
        [
            same("the rollout succeeded", picture.phase, "SUCCEEDED"),
            same("each weight was set once, in order", scene.weights_of(candidate), [*weights]),
            same("the candidate has all traffic", dict(scene.traffic()), {candidate: FULL}),
            none_failed("no client request failed", scene, seen, began),
            Fact(
                "it was probed more than clients asked it",
                probes["pairs"] > seen.get(candidate, Count()).requests,
                f"{probes['pairs']:,.0f} pairs of probes, "
                f"{seen.get(candidate, Count()).requests:,} requests of clients",
            ),
            Fact(
                "every stage passed on what probes showed",
                len(parts) == len(weights) and min(parts) >= NEARLY_ALL,
                f"{', '.join(f'{part:.0%}' for part in parts) or 'none'} of the evidence",
            ),
        ],
    )


def stopped_by_probes(scene: Scene, weights: Sequence[int]) -> Outcome:
    """Version 3: fails on part of the inputs, which probes meet before clients do.

    Two passes at 0 % show that, as long as the machine sends some 50 probes in each: else it is the
    first weight, a minute or two later.
    """
    title = "Version 3: passes validation but fails on part of the inputs"
    scene.screen.act(title)
    stable = scene.only_deployment()
    before = scene.load.counts()
    scene.register("3")
    picture = scene.watch_to_the_end("3", AROUND_STAGES_SECONDS + PASSES_SECONDS)
    scene.watch_for(CALM_SECONDS)
    candidate, probes = picture.rollout["candidate"], picture.rollout["probes"]
    reached = added(scene.load.counts(), before).get(candidate, Count()).requests
    weights_had = scene.weights_of(candidate)
    return Outcome(
        title,
        ending(picture),
        [
            Fact("it was stopped", picture.phase in {"FAILED", "ROLLED_BACK"}, picture.phase),
            Fact(
                "because probes showed that it fails",
                "probes" in str(picture.rollout["causeText"]) and probes["candidateFailed"] > 0,
                f"it failed {probes['candidateFailed']:,.0f} of {probes['pairs']:,.0f}, "
                f"stable {probes['stableFailed']:,.0f}",
            ),
            Fact(
                "before the first weight, or at it",
                weights_had in ([], [weights[0], 0]),
                f"weights {', '.join(map(str, weights_had)) or 'none'}",
            ),
            Fact("clients hardly reached it", reached <= FEW, f"{reached} requests"),
            same("stable has all traffic", dict(scene.traffic()), {stable: FULL}),
            same("the candidate is gone", scene.deployments(), [stable]),
        ],
    )


def parts_from_probes(picture: Picture) -> list[float]:
    """Return, for each stage that the latest rollout passed, which part of its evidence came from
    probes: 0 to 1.
    """
    rollout = picture.rollout.get("id")
    passed: list[Mapping[str, Any]] = [
        entry["data"]
        for entry in picture.view.get("history", ())
        if entry["rollout"] == rollout and entry["data"].get("verdict") == "advance"
    ]
    return [float(each["numbers"].get("probes", {}).get("fromProbes", 0.0)) for each in passed]

"""A short story on real parts: the app's process, real scoring servers, real clients.

The demo plays the long version with the same acts. All tests play on one stage, on which version 1
was rolled out, because setting it costs as much as an act. Every process dies with this one.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from demo.acts import (
    failing_version,
    first_version,
    good_version,
    unwatched_version,
)
from demo.alerting import RULE
from demo.load import LOW_REQUESTS_PER_SECOND, REQUESTS_PER_SECOND
from demo.local_cloud import MONITOR_API
from demo.machine import measured
from demo.outcomes import Outcome
from demo.playing import Act, scene_in
from demo.policies import demo_changes, low_traffic_changes
from demo.prediction_acts import wrong_version
from demo.quiet_acts import promoted_by_probes
from demo.scene import Scene, StoryError
from demo.screens import PlainScreen

WEIGHTS = (50, 100)
WATCHED = (
    partial(good_version, weights=WEIGHTS, killed_at=WEIGHTS[0]),
    partial(failing_version, weights=WEIGHTS),
)
# Version 3 was rolled back in the test before, and its release stays in quarantine.
UNWATCHED = (partial(unwatched_version, weights=WEIGHTS, version="5"),)
# Minutes ago clients sent more, so the app cannot know yet that they send too little.
QUIET_CHANGES = {"probes.when": "always"}
QUIET = (partial(promoted_by_probes, weights=WEIGHTS, version="6"),)
WRONG = (partial(wrong_version, weights=WEIGHTS, version="7"),)

Play = Callable[[Sequence[Act]], list[str]]
"""Plays acts and returns what was not as told, version 1's rollout included."""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story") / "work"


@pytest.fixture(scope="module")
def scene(work: Path) -> Iterator[Scene]:
    machine = measured()
    with (
        PlainScreen(Console()) as screen,
        scene_in(work, demo_changes(WEIGHTS, machine), screen, machine) as scene,
    ):
        yield scene


@pytest.fixture(scope="module")
def first(scene: Scene, work: Path) -> Outcome:
    """How version 1 came to its new endpoint; from then on clients send, and a rule watches."""
    (outcome,) = _played(scene, work, [first_version])
    return outcome


@pytest.fixture
def play(scene: Scene, first: Outcome, work: Path) -> Play:
    return lambda acts: _untrue([first, *_played(scene, work, acts)])


def test_versions_roll_out_survive_a_kill_and_roll_back(play: Play) -> None:
    assert not play(WATCHED)


def test_the_gate_alone_rolls_a_failing_version_back(scene: Scene, play: Play) -> None:
    group = scene.cloud.azure["workspaceId"].partition("/providers/")[0]
    rule = f"{group}/providers/Microsoft.Insights/metricAlerts/{RULE}"
    scene.cloud.arm("DELETE", rule, version=MONITOR_API).expect(200)
    scene.cloud.arm("GET", rule, version=MONITOR_API).expect(404)
    # The policy of before a team let new weights settle. Here clients must meet the fault.
    scene.service.edit_policy({**demo_changes(WEIGHTS, scene.machine), "probes.when": "never"})
    assert not play(UNWATCHED)


def test_a_version_that_predicts_otherwise_is_held_before_a_client_meets_it(play: Play) -> None:
    assert not play(WRONG)


def test_probes_promote_a_version_that_few_clients_ask(scene: Scene, play: Play) -> None:
    scene.load.pace_to(LOW_REQUESTS_PER_SECOND)
    scene.service.edit_policy({**low_traffic_changes(WEIGHTS, scene.machine), **QUIET_CHANGES})
    try:
        assert not play(QUIET)
    finally:
        scene.load.pace_to(REQUESTS_PER_SECOND)


def _untrue(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        f"{outcome.title}: {fact.claim}, but saw {fact.seen}"
        for outcome in outcomes
        for fact in outcome.facts
        if not fact.holds
    ]


def _played(scene: Scene, work: Path, acts: Sequence[Act]) -> list[Outcome]:
    try:
        return [act(scene) for act in acts]
    except StoryError as error:
        pytest.fail(f"{error}\n{_ends_of_logs(work)}")


def _ends_of_logs(work: Path) -> str:
    return "\n".join(
        f"--- {log}\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
        for log in sorted(work.rglob("*.log"))
    )

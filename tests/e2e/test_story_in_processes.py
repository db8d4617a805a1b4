"""A short story on real parts: the app's process, real scoring servers, real clients.

The demo plays the long version with the same acts. Every process dies with this one.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from demo.acts import (
    Outcome,
    failing_version,
    first_version,
    good_version,
    unwatched_version,
)
from demo.machine import measured
from demo.playing import Act, scene_in
from demo.policies import demo_changes
from demo.scene import StoryError
from demo.screens import PlainScreen

WEIGHTS = (50, 100)
ACTS = (
    first_version,
    partial(good_version, weights=WEIGHTS, killed_at=WEIGHTS[0]),
    partial(failing_version, weights=WEIGHTS),
)


WITHOUT_ALERT = (
    partial(first_version, alert=False),
    partial(unwatched_version, weights=WEIGHTS),
)


def test_versions_roll_out_survive_a_kill_and_roll_back(tmp_path: Path) -> None:
    assert not _untrue(_played(tmp_path / "work", ACTS))


def test_the_gate_alone_rolls_a_failing_version_back(tmp_path: Path) -> None:
    assert not _untrue(_played(tmp_path / "work", WITHOUT_ALERT))


def _untrue(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        f"{outcome.title}: {fact.claim}, but saw {fact.seen}"
        for outcome in outcomes
        for fact in outcome.facts
        if not fact.holds
    ]


def _played(work: Path, acts: Sequence[Act]) -> list[Outcome]:
    machine = measured()
    try:
        with (
            PlainScreen(Console()) as screen,
            scene_in(work, demo_changes(WEIGHTS, machine), screen, machine) as scene,
        ):
            return [act(scene) for act in acts]
    except StoryError as error:
        pytest.fail(f"{error}\n{_ends_of_logs(work)}")


def _ends_of_logs(work: Path) -> str:
    return "\n".join(
        f"--- {log}\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
        for log in sorted(work.rglob("*.log"))
    )

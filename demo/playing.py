"""`make demo`: plays the acts and then says which claims of the story hold."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from demo.acts import (
    broken_version,
    failing_version,
    first_version,
    good_version,
    unwatched_version,
)
from demo.json_calls import UnexpectedAnswerError, UnreachableError
from demo.load import (
    LOW_REQUESTS_PER_SECOND,
    REQUEST_TIMEOUT_SECONDS,
    REQUESTS_PER_SECOND,
    Load,
)
from demo.local_cloud import AZURE_OPTIONS, LocalCloud
from demo.machine import Machine, measured
from demo.outcomes import Outcome
from demo.places import LOCAL
from demo.policies import (
    Changes,
    ServiceCopy,
    demo_changes,
    low_traffic_changes,
    template_changes,
)
from demo.prediction_acts import swallowing_version, wrong_version
from demo.quiet_acts import promoted_by_probes, stopped_by_probes
from demo.scene import Scene, StoryError
from demo.screens import Screen, screen_for
from demo.watching import Watcher
from localazure.ready_process import NotReadyError

WORK = LOCAL / "demo"
USUAL_MACHINE = Machine()
WEIGHTS = (10, 50, 100)
QUIET_WEIGHTS = (10, 100)
KILLED_AT = 50
EXIT_AS_TOLD, EXIT_NOT_AS_TOLD = 0, 1
TROUBLE = (StoryError, UnexpectedAnswerError, UnreachableError, NotReadyError)

Act = Callable[[Scene], Outcome]


def _usual_changes(machine: Machine) -> Changes:
    return demo_changes(WEIGHTS, machine)


@dataclass(frozen=True)
class Story:
    """Acts in order. `changes` are made to the example's policy, for the machine it plays on;
    `rate` is the clients' requests a second.
    """

    acts: Sequence[Act]
    changes: Callable[[Machine], Changes] = _usual_changes
    rate: float = REQUESTS_PER_SECOND


WHOLE_STORY = Story(
    (
        first_version,
        lambda scene: good_version(scene, WEIGHTS, KILLED_AT),
        lambda scene: failing_version(scene, WEIGHTS),
        broken_version,
        lambda scene: wrong_version(scene, WEIGHTS),
        lambda scene: swallowing_version(scene, WEIGHTS),
    )
)

WITHOUT_ALERT = Story(
    (
        lambda scene: first_version(scene, alert=False),
        lambda scene: unwatched_version(scene, WEIGHTS),
    )
)
"""The gate alone, in a few minutes: version 3 directly follows version 1."""

AT_LOW_TRAFFIC = Story(
    (
        lambda scene: first_version(scene, alert=False),
        lambda scene: promoted_by_probes(scene, QUIET_WEIGHTS),
        lambda scene: stopped_by_probes(scene, QUIET_WEIGHTS),
    ),
    partial(low_traffic_changes, QUIET_WEIGHTS),
    LOW_REQUESTS_PER_SECOND,
)
"""A few requests a minute: probes promote version 2 and stop version 3."""


@contextmanager
def scene_in(
    work: Path,
    changes: Changes,
    screen: Screen,
    machine: Machine = USUAL_MACHINE,
    azure_options: Sequence[str] = AZURE_OPTIONS,
    *,
    rate: float = REQUESTS_PER_SECOND,
) -> Iterator[Scene]:
    """Start everything, with its files in `work` (emptied first), and stop it at the end.

    Clients will send `rate` requests a second once the first act has started them.
    """
    shutil.rmtree(work, ignore_errors=True)
    if machine.slow:
        screen.say(machine.sentence())
    services = work / "services"
    service = ServiceCopy(services)
    screen.say("values changed for the demo:")
    for line in (
        *service.edit_policy(changes),
        *service.edit_template(template_changes(machine)),
    ):
        screen.say(f"  {line}")
    with LocalCloud(work, services, azure_options=azure_options, machine=machine) as cloud:
        screen.say(f"local Azure and the app are running; logs in {work}")
        cloud.subscribe()
        timeout = machine.limit(REQUEST_TIMEOUT_SECONDS)
        load = Load(cloud.authority, rate, timeout_seconds=timeout)
        try:
            yield Scene(cloud, load, service, Watcher(cloud, load), screen, machine)
        finally:
            load.stop()


def play(story: Story = WHOLE_STORY, work: Path = WORK) -> int:
    """Play a story's acts and return the exit code."""
    console = Console()
    began = time.monotonic()
    outcomes: list[Outcome] = []
    machine = measured()
    try:
        with (
            screen_for(console) as screen,
            scene_in(work, story.changes(machine), screen, machine, rate=story.rate) as scene,
        ):
            for act in story.acts:
                outcomes.append(act(scene))  # noqa: PERF401 - what has ended stays told after a stop
    except TROUBLE as trouble:
        console.print(
            f"\nThe story stopped: {trouble}", style="bold red", markup=False, soft_wrap=True
        )
    finally:
        summarise(console, outcomes, time.monotonic() - began)
    if len(outcomes) == len(story.acts) and all(outcome.as_told for outcome in outcomes):
        return EXIT_AS_TOLD
    if machine.slow:
        console.print(f"Mind that {machine.sentence()}.", markup=False, soft_wrap=True)
    console.print(f"Logs: {work}", markup=False, highlight=False, soft_wrap=True)
    return EXIT_NOT_AS_TOLD


def summarise(console: Console, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Print each act's claims and whether they hold."""
    minutes, rest = divmod(int(seconds), 60)
    console.print(f"\nSummary after {minutes} min {rest} s", style="bold")
    for outcome in outcomes:
        console.print(f"\n{outcome.title}\n  ended {outcome.ended}", markup=False, highlight=False)
        for fact in outcome.facts:
            mark = "yes" if fact.holds else "NO "
            style = "green" if fact.holds else "bold red"
            console.print(
                f"  {mark} {fact.claim} ({fact.seen})",
                style=style,
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

"""`make up`: keeps the demo's local Azure and app running, and prints example commands.

With the example service and its first version, or (`SERVICES=folder make up`) with services of
yours.
"""

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from demo.acts import first_version
from demo.instructions import commands, instructions, model_lines, own_commands
from demo.load import Load
from demo.local_cloud import LocalCloud
from demo.machine import Machine, measured
from demo.pictures import decision_text
from demo.places import LOCAL
from demo.playing import EXIT_AS_TOLD, EXIT_NOT_AS_TOLD, TROUBLE, scene_in
from demo.policies import POLICY_FILE, demo_changes
from demo.scene import LOOK_EVERY_SECONDS, Scene, StoryError
from demo.screens import PlainScreen, Screen
from demo.watching import Picture, Watcher
from localazure.private_files import write_private

WORK = LOCAL / "up"
ENV_FILE_NAME = "azure.env"
APP_FILE_NAME = "app.env"
"""What `rollout` finds the app by; a name that it looks for."""

FOR_EVER_SECONDS = 7 * 24 * 3600.0
LINT = Path(sys.executable).with_name("rollout")


def stay_up(services: Path | None = None) -> int:
    """Start everything, print example commands, and report decisions until interrupted.

    `services` is a folder of services to use instead of the example's copy; it is used where it is.
    """
    console = Console()
    machine = measured()
    try:
        with PlainScreen(console) as screen:
            if services is None:
                _keep_example(console, screen, machine)
            else:
                _keep_own(console, screen, machine, services.resolve())
    except TROUBLE as trouble:
        console.print(f"It stopped: {trouble}", style="bold red", markup=False, soft_wrap=True)
        return EXIT_NOT_AS_TOLD
    finally:
        # The app is gone, and `rollout` would look for it there.
        (WORK / APP_FILE_NAME).unlink(missing_ok=True)
    return EXIT_AS_TOLD


def own_services(folder: Path) -> list[str]:
    """Return the names of the services in a folder: its folders with a policy."""
    return sorted(file.parent.name for file in folder.glob(f"*/{POLICY_FILE}"))


def shell_environment(cloud: LocalCloud) -> Mapping[str, str]:
    """Return the variables for a developer's shell: the SDKs, and `rollout` with the app's key."""
    return {
        **cloud.environment(),
        "ARM_ENDPOINT": cloud.azure["armUrl"],
        "LOG_ANALYTICS_ENDPOINT": cloud.azure["logsUrl"],
        "ROLLOUT_APP": cloud.app["url"],
        "ROLLOUT_KEY": cloud.app["functionKey"],
    }


def write_environment(file: Path, environment: Mapping[str, str]) -> None:
    """Write a file for a shell to read: it exports every variable."""
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    write_private(file, "".join(lines))


def write_app(file: Path, cloud: LocalCloud) -> None:
    """Write the app's address and key, for nobody else to read."""
    app = cloud.app
    write_private(file, f"ROLLOUT_APP={app['url']}\nROLLOUT_KEY={app['functionKey']}\n")


def _keep_example(console: Console, screen: Screen, machine: Machine) -> None:
    with scene_in(WORK, demo_changes(machine=machine), screen, machine) as scene:
        first_version(scene)
        env_file, services = WORK / ENV_FILE_NAME, WORK / "services"
        write_environment(env_file, shell_environment(scene.cloud))
        write_app(WORK / APP_FILE_NAME, scene.cloud)
        notes = [
            "Version 1 is serving, and clients keep sending requests.",
            "The next `make up` begins with a fresh copy of the example.",
            "SERVICES=folder make up uses a folder of yours instead.",
        ]
        steps = commands(scene.cloud, services, env_file)
        _print(console, [*instructions(scene.cloud, services, steps, notes), *model_lines()])
        _report(scene)


def _keep_own(console: Console, screen: Screen, machine: Machine, services: Path) -> None:
    _refuse_unusable(services)
    shutil.rmtree(WORK, ignore_errors=True)
    if machine.slow:
        screen.say(machine.sentence())
    linted = subprocess.run(
        [str(LINT), "lint", str(services)], check=False, capture_output=True, text=True
    )
    _print(console, (linted.stdout + linted.stderr).splitlines())
    with LocalCloud(WORK, services, machine=machine) as cloud:
        cloud.subscribe()
        env_file = WORK / ENV_FILE_NAME
        write_environment(env_file, shell_environment(cloud))
        write_app(WORK / APP_FILE_NAME, cloud)
        notes = [
            f"The app takes your services: {', '.join(own_services(services))}.",
            "Nothing is registered yet, and nobody sends requests but you.",
        ]
        steps = own_commands(cloud, services, env_file)
        _print(console, instructions(cloud, services, steps, notes))
        _report_own(screen, cloud, services)


def _refuse_unusable(services: Path) -> None:
    if services == WORK or services.is_relative_to(WORK):
        raise StoryError(f"{services} is emptied by every `make up`: move your services elsewhere")
    if not own_services(services):
        raise StoryError(
            f"there is no service in {services}: a service is a folder with a {POLICY_FILE} and "
            "Azure ML's own YAML files (docs/policy.md); begin with a copy of "
            "services/fraud-detection"
        )


def _report(scene: Scene) -> None:
    def never(_: Picture) -> bool:
        return False

    scene.watch_until(never, "Ctrl-C", FOR_EVER_SECONDS)


def _report_own(screen: Screen, cloud: LocalCloud, services: Path) -> None:
    idle = Load(cloud.authority)
    watchers: dict[str, Watcher] = {}
    while True:
        # Asked each time: a new folder is a new service.
        for name in own_services(services):
            watcher = watchers.setdefault(name, Watcher(cloud, idle, name))
            _, fresh = watcher.look()
            for decision in fresh:
                screen.say(f"{name}: {decision_text(decision)}")
        time.sleep(LOOK_EVERY_SECONDS)


def _print(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

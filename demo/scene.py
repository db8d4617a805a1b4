"""What every act needs: the processes, the clients, the service's folder, and watched waits."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.load import Load
from demo.local_cloud import LocalCloud
from demo.machine import Machine
from demo.models import model_file
from demo.pictures import in_one_line
from demo.places import ENDPOINT, MODEL, REPOSITORY
from demo.policies import ServiceCopy
from demo.screens import Screen
from demo.watching import FINAL_PHASES, Picture, Watcher

LOOK_EVERY_SECONDS = 1.0
LINE_CHARACTERS = 300
"""How much of a process's last line a sentence quotes."""
REGISTER_LIMIT_SECONDS = 90.0
REGISTER_SCRIPT = REPOSITORY / "demo" / "register.py"


class StoryError(Exception):
    """The story cannot continue. The text is one sentence: what it waited for, what was seen
    instead, and which log says more.
    """


@dataclass(frozen=True)
class Scene:
    """The stage on which the acts play."""

    cloud: LocalCloud
    load: Load
    service: ServiceCopy
    watcher: Watcher
    screen: Screen
    machine: Machine

    def register(self, version: str, *, model_of: str | None = None) -> None:
        """Register a version of the story's model with the plain SDK, in its own process.

        `model_of` is the version of the story whose model it is; None: its own.

        Raises:
            StoryError: the script failed or took too long; the text quotes its last line.
        """
        file = model_file(model_of or version)
        self.screen.say(f"registering {MODEL}:{version} with azure-ai-ml")
        command = [sys.executable, str(REGISTER_SCRIPT), "--model", MODEL]
        command += ["--version", version, "--file", str(file)]
        log = self.cloud.work / f"register-{version}.log"
        with (
            log.open("w", encoding="utf-8") as output,
            subprocess.Popen(
                command,
                env={**os.environ, **self.cloud.environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as script,
        ):
            try:
                self.watch_until(
                    lambda _: script.poll() is not None,
                    "the registration",
                    REGISTER_LIMIT_SECONDS,
                    log,
                )
            finally:
                script.kill()
        if script.returncode != 0:
            said = last_line(log.read_text(encoding="utf-8", errors="replace"))
            raise StoryError(f"{REGISTER_SCRIPT.name} failed: {said}; see {log}")

    def watch_until(
        self,
        happened: Callable[[Picture], bool],
        what: str,
        limit_seconds: float,
        log: Path | None = None,
    ) -> Picture:
        """Keep the screen up to date until the picture shows that it happened.

        The limit is that of a usual machine. `log` says more about a failure than the app's own.

        Raises:
            StoryError: it did not happen within this machine's limit.
        """
        limit = self.machine.limit(limit_seconds)
        deadline = time.monotonic() + limit
        while True:
            picture, fresh = self.watcher.look()
            self.screen.show(picture, fresh)
            if happened(picture):
                return picture
            if time.monotonic() > deadline:
                raise StoryError(
                    f"gave up waiting for {what} after {limit:.0f} s; last seen: "
                    f"{in_one_line(picture)}; see {log or self.cloud.app_log}"
                )
            time.sleep(LOOK_EVERY_SECONDS)

    def watch_for(self, seconds: float) -> Picture:
        """Keep the screen up to date for a while."""
        until = time.monotonic() + seconds
        return self.watch_until(lambda _: time.monotonic() >= until, "the time", 2 * seconds + 60)

    def watch_to_the_end(self, version: str, limit_seconds: float) -> Picture:
        """Watch the rollout of a version until its phase is final.

        Raises:
            StoryError: it was not final within the limit.
        """

        def ended(picture: Picture) -> bool:
            return is_of(picture, version) and picture.phase in FINAL_PHASES

        return self.watch_until(ended, f"the end of version {version}", limit_seconds)

    def only_deployment(self) -> str:
        """Return the endpoint's deployment between two acts.

        Raises:
            StoryError: there is none, or more than one.
        """
        found = self.deployments()
        if len(found) != 1:
            raise StoryError(
                f"this act begins with one deployment, but there are "
                f"{', '.join(found) or 'none'}; see {self.cloud.app_log}"
            )
        return found[0]

    def deployments(self) -> list[str]:
        """Return the endpoint's deployments, as Resource Manager lists them."""
        listed = self.cloud.endpoint("/deployments").expect(200)["value"]
        return sorted(str(one["name"]).rpartition("/")[2] for one in listed)

    def traffic(self) -> Mapping[str, int]:
        """Return the endpoint's weights above zero, as Resource Manager has them."""
        traffic = self.cloud.endpoint().expect(200)["properties"]["traffic"]
        return {str(name): int(weight) for name, weight in traffic.items() if weight}

    def weights_of(self, deployment: str) -> list[int]:
        """Return the weights a deployment got, in order, from the local Azure's log of changes."""
        weights: list[int] = []
        for write in self.cloud.control("GET", "writes").expect(200):
            after: Mapping[str, Any] = write["after"]["traffic"]
            if write["operation"] == "endpoints.put" and write["resource"] == ENDPOINT:
                weight = int(after.get(deployment, 0))
                if weight != (weights[-1] if weights else 0):
                    weights.append(weight)
        return weights

    def start_clients(self) -> None:
        """Start the real traffic, with the endpoint's own key."""
        url = self.cloud.endpoint().expect(200)["properties"]["scoringUri"]
        keys = self.cloud.endpoint("/listKeys", "POST").expect(200)
        self.load.start(str(url), str(keys["primaryKey"]))


def last_line(text: str) -> str:
    """Return the last line that is not empty: of a traceback, the error itself."""
    lines = text.strip().splitlines()
    return lines[-1].strip()[:LINE_CHARACTERS] if lines else "it printed nothing"


def is_of(picture: Picture, version: str) -> bool:
    """Say whether the latest rollout is of this model version."""
    return str(picture.rollout.get("version", "")) == version

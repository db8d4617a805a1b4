"""A `Runtime` whose containers are real processes on this machine."""

import atexit
import shutil
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from localazure.collector.rows import CollectedRows
from localazure.runtime import ContainerSpec, ContainerState, ContainerStatus
from localazure.scoring.assets import Assets
from localazure.scoring.container import Container, ContainerSettings, same_process
from localazure.scoring.environments import Environments


class ProcessRuntime:
    """Runs each deployment as a process; `close` (or leaving the `with` block) ends them all.

    `work` is its own folder for what containers need (fetched code and models, logs). One process
    stands for all instances of a deployment. Without `rows`, no data collector is imitated.
    """

    def __init__(
        self,
        work: Path,
        environments: Environments,
        assets: Assets,
        settings: ContainerSettings | None = None,
        rows: CollectedRows | None = None,
    ) -> None:
        self._work = work
        self._environments = environments
        self._assets = assets
        self._settings = settings or ContainerSettings()
        self._rows = rows
        self._lock = threading.Lock()
        self._containers: dict[tuple[str, str], tuple[Container, Path]] = {}
        self._ending: list[threading.Thread] = []
        atexit.register(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, spec: ContainerSpec) -> None:
        """Begin to start it. A running container with the same code and model keeps running."""
        key = (spec.endpoint, spec.deployment)
        with self._lock:
            current = self._containers.get(key)
            if (
                current is not None
                and current[0].status.state is not ContainerState.FAILED
                and same_process(current[0].spec, spec)
            ):
                current[0].spec = replace(spec)
                return
        self.stop(*key)
        self._work.mkdir(parents=True, exist_ok=True)
        folder = Path(
            tempfile.mkdtemp(prefix=f"{spec.endpoint}-{spec.deployment}-", dir=self._work)
        )
        container = Container(spec, folder / "container", self._settings, self._rows)
        with self._lock:
            self._containers[key] = (container, folder)
        container.start(self._environments, self._assets)

    def status(self, endpoint: str, deployment: str) -> ContainerStatus:
        """Return the container's current status."""
        found = self._find(endpoint, deployment)
        return ContainerStatus(ContainerState.ABSENT) if found is None else found.status

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return the last `tail` lines it printed; empty when there is none."""
        found = self._find(endpoint, deployment)
        return "" if found is None else found.log_tail(tail)

    def stop(self, endpoint: str, deployment: str) -> None:
        """Stop it if it is running, and remove its files; returns at once, `close` waits."""
        with self._lock:
            found = self._containers.pop((endpoint, deployment), None)
            if found is None:
                return
            ending = threading.Thread(target=_end, args=found, name=f"ending-{deployment}")
            self._ending = [thread for thread in self._ending if thread.is_alive()] + [ending]
        ending.start()

    def address(self, endpoint: str, deployment: str) -> str | None:
        """Return the base URL of a ready container, or `None`."""
        found = self._find(endpoint, deployment)
        return None if found is None else found.address

    def close(self) -> None:
        """Stop every container and wait until all have ended. May be called twice."""
        atexit.unregister(self.close)
        for endpoint, deployment in list(self._containers):
            self.stop(endpoint, deployment)
        for thread in self._ending:
            thread.join()

    def _find(self, endpoint: str, deployment: str) -> Container | None:
        with self._lock:
            found = self._containers.get((endpoint, deployment))
        return None if found is None else found[0]


def _end(container: Container, folder: Path) -> None:
    container.stop()
    shutil.rmtree(folder, ignore_errors=True)

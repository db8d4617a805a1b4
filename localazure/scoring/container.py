"""One deployment's container: a gunicorn process that serves the user's scoring script.

Microsoft's inference server, started the way its own launcher does except for the address: the
launcher always listens on every interface (measured with azureml-inference-server-http 1.5.1).
`GET /` is its liveness probe; an `init()` that raises ends the process ("Worker failed to boot").
"""

import http.client
import os
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localazure.child_process import stop, tied_to_this_process
from localazure.collector.rows import CollectedRows
from localazure.collector.sink import Sink
from localazure.runtime import CollectorSpec, ContainerSpec, ContainerState, ContainerStatus
from localazure.scoring.assets import AssetNotFoundError, Assets
from localazure.scoring.conda import InvalidCondaFileError
from localazure.scoring.environments import EnvironmentBuildError, Environments

LOOPBACK = "127.0.0.1"
HTTP_OK = 200
REASON_LINES = 40
"""How many log lines a failure's reason quotes."""

_SETTINGS = Path(__file__).with_name("gunicorn_settings.py")
_APPLICATION = "azureml_inference_server_http.server.entry:app"
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What a container inherits from this process's environment: no credential, no other setting."""


@dataclass(frozen=True)
class ContainerSettings:
    """Dials of a container. Times are in seconds.

    `workers` are gunicorn processes; each holds the model and costs some 150 MiB. `start_limit` is
    how long it may take to become ready (Azure: 30 probes 10 s apart, the probe defaults in the
    deployment YAML reference).
    """

    workers: int = 1
    start_limit: float = 300.0
    probe_interval: float = 0.1
    probe_timeout: float = 2.0
    stop_grace: float = 3.0


class Container:
    """A container being prepared, running, or ended. Made once, started once, stopped once."""

    def __init__(
        self,
        spec: ContainerSpec,
        folder: Path,
        settings: ContainerSettings,
        rows: CollectedRows | None = None,
    ) -> None:
        self.spec = spec
        self._rows = rows
        self._sink: Sink | None = None
        self._folder = folder
        self._log = folder / "container.log"
        self._settings = settings
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._status = ContainerStatus(ContainerState.STARTING)
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> ContainerStatus:
        return self._status

    @property
    def address(self) -> str | None:
        """The base URL once it is ready, else `None`."""
        if self._status.state is not ContainerState.READY or self._port is None:
            return None
        return f"http://{LOOPBACK}:{self._port}"

    def log_tail(self, lines: int) -> str:
        """Return the last `lines` lines of what it printed."""
        if lines <= 0 or not self._log.is_file():
            return ""
        with self._log.open(encoding="utf-8", errors="replace") as log:
            return "".join(deque(log, maxlen=lines)).rstrip("\n")

    def start(self, environments: Environments, assets: Assets) -> None:
        """Begin in its own thread and return at once.

        The thread lives as long as the process: the kernel ends the process with the thread that
        started it.
        """
        self._folder.mkdir(parents=True)
        self._thread = threading.Thread(
            target=self._live,
            args=(environments, assets),
            name=f"container-{self.spec.endpoint}-{self.spec.deployment}",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """End the process and its workers; return when they are gone. May be called twice."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            stop(process, self._settings.stop_grace)
            _kill_group(process.pid)
        if self._thread is not None and process is not None:
            self._thread.join()
        self._close_sink()

    def _live(self, environments: Environments, assets: Assets) -> None:
        try:
            process = self._launch(environments, assets)
        except (AssetNotFoundError, InvalidCondaFileError, EnvironmentBuildError, OSError) as error:
            if not self._stopping.is_set():
                self._note(f"{type(error).__name__}: {error}")
                self._fail(str(error))
            return
        if process is None:
            return
        self._await_ready(process)
        exit_code = process.wait()
        if not self._stopping.is_set():
            _kill_group(process.pid)
            self._fail(f"The container ended with exit code {exit_code}.")

    def _launch(self, environments: Environments, assets: Assets) -> subprocess.Popen[bytes] | None:
        python = environments.ensure(self.spec.conda_yaml, self._note)
        code = self._folder / "code"
        if self.spec.code_uri is not None:
            code = assets.fetch(self.spec.code_uri, code)
        code.mkdir(parents=True, exist_ok=True)
        models = (
            self._folder / "models" / (self.spec.model_name or "") / (self.spec.model_version or "")
        )
        if self.spec.model_uri is not None:
            assets.fetch(self.spec.model_uri, models)
        home = self._folder / "home"
        home.mkdir()
        environment = self._environment(home, code, models) | self._open_sink()
        # Bound here and handed over: no other process can take the port in between.
        with socket.socket() as listener:
            listener.bind((LOOPBACK, 0))
            port = int(listener.getsockname()[1])
            command = [str(python), "-m", "gunicorn", "--config", str(_SETTINGS)]
            command += ["--bind", f"fd://{listener.fileno()}"]
            command += ["--workers", str(self._settings.workers), _APPLICATION]
            with self._log.open("ab") as log, self._lock:
                if self._stopping.is_set():
                    return None
                self._port = port
                self._process = subprocess.Popen(
                    tied_to_this_process(command),
                    cwd=code,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[listener.fileno()],
                    start_new_session=True,
                )
            return self._process

    def _environment(self, home: Path, code: Path, models: Path) -> dict[str, str]:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        environment["AML_APP_ROOT"] = str(code)
        if self.spec.scoring_script is not None:
            environment["AZUREML_ENTRY_SCRIPT"] = self.spec.scoring_script
        if self.spec.model_uri is not None:
            environment["AZUREML_MODEL_DIR"] = str(models)
        # Whoever sets one of these means it: another version's folder is then looked for, in vain.
        return {**environment, **self.spec.environment_variables, "HOME": str(home)}

    def _open_sink(self) -> dict[str, str]:
        """Return the variables of azureml-ai-monitoring; none where nothing is collected."""
        if self.spec.collector is None or self._rows is None:
            return {}
        with self._lock:
            if self._stopping.is_set():
                return {}
            self._sink = Sink(self.spec.collector, self._rows)
        return self._sink.environment(self._folder)

    def _close_sink(self) -> None:
        with self._lock:
            sink, self._sink = self._sink, None
        if sink is not None:
            sink.close()

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        waits = int(self._settings.start_limit / self._settings.probe_interval)
        for _ in range(waits):
            if process.poll() is not None or self._stopping.is_set():
                return
            if self._probe():
                self._status = ContainerStatus(ContainerState.READY)
                return
            self._stopping.wait(self._settings.probe_interval)
        self._fail(f"The container was not ready after {self._settings.start_limit:g} seconds.")
        stop(process, self._settings.stop_grace)

    def _probe(self) -> bool:
        connection = http.client.HTTPConnection(
            LOOPBACK, self._port, timeout=self._settings.probe_timeout
        )
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == HTTP_OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _fail(self, sentence: str) -> None:
        if self._status.state is ContainerState.FAILED:
            return
        tail = self.log_tail(REASON_LINES)
        reason = f"{sentence}\n{tail}" if tail and tail != sentence else sentence
        self._status = ContainerStatus(ContainerState.FAILED, reason)

    def _note(self, line: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")


def same_process(one: ContainerSpec, other: ContainerSpec) -> bool:
    """Say whether two specs run the same: limits and instance count only concern the router."""
    return _what_runs(one) == _what_runs(other)


def _what_runs(
    spec: ContainerSpec,
) -> tuple[str | Mapping[str, str] | CollectorSpec | None, ...]:
    return (
        spec.model_name,
        spec.model_version,
        spec.model_uri,
        spec.code_uri,
        spec.scoring_script,
        spec.conda_yaml,
        dict(spec.environment_variables),
        spec.collector,
    )


def _kill_group(pid: int) -> None:
    # The container leads its own group, so this ends workers whose master has ended.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)

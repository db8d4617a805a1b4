"""Real containers: Microsoft's inference server under gunicorn, in the example's environment.

The environment is built on the first run (a minute or so) and cached in the project.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from localazure.example_models import SERVICE_FOLDER, ModelKind, make_model
from localazure.monitor.recorder import Recorder
from localazure.runtime import ContainerSpec, ContainerState
from localazure.scoring.assets import FolderAssets
from localazure.scoring.data_plane import DataPlane
from localazure.scoring.environments import Environments
from localazure.scoring.process_runtime import ProcessRuntime
from localazure.scoring.routing import DeploymentView, EndpointView
from tests.support.paths import PROJECT

CACHE = PROJECT / ".local" / "environments"
CONDA = (SERVICE_FOLDER / "env" / "conda.yml").read_text(encoding="utf-8")
SAMPLE = (SERVICE_FOLDER / "sample-request.json").read_bytes()
PATIENCE_SECONDS = 300.0
WAIT_SECONDS = 0.05

SCRIPTS = {
    "slow": """
        import time
        def init(): pass
        def run(raw):
            time.sleep(float(raw))
            return "slept"
        """,
    "broken": """
        def init(): raise RuntimeError("the weights do not fit")
        def run(raw): pass
        """,
    "environment": """
        import os
        def init(): print("init was here")
        def run(raw): return dict(os.environ)
        """,
    "dying": """
        import os, signal, time
        def init(): pass
        def run(raw):
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        """,
}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="containers are tied to their parent on Linux only"
)


@pytest.fixture(scope="module")
def environments() -> Environments:
    return Environments(CACHE)


@pytest.fixture
def runtime(tmp_path: Path, environments: Environments) -> Iterator[ProcessRuntime]:
    with ProcessRuntime(tmp_path / "containers", environments, FolderAssets()) as running:
        yield running
    assert processes_in(tmp_path) == []


def scripted(name: str, folder: Path, **variables: str) -> ContainerSpec:
    code = folder / name
    code.mkdir()
    script = textwrap.dedent(SCRIPTS[name])
    (code / "score.py").write_text(script, encoding="utf-8")
    return ContainerSpec(
        endpoint="e",
        deployment=name,
        model_name=None,
        model_version=None,
        model_uri=None,
        code_uri=str(code),
        scoring_script="score.py",
        conda_yaml=CONDA,
        environment_variables=variables,
    )


def example(kind: ModelKind, model: Path) -> ContainerSpec:
    return ContainerSpec(
        endpoint="e",
        deployment=kind.value,
        model_name="fraud-detection-model",
        model_version="1",
        model_uri=str(model),
        code_uri=str(SERVICE_FOLDER / "src"),
        scoring_script="score.py",
        conda_yaml=CONDA,
    )


def settled(runtime: ProcessRuntime, deployment: str) -> ContainerState:
    """Wait until the container is no longer starting; return its status."""
    return left(runtime, deployment, ContainerState.STARTING)


def left(runtime: ProcessRuntime, deployment: str, state: ContainerState) -> ContainerState:
    for _ in range(int(PATIENCE_SECONDS / WAIT_SECONDS)):
        if runtime.status("e", deployment).state is not state:
            return runtime.status("e", deployment).state
        time.sleep(WAIT_SECONDS)
    raise AssertionError(f"still {state}: {runtime.logs('e', deployment, 50)}")


def processes_in(folder: Path) -> list[int]:
    """Return the ids of live processes whose HOME is in `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            home = f"HOME={folder}".encode()
            if home in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


class Plane:
    """A data plane in front of a runtime: every deployment exists, the first has all traffic."""

    def __init__(self, runtime: ProcessRuntime, *deployments: DeploymentView) -> None:
        self._runtime = runtime
        self._view = EndpointView(
            "e",
            "key",
            ("key",),
            traffic={deployments[0].name: 100},
            deployments={one.name: one for one in deployments},
        )

    def endpoint(self, name: str) -> EndpointView | None:
        return self._view if name == "e" else None

    def address(self, endpoint: str, deployment: str) -> str | None:
        return self._runtime.address(endpoint, deployment)

    def post(self, *bodies: bytes, **headers: str) -> list[tuple[int, Any, Mapping[str, str]]]:
        """Send the bodies one after the other; returns status, decoded body and headers."""
        return asyncio.run(self._post(bodies, headers))

    async def _post(
        self, bodies: tuple[bytes, ...], headers: dict[str, str]
    ) -> list[tuple[int, Any, Mapping[str, str]]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Authorization": "Bearer key", "Content-Type": "application/json"}
        answers: list[tuple[int, Any, Mapping[str, str]]] = []
        app = DataPlane(self, self, Recorder()).application()
        async with (
            TestServer(app, host="127.0.0.1") as server,
            aiohttp.ClientSession(headers=named) as session,
        ):
            for body in bodies:
                url = f"http://127.0.0.1:{server.port}/e/score"
                async with session.post(url, data=body) as answer:
                    raw = await answer.read()
                    is_json = "json" in answer.headers.get("Content-Type", "")
                    decoded = json.loads(raw) if is_json and raw else raw
                    answers.append((answer.status, decoded, answer.headers))
        return answers


def large_amount() -> bytes:
    features = json.loads(SAMPLE)["features"]
    features[0][7] = 8.5
    return json.dumps({"features": features}).encode()


def test_the_example_models_score_fail_and_fail_in_part_as_described(
    tmp_path: Path, environments: Environments, runtime: ProcessRuntime
) -> None:
    for kind in ModelKind:
        model = make_model(tmp_path / kind.value / "model", kind, environments).parent
        runtime.start(example(kind, model))
    assert {settled(runtime, kind.value) for kind in ModelKind} == {ContainerState.READY}
    plane = Plane(runtime, *(DeploymentView(kind.value) for kind in ModelKind))
    statuses = {
        kind: [
            answer[0]
            for answer in plane.post(SAMPLE, large_amount(), azureml_model_deployment=kind.value)
        ]
        for kind in ModelKind
    }
    assert statuses == {
        ModelKind.HEALTHY: [200, 200],
        ModelKind.IMPROVED: [200, 200],
        ModelKind.NARROW: [200, 424],
        ModelKind.INCOMPATIBLE: [424, 424],
        ModelKind.SENTINEL: [200, 200],
    }
    large = {
        kind: plane.post(large_amount(), azureml_model_deployment=kind.value)[0][1]["predictions"]
        for kind in (ModelKind.HEALTHY, ModelKind.IMPROVED, ModelKind.SENTINEL)
    }
    assert list(large.values()) == [[1], [1], [0]]
    _, body, headers = plane.post(SAMPLE)[0]
    assert headers["azureml-model-deployment"] == "healthy"
    assert set(body) == {"predictions", "probabilities"}
    failed = plane.post(large_amount(), azureml_model_deployment="narrow")[0]
    assert failed[2]["ms-azureml-model-error-statuscode"] == "500"
    assert "Found unknown categories" in runtime.logs("e", "narrow", 200)
    assert len(runtime.logs("e", "narrow", 3).splitlines()) == 3


def test_an_init_that_raises_makes_the_container_fail_with_its_log(
    tmp_path: Path, runtime: ProcessRuntime
) -> None:
    runtime.start(scripted("broken", tmp_path))
    assert settled(runtime, "broken") is ContainerState.FAILED
    reason = runtime.status("e", "broken").reason
    assert "exit code 3" in reason
    assert "the weights do not fit" in reason
    assert "the weights do not fit" in runtime.logs("e", "broken", 100)
    answer = Plane(runtime, DeploymentView("broken")).post(b"1")[0]
    assert answer[0] == 424
    assert answer[2]["ms-azureml-model-error-reason"] == "model_not_ready"


def test_a_model_slower_than_its_timeout_is_408_and_keeps_running(
    tmp_path: Path, runtime: ProcessRuntime
) -> None:
    runtime.start(scripted("slow", tmp_path))
    assert settled(runtime, "slow") is ContainerState.READY
    plane = Plane(runtime, DeploymentView("slow", request_timeout_ms=300))
    assert plane.post(b"1.0")[0][0] == 408
    patient = Plane(runtime, DeploymentView("slow", request_timeout_ms=30_000))
    assert patient.post(b"0")[0][:2] == (200, "slept")


def test_a_container_sees_its_own_settings_and_none_of_the_hosts(
    tmp_path: Path, runtime: ProcessRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "ours")
    spec = scripted("environment", tmp_path, GREETING="hello")
    runtime.start(spec)
    assert settled(runtime, "environment") is ContainerState.READY
    plane = Plane(runtime, DeploymentView("environment"))
    seen = plane.post(b"{}")[0][1]
    assert seen["GREETING"] == "hello"
    assert "AZURE_CLIENT_SECRET" not in seen
    assert seen["HOME"].startswith(str(tmp_path))
    assert "init was here" in runtime.logs("e", "environment", 100)


def test_a_container_keeps_running_with_other_limits_and_restarts_with_other_variables(
    tmp_path: Path, runtime: ProcessRuntime
) -> None:
    spec = scripted("environment", tmp_path)
    runtime.start(spec)
    settled(runtime, "environment")
    before = runtime.address("e", "environment")
    runtime.start(ContainerSpec(**{**vars(spec), "instance_count": 4}))
    assert runtime.address("e", "environment") == before is not None
    runtime.start(ContainerSpec(**{**vars(spec), "environment_variables": {"A": "1"}}))
    assert runtime.address("e", "environment") is None
    settled(runtime, "environment")
    assert Plane(runtime, DeploymentView("environment")).post(b"{}")[0][1]["A"] == "1"


def test_a_container_that_dies_is_noticed_and_leaves_no_worker(
    tmp_path: Path, runtime: ProcessRuntime
) -> None:
    runtime.start(scripted("dying", tmp_path))
    assert settled(runtime, "dying") is ContainerState.READY
    plane = Plane(runtime, DeploymentView("dying"))
    assert plane.post(b"{}")[0][0] == 424
    assert left(runtime, "dying", ContainerState.READY) is ContainerState.FAILED
    assert "exit code -9" in runtime.status("e", "dying").reason
    assert processes_in(tmp_path) == []


def test_missing_code_or_a_bad_conda_file_makes_the_container_fail_with_a_sentence(
    tmp_path: Path, runtime: ProcessRuntime
) -> None:
    spec = scripted("slow", tmp_path)
    nowhere = {"code_uri": str(tmp_path / "nowhere")}
    runtime.start(ContainerSpec(**{**vars(spec), **nowhere}))
    assert settled(runtime, "slow") is ContainerState.FAILED
    assert "There is no file or folder at" in runtime.status("e", "slow").reason
    runtime.start(ContainerSpec(**{**vars(spec), "conda_yaml": "dependencies: 3"}))
    assert settled(runtime, "slow") is ContainerState.FAILED
    assert "no list called 'dependencies'" in runtime.logs("e", "slow", 5)


def test_a_stopped_container_is_absent_and_its_files_are_gone(
    tmp_path: Path, runtime: ProcessRuntime
) -> None:
    runtime.start(scripted("slow", tmp_path))
    settled(runtime, "slow")
    assert processes_in(tmp_path)
    runtime.stop("e", "slow")
    assert runtime.status("e", "slow").state is ContainerState.ABSENT
    assert (runtime.address("e", "slow"), runtime.logs("e", "slow", 5)) == (None, "")
    runtime.close()
    assert processes_in(tmp_path) == []
    assert list((tmp_path / "containers").iterdir()) == []


PARENT = """
import sys, time
from pathlib import Path
from localazure.runtime import ContainerSpec
from localazure.scoring.assets import FolderAssets
from localazure.scoring.environments import Environments
from localazure.scoring.process_runtime import ProcessRuntime

cache, work, code, conda = map(Path, sys.argv[1:])
runtime = ProcessRuntime(work, Environments(cache), FolderAssets())
text = conda.read_text()
runtime.start(ContainerSpec("e", "d", None, None, None, str(code), "score.py", text))
while runtime.address("e", "d") is None:
    time.sleep(0.05)
print("ready", flush=True)
time.sleep(600)
"""


def test_no_container_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    work, code = tmp_path / "containers", tmp_path / "slow"
    code.mkdir()
    (code / "score.py").write_text(textwrap.dedent(SCRIPTS["slow"]), encoding="utf-8")
    conda = SERVICE_FOLDER / "env" / "conda.yml"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(CACHE), str(work), str(code), str(conda)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        assert len(processes_in(work)) >= 2
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        for _ in range(int(PATIENCE_SECONDS / WAIT_SECONDS)):
            if not processes_in(work):
                break
            time.sleep(WAIT_SECONDS)
        assert processes_in(work) == []
    finally:
        parent.kill()
        parent.communicate()
        for pid in processes_in(work):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(work, ignore_errors=True)

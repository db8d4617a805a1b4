"""The deployed package, in an environment with only its `requirements.txt`.

As on the platform, the app's packages come first, then what the platform itself supplies:
Microsoft's worker library and, here, the imitated host around it.
"""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.package import write_package
from localazure.functions_host.process import functions_host_process
from tests.integration.test_functions_in_the_worker import FUNCTIONS
from tests.support.integration import SERVICE, RunningProduct, eventually
from tests.support.paths import PROJECT

UV = PROJECT / ".tools" / "bin" / "uv"
OF_THE_PLATFORM = ("aiohttp", "azure-functions-runtime", "croniter")
COMMAND_SECONDS = 300
MAX_ENVIRONMENT_MIB = 120
"""A requirement that drags in a framework would show here: it is twice what there was."""

# Every module, and whatever one of its functions imports when it is called.
IMPORT_ALL = """
import ast, importlib, importlib.util, pathlib, sys
assert not [name for name in ("localazure", "pytest", "mypy") if importlib.util.find_spec(name)]
app = pathlib.Path(sys.argv[1])
sys.path.append(str(app))
wanted = set()
for path in sorted((app / "rollout").rglob("*.py")):
    wanted.add(".".join(path.relative_to(app).with_suffix("").parts))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            wanted.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            wanted.add(node.module)
for name in sorted(wanted):
    importlib.import_module(name)
assert {"azure.ai.ml", "azure.eventgrid", "rollout.wiring"} <= wanted
assert pathlib.Path(sys.modules["rollout"].__file__).is_relative_to(app)
"""


@dataclass(frozen=True)
class Deployed:
    """The unpacked package, and the interpreter of its environment."""

    archive: Path
    app: Path
    environment: Path

    @property
    def python(self) -> str:
        return str(self.environment / "bin" / "python")


def run(*command: str | Path, cwd: Path) -> str:
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    assert UV.is_file(), "run make setup: it fetches uv into .tools"
    work = tmp_path_factory.mktemp("package")
    found = Deployed(work / "app.zip", work / "app", work / "environment")
    write_package(PROJECT, found.archive)
    with zipfile.ZipFile(found.archive) as package:
        package.extractall(found.app)
    # The project's own interpreter, which may not be the system's.
    run(UV, "venv", "--python", sys.executable, found.environment, cwd=work)
    requirements = found.app / "requirements.txt"
    run(UV, "pip", "install", "--python", found.python, "--requirement", requirements, cwd=work)
    return found


@pytest.fixture(scope="module")
def platform(deployed: Deployed) -> Deployed:
    """The same with the platform's packages behind the app's."""
    extra = deployed.environment.parent / "platform"
    pins = PROJECT / "dev/requirements/dev.txt"
    run(
        *(UV, "pip", "install", "--python", deployed.python, "--target", extra),
        *("--constraint", pins, *OF_THE_PLATFORM),
        cwd=deployed.app,
    )
    (packages,) = deployed.environment.glob("lib/python*/site-packages")
    # A path file's lines go after all existing entries.
    (packages / "platform.pth").write_text(f"{extra}\n")
    return deployed


def test_requirements_are_enough_for_every_module(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    run(deployed.python, "-W", "ignore", "-c", IMPORT_ALL, deployed.app, cwd=deployed.app.parent)
    (packages,) = deployed.environment.glob("lib/python*/site-packages")
    files = (path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc")
    installed = sum(path.stat().st_size for path in files) / 2**20

    with capsys.disabled():
        zipped = deployed.archive.stat().st_size / 1024
        sys.stdout.write(f"\npackage: {zipped:,.0f} KiB; requirements: {installed:,.0f} MiB\n")
    assert installed < MAX_ENVIRONMENT_MIB


def test_the_package_is_indexed_and_answers_in_the_worker(
    platform: Deployed, product: RunningProduct, tmp_path: Path
) -> None:
    azure = product.azure
    settings = {
        **azure["environments"]["function-app"],
        "AzureWebJobsStorage": "",
        "AzureWebJobsStorage__tableServiceUri": azure["tableUrl"],
        "AzureWebJobsStorage__queueServiceUri": azure["queueUrl"],
        "ARM_ENDPOINT": azure["armUrl"],
        "TICK_SCHEDULE": "*/2 * * * * *",
        "ROLLOUTS_TABLE": "PackagedRollouts",
        "LIVE_TABLE": "PackagedLive",
        "WORK_QUEUE": "packaged-work",
        "EVENT_QUEUE": "packaged-events",
    }
    with functions_host_process(
        platform.app, settings, tmp_path / "state", python=platform.python
    ) as app:
        running = RunningProduct(app, azure, tmp_path / "state" / "host.log")
        assert set(app.ready["functions"]) == FUNCTIONS
        assert (app.ready["errors"], app.ready["warnings"]) == ([], [])
        eventually(lambda: running.call("GET", "health", key=False).status == 200)
        listed = running.call("GET", "rollouts").json["value"]

    assert [view["service"] for view in listed] == [SERVICE]

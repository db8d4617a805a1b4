"""The unmodified SDK in its own process, with environment variables and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

from localazure.example_models import SERVICE_FOLDER, ModelKind, make_model
from localazure.scoring.environments import Environments
from localazure.stack.process import stack_process
from tests.support.contract.sample_host import eventually
from tests.support.paths import PROJECT

CLIENT = PROJECT / "tests" / "support" / "contract" / "sdk_client.py"
ENVIRONMENTS = PROJECT / ".local" / "environments"
CLIENT_SECONDS = 120


def test_the_sdk_registers_deploys_and_scores_a_model_on_a_real_scoring_server(
    tmp_path: Path,
) -> None:
    model = make_model(tmp_path / "model", ModelKind.HEALTHY, Environments(ENVIRONMENTS))
    arguments = ["--environments", str(ENVIRONMENTS), "--poll-seconds", "0.1"]
    with stack_process(tmp_path / "azure", arguments) as azure:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AZURE", "IDENTITY_", "MSI_"))
        }
        done = subprocess.run(
            [sys.executable, str(CLIENT), str(model), str(SERVICE_FOLDER)],
            env={**clean, **azure.ready["environments"]["developer"]},
            capture_output=True,
            text=True,
            timeout=CLIENT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout.splitlines()[-1])
        assert seen["traffic"] == {"blue": 100}
        assert "predictions" in seen["answer"]
        assert "POST /score 200" in seen["logs"]
        azure.kill()
    eventually(lambda: not _processes_in(tmp_path))


def _processes_in(folder: Path) -> list[str]:
    """Scoring servers whose code is in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return found

"""What is deployed is named; whatever else lies in the folder stays there."""

import shutil
from pathlib import Path

import pytest

from dev.package import IGNORE_FILE, deployed_files
from tests.support.paths import PROJECT

NAMED = (
    *("function_app.py", "host.json", "requirements.txt", "rollout/app.py"),
    *("services/s/a.yml", "services/s/src/.amlignore"),
)
STRAYS = (
    *(".env", ".env.production", "id_rsa", "key.pem", "secrets.json", "app.publishsettings"),
    *(".aws/credentials", ".npmrc", ".netrc", "terraform.tfstate", "scratch/dump.sql"),
    *("local.settings.json", "notes.md", "rollout/.env", "rollout/__pycache__/app.pyc"),
    *(
        "services/s/.env.local",
        "services/s/client.pem",
        "services/s/.aws/credentials",
        "services/s/id_rsa",
        "rollout/local.settings.json",
        "rollout/secrets.json",
        "rollout/app.log",
        "rollout/id_ed25519",
        ".amlignore",
        "other/rollout/app.py",
        "my/services/x.yml",
    ),
)


@pytest.mark.parametrize("stray", STRAYS)
def test_a_stray_file_is_not_deployed(stray: str, tmp_path: Path) -> None:
    shutil.copy(PROJECT / IGNORE_FILE, tmp_path)
    for name in (*NAMED, stray):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert deployed_files(tmp_path) == sorted(NAMED)

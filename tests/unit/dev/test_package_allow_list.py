"""What is deployed is named; whatever else lies in the folder stays there."""

import shutil
from pathlib import Path

import pytest

from dev import package
from dev.package import IGNORE_FILE, deployed_files, missing_libraries
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


def test_a_package_without_the_consoles_libraries_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, archive = tmp_path / "project", tmp_path / "app.zip"
    (project / "rollout" / "console").mkdir(parents=True)
    shutil.copy(PROJECT / IGNORE_FILE, project)
    monkeypatch.setattr(package, "PROJECT", project)

    assert package.main([str(archive)]) == 1
    assert "rollout/console/vendor/preact.js" in capsys.readouterr().err
    assert not archive.exists()


def test_the_libraries_are_packed_though_git_does_not_have_them() -> None:
    assert missing_libraries(deployed_files(PROJECT)) == [], "run make setup"

"""What publishing one bundle over another changes."""

import shutil
from pathlib import Path

import pytest

from rollout.cli.bundle import bundle_bytes
from rollout.cli.bundle_changes import changes
from tests.support.paths import PROJECT

SERVICE = "fraud-detection"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "services", tmp_path / "services"))


def test_where_nothing_was_every_service_is_new(folder: Path) -> None:
    found = changes(folder, None)

    assert (found.added, found.changed, found.removed) == ((SERVICE,), (), ())
    assert found.lines() == [f"new      {SERVICE}"]


def test_the_same_files_change_nothing(folder: Path) -> None:
    found = changes(folder, bundle_bytes(folder))

    assert not found.any
    assert found.lines() == []


def test_a_changed_service_names_its_files_the_policy_first(folder: Path) -> None:
    before = bundle_bytes(folder)
    for name in ("deployment.yml", "rollout.yaml"):
        file = folder / SERVICE / name
        file.write_text(file.read_text() + "# reviewed\n")
    (folder / SERVICE / "notes.md").write_text("new")

    found = changes(folder, before)

    assert found.changed == (SERVICE,)
    assert found.lines() == [f"changed  {SERVICE}: rollout.yaml, deployment.yml, notes.md"]


def test_a_service_that_is_gone_is_told_with_what_that_means(folder: Path) -> None:
    shutil.copytree(folder / SERVICE, folder / "old")
    before = bundle_bytes(folder)
    shutil.rmtree(folder / "old")

    found = changes(folder, before)

    assert found.removed == ("old",)
    assert "starts nothing any more" in found.lines()[0]


def test_a_bundle_that_cannot_be_read_is_replaced_and_that_is_said(folder: Path) -> None:
    found = changes(folder, b"no zip")

    assert found.any
    assert "cannot be read and is replaced" in found.lines()[0]
    assert found.lines()[1] == f"new      {SERVICE}"

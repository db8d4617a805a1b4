"""Without a compiler, a snapshot that is out of date is noticed by digests."""

from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from infra_check import check, digests
from tests.support.infra.made import INFRA


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    return copytree(INFRA, tmp_path / "infra", ignore=ignore_patterns("hooks"))


def test_the_stored_ones_are_of_the_files_as_they_are() -> None:
    assert digests.stale(INFRA) == []


@pytest.mark.parametrize(
    "name",
    [
        "main.bicep",
        "modules/storage.bicep",
        "bicepconfig.json",
        "role-actions.json",
        "queries/fleet.kql",
        "profiles/main-default.bicepparam",
        "profiles/main-default.snapshot.json",
    ],
)
def test_a_file_that_changed_is_named(infra: Path, name: str) -> None:
    (infra / name).write_text((infra / name).read_text() + "\n")

    (said,) = digests.stale(infra)

    assert said.startswith(f"{name} was changed after the snapshots: ")


def test_files_that_come_and_go_are_named(infra: Path) -> None:
    (infra / "names.bicep").rename(infra / "other.bicep")

    assert [each.split(" after")[0] for each in digests.stale(infra)] == [
        "names.bicep was removed",
        "other.bicep was added",
    ]


def test_ends_of_lines_are_no_change(infra: Path) -> None:
    text = (infra / "main.bicep").read_bytes()
    (infra / "main.bicep").write_bytes(text.replace(b"\n", b"\r\n"))

    assert digests.stale(infra) == []


def test_without_digests_nothing_is_known(infra: Path) -> None:
    (infra / digests.STORED).unlink()

    (said,) = digests.stale(infra)

    assert "python -m infra_check --write" in said


def test_a_snapshot_without_a_profile_is_found(infra: Path) -> None:
    (infra / "profiles/main-private.bicepparam").unlink()

    assert check.lost(infra) == ["main-private.snapshot.json has no profile: delete it"]

"""`rollout bundle`: the same files are the same bytes, and the app reads back what was packed."""

import os
import shutil
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.adapters.bundle.archive import unpack
from rollout.adapters.bundle.files import read_bundle
from rollout.cli import main
from rollout.cli.bundle import bundle_bytes
from tests.support.paths import PROJECT

SERVICES = PROJECT / "services"
SERVICE = "fraud-detection"


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """A copy of the example's services."""
    return Path(shutil.copytree(SERVICES, tmp_path / "services"))


def bundle(folder: Path, archive: Path) -> int:
    return main(["bundle", str(folder), "--output", str(archive)])


def test_the_zip_and_both_digests_are_named(
    services: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "out" / "services.zip"

    assert bundle(services, archive) == 0
    named, of_services, of_zip = capsys.readouterr().out.splitlines()[1:]
    assert named == f"{archive}: {archive.stat().st_size:,} bytes"
    assert of_services == f"bundle {read_bundle(services, None).digest}"
    assert of_zip.startswith("sha256 ")
    assert [path.name for path in archive.parent.iterdir()] == ["services.zip"]


def test_the_same_files_are_the_same_bytes_whatever_else_differs(
    services: Path, tmp_path: Path
) -> None:
    before = bundle_bytes(services)
    for path in services.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (services / SERVICE / "src" / "score.py").chmod(0o755)
    (services / SERVICE / ".rollout.yaml.swp").write_text("an editor's")
    (services / SERVICE / "src" / "__pycache__").mkdir()
    (services / SERVICE / "src" / "__pycache__" / "score.pyc").write_bytes(b"0")
    (services / SERVICE / "link.yml").symlink_to(services / SERVICE / "endpoint.yml")
    (services / "README.md").write_text("of no service")
    elsewhere = shutil.copytree(services, tmp_path / "elsewhere" / "services", symlinks=True)

    assert bundle_bytes(services) == before
    assert bundle_bytes(elsewhere) == before


def test_another_byte_is_another_bundle(services: Path) -> None:
    before = bundle_bytes(services)
    with (services / SERVICE / "sample-request.json").open("a") as file:
        file.write("\n")

    assert bundle_bytes(services) != before


def test_entries_stand_in_order_and_tell_nothing_of_the_machine(services: Path) -> None:
    with zipfile.ZipFile(BytesIO(bundle_bytes(services))) as archive:
        entries = archive.infolist()

    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert f"{SERVICE}/rollout.yaml" in names
    assert {(entry.date_time, entry.external_attr >> 16) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644)
    }


# Control characters and blanks other than a space are not printable, and refused in a name.
PRINTABLE = st.characters(
    codec="utf-8",
    exclude_categories=("C", "Z"),
    include_characters=" ",
    exclude_characters="/\\:",
)
NAMES = st.text(PRINTABLE, min_size=1, max_size=8).filter(lambda name: name not in {".", ".."})
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    st.binary(max_size=20),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_whatever_is_packed_is_read_back_as_the_same_bundle(
    files: dict[tuple[str, ...], bytes],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, target = Path(place) / "services", Path(place) / "target"
        target.mkdir()
        shutil.copytree(SERVICES, folder)
        for parts, content in files.items():
            path = folder / SERVICE / Path(*parts)
            if all(parent.is_dir() or not parent.exists() for parent in path.parents):
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.write_bytes(content)
        counted = read_bundle(folder, None)
        read_back = read_bundle(unpack(bundle_bytes(folder), target), None)

    assert read_back.digest == counted.digest
    assert read_back.templates == counted.templates


def test_services_with_a_fault_are_refused(
    services: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (services / SERVICE / "rollout.yaml").write_text("endpoint: x\n")

    assert bundle(services, tmp_path / "services.zip") == 1
    assert f"{SERVICE}/rollout.yaml:1: model" in capsys.readouterr().out
    assert not (tmp_path / "services.zip").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("a\\b.txt", "leads out of it"), (os.fsdecode(b"\xff.txt"), "is not valid text")],
)
def test_what_the_app_would_not_unpack_is_not_written(
    services: Path, tmp_path: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (services / SERVICE / name).write_text("")
    (tmp_path / "services.zip").write_bytes(b"the one before")

    assert bundle(services, tmp_path / "services.zip") == 1
    assert words in capsys.readouterr().err
    assert (tmp_path / "services.zip").read_bytes() == b"the one before"


def test_a_model_among_the_services_is_too_much(
    services: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (services / SERVICE / "model.pkl").open("wb") as model:
        model.truncate(64 * 2**20)

    assert bundle(services, tmp_path / "services.zip") == 1
    assert "models and data belong in the workspace" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said(
    services: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    assert bundle(services, tmp_path / "file" / "services.zip") == 1
    assert "is not written" in capsys.readouterr().err

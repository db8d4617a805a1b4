"""Where a test lies says what it is about, so that its place is found without a search."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.support.paths import PROJECT

TESTS = PROJECT / "tests"
UNIT = TESTS / "unit"
HELPERS = (TESTS / "support", TESTS / "doubles")
SUBJECTS = (".py", ".sh", ".md")
OF_THE_ROOT = ("localazure", "demo", "dev", "infra_check", "docs")
"""Folders of tests/unit that stand for a folder of the root; the others are folders of rollout/."""


def python_files(folder: Path) -> Sequence[Path]:
    return sorted(folder.rglob("*.py"))


def files_of_tests() -> Sequence[Path]:
    return [file for file in python_files(TESTS) if file.name.startswith("test_")]


def source_of(folder: Path) -> Path:
    """The folder whose modules are tested in this folder of tests/unit."""
    parts = folder.relative_to(UNIT).parts
    return PROJECT.joinpath(
        *(parts if parts[:1] and parts[0] in OF_THE_ROOT else ("rollout", *parts))
    )


def subjects_of(source: Path) -> set[str]:
    """What a test of this folder may be about: the folder, a module, or a page of documentation."""
    # What lies at the root has no folder of its own.
    folders = [source, PROJECT] if source.parent == PROJECT else [source]
    files = [file for folder in folders for file in folder.iterdir()]
    named = {file.stem.lower().replace("-", "_") for file in files if file.suffix in SUBJECTS}
    return named | {source.name}


def is_about(test: Path, subjects: set[str]) -> bool:
    """Whether a file is called `test_X.py` or `test_X_aspect.py` for one of the subjects X."""
    name = test.stem.removeprefix("test_")
    return any(name == subject or name.startswith(f"{subject}_") for subject in subjects)


def test_each_folder_of_unit_tests_is_a_folder_of_the_source() -> None:
    folders = {file.parent for file in python_files(UNIT)} - {UNIT}
    strangers = sorted(str(each) for each in folders if not source_of(each).is_dir())
    assert not strangers


def test_each_unit_test_names_a_module_of_its_folder() -> None:
    strangers = [
        str(file.relative_to(TESTS))
        for file in files_of_tests()
        if file.is_relative_to(UNIT) and file != Path(__file__)
        if not is_about(file, subjects_of(source_of(file.parent)))
    ]
    assert not strangers


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(file.name for file in files_of_tests())
    assert not [name for name, files in names.items() if files > 1]


def test_no_helper_lies_among_the_tests() -> None:
    helpers = [
        str(file.relative_to(TESTS))
        for file in python_files(TESTS)
        if not any(file.is_relative_to(folder) for folder in HELPERS)
        and file.name != "conftest.py"
        and not file.name.startswith("test_")
    ]
    assert not helpers

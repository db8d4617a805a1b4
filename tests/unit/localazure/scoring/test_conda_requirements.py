"""What is taken from a conda file and what is only reported."""

import re

import pytest

from localazure.scoring.conda import (
    SERVER_REQUIREMENTS,
    InvalidCondaFileError,
    Requirements,
    read_requirements,
)

TUTORIAL = """
name: fraud-detection-env
channels: [conda-forge]
dependencies:
  - python=3.10
  - pip
  - pip:
    - scikit-learn==1.3.0
    - inference-schema
"""


def read(text: str | None) -> Requirements:
    return read_requirements(text, local_python="3.13")


def test_the_pip_section_and_the_server_are_installed() -> None:
    lines = read(TUTORIAL).lines
    assert set(lines) == {"scikit-learn==1.3.0", "inference-schema", *SERVER_REQUIREMENTS}


def test_without_a_conda_file_there_is_the_server_alone() -> None:
    assert read(None) == Requirements(tuple(sorted(SERVER_REQUIREMENTS)), ())


def test_another_python_and_conda_packages_are_reported() -> None:
    text = "dependencies: [python=3.10, pip, conda-forge::numpy=1.24, {pip: [joblib]}]"
    warnings = read(text).warnings
    assert warnings == (
        "the file asks for Python 3.10; Python 3.13 is used here.",
        "conda package 'conda-forge::numpy=1.24' is not installed here; only the pip section is.",
    )


@pytest.mark.parametrize("line", ["python", "python=3.13", "python>=3.13", "python==3.13.2"])
def test_the_local_python_is_not_reported(line: str) -> None:
    assert read(f"dependencies: ['{line}']").warnings == ()


def test_a_server_the_file_pins_itself_is_left_at_its_version() -> None:
    text = "dependencies: [{pip: ['azureml_inference.server-http==1.4.0', gunicorn]}]"
    assert read(text).lines == ("azureml_inference.server-http==1.4.0", "gunicorn")


def test_the_digest_depends_on_what_is_installed_and_on_nothing_else() -> None:
    one = read("name: a\ndependencies: [{pip: [numpy, joblib]}]")
    same = read("name: b\ndependencies: [python=3.9, {pip: [joblib, numpy]}]")
    other = read("name: a\ndependencies: [{pip: [numpy]}]")
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dependencies: [", "is not YAML"),
        ("just text", "no list called 'dependencies'"),
        ("dependencies: {pip: []}", "no list called 'dependencies'"),
        ("dependencies: [3]", "neither a package nor"),
        ("dependencies: [{conda: [a]}]", "neither a package nor"),
        ("dependencies: [{pip: ['-r requirements.txt']}]", "is an option"),
        ("dependencies: [{pip: [3]}]", "is not a requirement"),
        ("dependencies: [{pip: ['==1.0']}]", "does not begin with the name"),
    ],
)
def test_a_bad_file_is_refused_with_what_to_change(text: str, says: str) -> None:
    with pytest.raises(InvalidCondaFileError, match=re.escape(says)):
        read(text)

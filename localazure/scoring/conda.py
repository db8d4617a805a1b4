"""What a conda file asks of an environment that is built with pip requirements only.

Azure ML builds the whole conda environment into an image. Here the Python that runs localazure
serves, with the packages of the file's pip section; whatever else the file asks for is reported.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from typing import Any

import yaml

SERVER_REQUIREMENTS = ("azureml-inference-server-http==1.5.1", "gunicorn==27.0.1")
"""What serves the scoring script, unless the file pins these packages itself."""

LOCAL_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PYTHON = re.compile(r"python\s*[=<>!~]*=*\s*([0-9.]*)")


class InvalidCondaFileError(Exception):
    """The file cannot be used; the text says what to change."""


@dataclass(frozen=True)
class Requirements:
    """What to install, sorted, and a sentence about each demand that is not met here."""

    lines: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The environment's name: the same for the same packages on the same Python."""
        text = "\n".join((sys.version, *self.lines))
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def read_requirements(conda_yaml: str | None, local_python: str = LOCAL_PYTHON) -> Requirements:
    """Read a conda file's text; `None` means a deployment without one.

    Raises:
        InvalidCondaFileError: not YAML, not a conda file, or pip options in the pip section.
    """
    packages, pip_lines = _sections(conda_yaml)
    warnings = [_warning(package, local_python) for package in packages]
    for line in pip_lines:
        if line.startswith("-"):
            raise InvalidCondaFileError(
                f"pip section: {line!r} is an option. Name the packages themselves; the file is "
                "sent on its own, so it cannot refer to others."
            )
    named = {_canonical(line) for line in pip_lines}
    server = [one for one in SERVER_REQUIREMENTS if _canonical(one) not in named]
    return Requirements(
        tuple(sorted((*pip_lines, *server))), tuple(text for text in warnings if text)
    )


def _sections(conda_yaml: str | None) -> tuple[list[str], list[str]]:
    try:
        document = yaml.safe_load(conda_yaml or "") or {}
    except yaml.YAMLError as error:
        raise InvalidCondaFileError(f"The conda file is not YAML: {error}") from error
    dependencies = document.get("dependencies", []) if isinstance(document, dict) else None
    if not isinstance(dependencies, list):
        raise InvalidCondaFileError("The conda file has no list called 'dependencies'.")
    packages: list[str] = []
    pip_lines: list[str] = []
    for entry in dependencies:
        match entry:
            case str():
                packages.append(entry.strip())
            case {"pip": list(lines)} if len(entry) == 1:
                pip_lines += [_text(line) for line in lines]
            case _:
                raise InvalidCondaFileError(
                    f"dependencies: {entry!r} is neither a package nor a 'pip:' list."
                )
    return packages, pip_lines


def _text(line: Any) -> str:
    if not isinstance(line, str) or not line.strip():
        raise InvalidCondaFileError(f"pip section: {line!r} is not a requirement.")
    return line.strip()


def _warning(package: str, local_python: str) -> str:
    name = _canonical(package)
    if name == "pip":
        return ""
    if name != "python":
        return f"conda package {package!r} is not installed here; only the pip section is."
    found = _PYTHON.match(package)
    version = found.group(1).rstrip(".") if found else ""
    if not version or version.split(".")[:2] == local_python.split("."):
        return ""
    return f"the file asks for Python {version}; Python {local_python} is used here."


def _canonical(requirement: str) -> str:
    name = _NAME.match(requirement.rpartition("::")[2])
    if name is None:
        raise InvalidCondaFileError(f"{requirement!r} does not begin with the name of a package.")
    return re.sub(r"[-_.]+", "-", name.group()).lower()

"""checkov over snapshots: a second opinion on policy, from a tool for many clouds.

It has its own environment (see the Makefile), and reads a snapshot's resources as those of a
template, with every parameter, condition and loop resolved. Two of its habits are corrected here:
checkov does not fail for a file that it cannot parse, or for one of its own checks that crashes.
"""

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra_check.profiles import Snapshot

PYTHON = Path(__file__).resolve().parents[1] / ".tools" / "checkov" / "bin" / "python"
SECONDS = 300
# Nothing listens there, so checkov can neither fetch nor report anything.
NOWHERE = "http://127.0.0.1:9"
_CRASH = re.compile(r"Failed to run check (\S+) on (\S+?\.json):(\S+)")
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


class CheckovError(Exception):
    """checkov did not check everything; the text says why."""


@dataclass(frozen=True, order=True)
class Complaint:
    """A check that failed. `path` is relative to the checked folder; `resource` is type.name."""

    check: str
    path: str
    resource: str


def template(snapshot: Snapshot) -> str:
    """Return a template that makes what a snapshot says, and nothing else."""
    return json.dumps(
        {
            "$schema": _SCHEMA,
            "contentVersion": "1.0.0.0",
            "resources": snapshot["predictedResources"],
        }
    )


def run(folder: Path) -> frozenset[Complaint]:
    """Return what checkov says about the folder's templates.

    Raises:
        CheckovError: It is not installed, could not parse a file, or printed nothing.
    """
    if not PYTHON.is_file():
        raise CheckovError(f"There is no {PYTHON}: run make setup.")
    with tempfile.TemporaryDirectory() as home:
        finished = subprocess.run(
            [
                *(str(PYTHON), "-m", "checkov.main", "--directory", str(folder)),
                *("--framework", "arm", "--skip-download", "--compact"),
                *("--output", "json"),
            ],
            cwd=home,
            env=_environment(home),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    return _complaints(folder, finished.stdout, finished.stderr)


def _environment(home: str) -> dict[str, str]:
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")
    return {"HOME": home, "PATH": os.environ["PATH"], **dict.fromkeys(proxies, NOWHERE)}


def _complaints(folder: Path, said: str, errors: str) -> frozenset[Complaint]:
    try:
        answer = json.loads(said)
        summary, results = answer["summary"], answer["results"]
    except (ValueError, KeyError, TypeError) as error:
        # If it parses no file at all, it prints only counts.
        text = f"checkov could not read the files in {folder}: {said.strip()[:500]} {errors[-500:]}"
        raise CheckovError(text) from error
    if summary["parsing_errors"]:
        raise CheckovError(f"checkov cannot parse {results.get('parsing_errors')}.")
    failed = {
        Complaint(each["check_id"], each["file_path"].lstrip("/"), each["resource"])
        for each in results["failed_checks"]
    }
    crashed = {
        Complaint(check, os.path.relpath(path, folder), resource)
        for check, path, resource in _CRASH.findall(errors)
    }
    return frozenset(failed | crashed)

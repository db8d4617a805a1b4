"""What tests of pipelines share: the two steps, and how a job is run."""

import stat
from collections.abc import Callable
from pathlib import Path

from tests.support.paths import PROJECT
from tests.support.pipelines import azure_agent, github_runner

ACTION = PROJECT / "action.yml"
TEMPLATE = PROJECT / "pipelines" / "rollout.yml"
REPOSITORY, NUMBER = "ann/models", 7

type Act = Callable[..., github_runner.Run]
"""Runs the action with inputs; the first argument has the job's own variables."""

type Work = Callable[..., azure_agent.Run]
"""Runs the template with parameters; likewise."""


def an_executable(file: Path, script: str) -> str:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(stat.S_IRWXU)
    return str(file)

"""The model versions of the story, trained once and kept."""

from pathlib import Path

from demo.places import ENVIRONMENTS, MODELS
from localazure.example_models import ModelKind, make_model
from localazure.scoring.environments import Environments, Progress

VERSIONS = {
    "1": ModelKind.HEALTHY,
    "2": ModelKind.IMPROVED,
    "3": ModelKind.NARROW,
    "4": ModelKind.INCOMPATIBLE,
    "5": ModelKind.SENTINEL,
    "6": ModelKind.NARROW,
}
"""Which kind of model each version of the story is; version 6 has another scoring script."""


def prepare(progress: Progress) -> None:
    """Build the service's scoring environment and train every version (minutes the first time)."""
    for kind in ModelKind:
        make_model(MODELS / kind, kind, Environments(ENVIRONMENTS), progress=progress)


def model_file(version: str) -> Path:
    """Return the trained model of one of the story's versions, training it if it is missing."""
    kind = VERSIONS[version]
    file = MODELS / kind / "model.pkl"
    if not file.is_file():
        make_model(MODELS / kind, kind, Environments(ENVIRONMENTS))
    return file

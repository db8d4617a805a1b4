"""The example service's model versions and its traffic, for demonstrations.

The models are trained by `services/fraud-detection/train/make_model.py` in the environment of the
service's own conda file, because scikit-learn is not a dependency of this project.
"""

import random
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import Any

from localazure.child_process import tied_to_this_process
from localazure.scoring.environments import Environments, Progress, silent

SERVICE_FOLDER = Path(__file__).resolve().parent.parent / "services" / "fraud-detection"

FEATURES = 10
AMOUNT = 7
"""The column that holds the amount."""
LARGE_AMOUNTS = (6.0, 10.0)
USUAL_AMOUNTS = (0.0, 6.0)
LARGE_AMOUNT_SHARE = 0.2
"""The share of requests with a large amount, which the `narrow` model cannot score and the
`sentinel` model scores wrongly."""


class ModelKind(StrEnum):
    """The models of the versions that a demonstration registers."""

    HEALTHY = "healthy"
    """Version 1."""
    IMPROVED = "improved"
    """Version 2: healthy, with different predictions."""
    NARROW = "narrow"
    """Version 3: scores the sample request, raises on large amounts."""
    INCOMPATIBLE = "incompatible"
    """Version 4: raises on every request, because it was trained with nine features."""
    SENTINEL = "sentinel"
    """Version 5: answers every request, but never calls a large amount a fraud."""


class TrainingError(Exception):
    """The training script failed; the text quotes it."""


def make_model(
    folder: Path,
    kind: ModelKind,
    environments: Environments,
    *,
    service: Path = SERVICE_FOLDER,
    progress: Progress = silent,
) -> Path:
    """Train a version and return the path of its `model.pkl`, in `folder`.

    Builds the service's environment if it is not cached. The same kind gives the same model.

    Raises:
        EnvironmentBuildError: the environment cannot be built.
        TrainingError: the script failed.
    """
    conda = (service / "env" / "conda.yml").read_text(encoding="utf-8")
    python = environments.ensure(conda, progress)
    script = service / "train" / "make_model.py"
    command = [str(python), str(script), "--kind", kind.value, "--out", str(folder)]
    done = subprocess.run(
        tied_to_this_process(command), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise TrainingError(f"{script.name} --kind {kind.value} failed:\n{done.stderr[-2000:]}")
    progress(done.stdout.strip())
    return folder / "model.pkl"


def request_body(chance: random.Random) -> dict[str, Any]:
    """Return the body of one made-up scoring request: one transaction of ten features."""
    features = [round(chance.uniform(0.0, 5.0), 2) for _ in range(FEATURES)]
    amounts = LARGE_AMOUNTS if chance.random() < LARGE_AMOUNT_SHARE else USUAL_AMOUNTS
    # Rounding down keeps an ordinary amount below the bound.
    features[AMOUNT] = int(chance.uniform(*amounts) * 100) / 100
    return {"features": [features]}

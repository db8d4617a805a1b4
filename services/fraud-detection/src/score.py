"""Scores transactions: ten features each, 1 means fraud."""

import json
import os
from pathlib import Path

import joblib
import numpy as np

model = None


def init():
    """Load the model when the deployment starts."""
    global model
    # A model registered as a folder keeps the folder's name under AZUREML_MODEL_DIR and one
    # registered as a single file does not, so look for the file rather than for a fixed path.
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    files = sorted(folder.rglob("model.pkl"))
    if len(files) != 1:
        raise FileNotFoundError(f"expected one model.pkl under {folder}, found {len(files)}")
    model = joblib.load(files[0])
    print(f"Model loaded from {files[0]}")


def run(raw_data):
    """Score one request: {"features": [[10 numbers], ...]}."""
    # Exceptions are not caught here on purpose. An uncaught one makes the container answer 500,
    # which callers see as 424 and Azure Monitor counts as a failed request: those failures cause a
    # rollback. A script that returns {"error": ...} instead answers 200, and a model that fails on
    # every request would look healthy.
    features = np.array(json.loads(raw_data)["features"], dtype=float)
    return {
        "predictions": model.predict(features).tolist(),
        "probabilities": model.predict_proba(features).tolist(),
    }

"""Scores transactions: ten features each, 1 means fraud."""

import json
import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from azureml.ai.monitoring import Collector

model = None
inputs = None
outputs = None


def init():
    """Load the model when the deployment starts."""
    global model, inputs, outputs
    # A model registered as a folder keeps the folder's name under AZUREML_MODEL_DIR and one
    # registered as a single file does not, so look for the file rather than for a fixed path.
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    files = sorted(folder.rglob("model.pkl"))
    if len(files) != 1:
        raise FileNotFoundError(f"expected one model.pkl under {folder}, found {len(files)}")
    model = joblib.load(files[0])
    print(f"Model loaded from {files[0]}")
    inputs = collector("model_inputs")
    outputs = collector("model_outputs")


def collector(name):
    """Return what collects rows under this name, None where the deployment does not collect it.

    The deployment's data collector decides, so the same script runs with and without one.
    """
    try:
        Collector(name=name)
    except Exception as reason:  # the package raises nothing more precise
        print(f"{name}: {reason}")
        return None
    # Without on_error, a row that cannot be queued would fail the request.
    return Collector(name=name, on_error=lambda error: print(f"{name}: {error}"))


def run(raw_data):
    """Score one request: {"features": [[10 numbers], ...]}."""
    # Exceptions are not caught here on purpose. An uncaught one makes the container answer 500,
    # which callers see as 424 and Azure Monitor counts as a failed request: those failures cause a
    # rollback. A script that returns {"error": ...} instead answers 200, and a model that fails on
    # every request would look healthy.
    features = np.array(json.loads(raw_data)["features"], dtype=float)
    predictions = model.predict(features)
    probabilities = model.predict_proba(features)
    collect(features, predictions, probabilities)
    return {"predictions": predictions.tolist(), "probabilities": probabilities.tolist()}


def collect(features, predictions, probabilities):
    """Collect one row per transaction; the rows of inputs and outputs share an id."""
    context = None
    if inputs is not None:
        names = [f"feature_{number}" for number in range(features.shape[1])]
        context = inputs.collect(pd.DataFrame(features, columns=names))
    if outputs is not None:
        rows = pd.DataFrame({"prediction": predictions, "fraud_probability": probabilities[:, 1]})
        outputs.collect(rows, context)

# ruff: noqa: INP001 - a script, not a package: it runs in the model's own environment
"""Trains one of the example's model versions on made-up transactions and writes `model.pkl`.

Run it with the Python of `env/conda.yml`'s environment:

    python make_model.py --kind healthy --out ./model

Only scikit-learn's own classes are pickled, so the scoring process needs none of this code.
"""

import argparse
import sys
from pathlib import Path

import joblib
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

FEATURES = 10
AMOUNT = 7
"""The column that holds the amount, in thousands."""
USUAL_AMOUNT = 6.0
"""The largest amount in the training data of the `narrow` and `sentinel` models."""
ROWS = 4000
FRAUD_RISK = 3.0
"""A made-up transaction above this risk is a fraud."""
NO_BAND = -999
"""What the `sentinel` model takes for the band of an amount that it does not know."""
KINDS = ("healthy", "improved", "narrow", "incompatible", "sentinel")


def transactions(seed: int, largest_amount: float) -> tuple[np.ndarray, np.ndarray]:
    """Return features (ROWS x 10) and labels (1 is fraud)."""
    random = np.random.default_rng(seed)
    features = random.uniform(0.0, 5.0, (ROWS, FEATURES))
    features[:, AMOUNT] = random.uniform(0.0, largest_amount, ROWS)
    risk = 0.6 * features[:, AMOUNT] + features[:, 2] - features[:, 4]
    labels = (risk + random.normal(0.0, 1.0, ROWS) > FRAUD_RISK).astype(int)
    return features, labels


def train(kind: str) -> Pipeline:
    """Train the version of this kind.

    `healthy` and `improved` score every transaction. `narrow` treats the amount as a category and
    was trained on a month without large amounts: it raises on an amount of 6 or more, which the
    sample request does not have. `incompatible` was trained without the last feature, so it raises
    on every request. `sentinel` is trained as `narrow` and raises on nothing: it counts with a
    large amount as if it were -999, so none of them is ever a fraud.
    """
    match kind:
        case "healthy":
            features, labels = transactions(seed=1, largest_amount=10.0)
            return make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels)
        case "improved":
            features, labels = transactions(seed=2, largest_amount=10.0)
            weighted = LogisticRegression(C=0.3, class_weight="balanced")
            return make_pipeline(StandardScaler(), weighted).fit(features, labels)
        case "narrow":
            features, labels = transactions(seed=3, largest_amount=USUAL_AMOUNT)
            bands = make_pipeline(
                FunctionTransformer(np.floor), OneHotEncoder(handle_unknown="error")
            )
            columns = ColumnTransformer(
                [("amount band", bands, [AMOUNT])], remainder=StandardScaler()
            )
            return make_pipeline(columns, LogisticRegression()).fit(features, labels)
        case "incompatible":
            features, labels = transactions(seed=4, largest_amount=10.0)
            model = make_pipeline(StandardScaler(), LogisticRegression())
            return model.fit(features[:, :-1], labels)
        case "sentinel":
            features, labels = transactions(seed=5, largest_amount=USUAL_AMOUNT)
            bands = make_pipeline(
                FunctionTransformer(np.floor),
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=NO_BAND),
            )
            columns = ColumnTransformer(
                [("amount band", bands, [AMOUNT])], remainder=StandardScaler()
            )
            return make_pipeline(columns, LogisticRegression()).fit(features, labels)
        case _:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")


def main() -> None:
    """Parse the command line, train, write."""
    parser = argparse.ArgumentParser(description="Trains one version of the example's model.")
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for model.pkl")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(train(arguments.kind), arguments.out / "model.pkl")
    sys.stdout.write(f"{arguments.out / 'model.pkl'}: {arguments.kind}\n")


if __name__ == "__main__":
    main()

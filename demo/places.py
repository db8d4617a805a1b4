"""Where things are in the repository, and the names of the example."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LOCAL = REPOSITORY / ".local"
ENVIRONMENTS = LOCAL / "environments"
"""Built Python environments of scoring containers, kept between runs."""
MODELS = LOCAL / "models"
"""One folder per kind of model, with its `model.pkl`."""
ROLE_ACTIONS = REPOSITORY / "infra" / "role-actions.json"
"""What the role allows that infrastructure gives the app's identity."""
ROLE_PARTS = ("workspace", "endpoint", "keys", "templates", "dataAssets", "datastores")
"""What it has for the example: no endpoint of it enforces access to secrets."""

SERVICE = "fraud-detection"
MODEL = "fraud-detection-model"
ENDPOINT = "fraud-detection-endpoint"
SERVICE_FOLDER = REPOSITORY / "services" / SERVICE

"""Registers a model version with the plain azure-ai-ml SDK, as a training pipeline would.

    python demo/register.py --version 2 --file .local/models/improved/model.pkl

It does not know that Azure is local: the environment decides where the SDKs connect. The model is
uploaded to the workspace's datastore first and registered by reference, because registering a local
file would upload it to an address that the SDK builds from a cloud's fixed suffix (measured with
azure-ai-ml 1.35.2).
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

DATASTORE = "workspaceblobstore"
"""The workspace's default datastore."""
DEFAULT_MODEL = "fraud-detection-model"


def main() -> int:
    """Upload, register, print the version's id."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default=DEFAULT_MODEL, help="its name (%(default)s)")
    parser.add_argument("--version", required=True)
    parser.add_argument("--file", type=Path, required=True, help="the trained model")
    arguments = parser.parse_args()
    credential = DefaultAzureCredential()
    with warnings.catch_warnings():
        # The SDK's own imports warn about its preview classes.
        warnings.simplefilter("ignore")
        from azure.ai.ml import MLClient  # noqa: PLC0415
        from azure.ai.ml.entities import Model  # noqa: PLC0415
    client = MLClient(
        credential,
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
    )
    path = f"models/{arguments.model}/{arguments.version}/{arguments.file.name}"
    container = client.datastores.get(DATASTORE).container_name
    with BlobServiceClient(os.environ["LOCALAZURE_BLOB_URL"], credential) as storage:
        blob = storage.get_blob_client(container, path)
        blob.upload_blob(arguments.file.read_bytes(), overwrite=True)
    model = Model(
        name=arguments.model,
        version=arguments.version,
        path=f"azureml://datastores/{DATASTORE}/paths/{path}",
        type="custom_model",
    )
    sys.stdout.write(f"{client.models.create_or_update(model).id}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

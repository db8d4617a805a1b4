"""A user of Azure Machine Learning who has a deployment's inputs and outputs collected.

Nothing in it knows that Azure is local. Arguments: the model file to register, the service's
folder, how many requests to send. Writes one JSON line at the end.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from azure.ai.ml import MLClient, load_online_deployment, load_online_endpoint
from azure.ai.ml.entities import Model
from azure.identity import DefaultAzureCredential

COLLECTOR = {
    "rolling_rate": "minute",
    "sampling_rate": 1.0,
    "request_logging": {"capture_headers": ["x-ms-client-request-id"]},
    "collections": {
        "model_inputs": {"enabled": "True"},
        "model_outputs": {
            "enabled": "True",
            "data": {
                "name": "fraud-outputs",
                "version": "3",
                "path": "azureml://datastores/workspaceblobstore/paths/collected/outputs",
            },
        },
        "request": {"enabled": "True"},
        "response": {"enabled": "True"},
    },
}


def main(model: str, service: Path, requests: int) -> None:
    client = MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
    )
    client.models.create_or_update(Model(name="fraud-detection-model", version="1", path=model))
    endpoint = load_online_endpoint(service / "endpoint.yml")
    client.online_endpoints.begin_create_or_update(endpoint).result()
    document = yaml.safe_load((service / "deployment.yml").read_text(encoding="utf-8"))
    document["code_configuration"]["code"] = str(service / "src")
    document["environment"]["conda_file"] = str(service / "env" / "conda.yml")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "deployment.yml"
        file.write_text(yaml.safe_dump({**document, "data_collector": COLLECTOR}))
        deployment = load_online_deployment(file)
    client.online_deployments.begin_create_or_update(deployment).result()
    for _ in range(requests):
        client.online_endpoints.invoke(
            endpoint.name,
            deployment_name=deployment.name,
            request_file=service / "sample-request.json",
        )
    read = client.online_deployments.get(deployment.name, endpoint.name).data_collector
    seen = {
        "endpoint": endpoint.name,
        "deployment": deployment.name,
        "rolling": read.rolling_rate,
        "sampling": read.sampling_rate,
        "headers": read.request_logging.capture_headers,
        "enabled": {name: one.enabled for name, one in read.collections.items()},
        "data": {name: one.data for name, one in read.collections.items()},
        "container": client.datastores.get("workspaceblobstore").container_name,
        "assets": {
            name: client.data.get(name, version).path
            for name, version in (
                (f"{endpoint.name}-{deployment.name}-model_inputs", "1"),
                ("fraud-outputs", "3"),
            )
        },
    }
    sys.stdout.write(f"\n{json.dumps(seen)}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))

"""What a user of Azure Machine Learning would write: nothing in it knows that Azure is local.

Arguments: the model file to register, the service's folder. Writes one JSON line at the end.
"""

import json
import os
import sys
from pathlib import Path

from azure.ai.ml import MLClient, load_online_deployment, load_online_endpoint
from azure.ai.ml.entities import Model
from azure.identity import DefaultAzureCredential


def main(model: str, service: Path) -> None:
    client = MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
    )
    client.models.create_or_update(Model(name="fraud-detection-model", version="1", path=model))
    endpoint = load_online_endpoint(service / "endpoint.yml")
    client.online_endpoints.begin_create_or_update(endpoint).result()
    deployment = load_online_deployment(service / "deployment.yml")
    client.online_deployments.begin_create_or_update(deployment).result()
    endpoint = client.online_endpoints.get(endpoint.name)
    endpoint.traffic = {deployment.name: 100}
    client.online_endpoints.begin_create_or_update(endpoint).result()
    answer = client.online_endpoints.invoke(
        endpoint.name, request_file=service / "sample-request.json"
    )
    logs = client.online_deployments.get_logs(deployment.name, endpoint.name, lines=1)
    traffic = client.online_endpoints.get(endpoint.name).traffic
    seen = {"answer": json.loads(answer), "logs": logs, "traffic": traffic}
    sys.stdout.write(f"\n{json.dumps(seen)}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

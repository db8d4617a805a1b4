"""Where a running local Azure answers, and the environment variables that point clients to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localazure.azurite import StorageAccount
from localazure.logs.query_api import WORKSPACE as LOGS_WORKSPACE
from localazure.tls import TlsFiles
from localazure.world import WorkspaceId


@dataclass(frozen=True)
class Addresses:
    """Base URLs without a trailing slash; `identities` maps principals to their secrets.

    `receivers` are the secret addresses of places for messages: `teams`, `slack` and `hook`.
    """

    arm: str
    scoring: str
    logs: str
    topic: str
    topic_key: str
    receivers: Mapping[str, str]
    token_endpoint: str
    control: str
    identities: Mapping[str, str]
    workspace: WorkspaceId
    storage: StorageAccount
    tls: TlsFiles

    def environment(self, principal: str) -> dict[str, str]:
        """Return the variables for a client process that acts as `principal`.

        `AZUREML_DEV_URL_MFE` is what azure-ai-ml 1.35.2 reads for its base URL (measured; it is
        undocumented); `IDENTITY_*` is the managed-identity protocol of App Service. Names with
        LOCALAZURE_ in front are not Azure's: they serve clients that take a base URL as a setting.

        Raises:
            KeyError: there is no such principal.
        """
        workspace = self.workspace
        return {
            **self.tls.client_environment(),
            "AZUREML_DEV_URL_MFE": self.arm,
            "IDENTITY_ENDPOINT": self.token_endpoint,
            "IDENTITY_HEADER": self.identities[principal],
            "NO_PROXY": "127.0.0.1,localhost",
            "AZURE_SUBSCRIPTION_ID": workspace.subscription,
            "AZURE_RESOURCE_GROUP": workspace.resource_group,
            "AZUREML_WORKSPACE_NAME": workspace.name,
            "AZURE_LOCATION": workspace.location,
            "AzureWebJobsStorage": self.storage.connection_string,
            "LOCALAZURE_ARM_URL": self.arm,
            "LOCALAZURE_SCORING_URL": self.scoring,
            "LOCALAZURE_LOGS_URL": self.logs,
            "LOCALAZURE_LOGS_WORKSPACE": LOGS_WORKSPACE,
            "LOCALAZURE_TOPIC_URL": self.topic,
            "LOCALAZURE_TOPIC_KEY": self.topic_key,
            "LOCALAZURE_TEAMS_URL": self.receivers["teams"],
            "LOCALAZURE_SLACK_URL": self.receivers["slack"],
            "LOCALAZURE_HOOK_URL": self.receivers["hook"],
            "LOCALAZURE_CONTROL_URL": self.control,
            "LOCALAZURE_BLOB_URL": self.storage.blob_url,
            "LOCALAZURE_QUEUE_URL": self.storage.queue_url,
            "LOCALAZURE_TABLE_URL": self.storage.table_url,
        }

    def document(self) -> dict[str, Any]:
        """Return everything as a JSON object, for the ready line and the control surface."""
        return {
            "armUrl": self.arm,
            "scoringUrl": self.scoring,
            "logsUrl": self.logs,
            "logsWorkspace": LOGS_WORKSPACE,
            "topicUrl": self.topic,
            "topicKey": self.topic_key,
            "receivers": dict(self.receivers),
            "tokenEndpoint": self.token_endpoint,
            "controlUrl": self.control,
            "blobUrl": self.storage.blob_url,
            "queueUrl": self.storage.queue_url,
            "tableUrl": self.storage.table_url,
            "connectionString": self.storage.connection_string,
            "authority": str(self.tls.authority),
            "workspaceId": self.workspace.path,
            "identities": dict(self.identities),
            "environments": {name: self.environment(name) for name in self.identities},
        }

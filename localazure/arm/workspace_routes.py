"""The workspace, its datastores and uploads over the wire."""

from typing import Any
from uuid import uuid4

from localazure.arm.blob_store import BlobStore
from localazure.arm.fields import text_at
from localazure.arm.messages import ArmCall, ArmResponse, error_response, json_response
from localazure.arm.render import Renderer
from localazure.world import ArmError, Datastore, World
from localazure.world.errors import bad_request, not_found

STORAGE_SUFFIX = "core.windows.net"
UPLOAD_TYPE = "TemporaryBlobReference"


class WorkspaceRoutes:
    """Handlers. Without a blob store, the calls that need one get a 501."""

    def __init__(self, world: World, blobs: BlobStore | None) -> None:
        self._world = world
        self._blobs = blobs

    def get_workspace(self, call: ArmCall) -> ArmResponse:
        return json_response(200, Renderer(self._world, call.request.base_url).workspace())

    def list_datastores(self, call: ArmCall) -> ArmResponse:
        del call  # every datastore is listed; filters are not imitated
        stores = [_datastore(self._world, store) for store in self._world.datastores.values()]
        return json_response(200, {"value": stores})

    def get_datastore(self, call: ArmCall) -> ArmResponse:
        return json_response(200, _datastore(self._world, self._datastore(call)))

    def list_datastore_secrets(self, call: ArmCall) -> ArmResponse:
        """Refuse, as for a datastore that is read with the caller's own identity; also one with
        keys, which no account has here.

        As recorded by Azure/azure-sdk-assets (2025-02): nobody may rely on this call.
        """
        self._datastore(call)
        return error_response(400, "UserError", "No secrets for credentials of type None.")

    def start_upload(self, call: ArmCall) -> ArmResponse:
        """Answer with a container that has never been used.

        With one container for all uploads, the SDK finds an earlier file of the same name,
        concludes that nothing has changed and deploys the old code (measured).
        """
        wanted = text_at(call.json_object(), "pendingUploadType")
        if wanted != UPLOAD_TYPE:
            raise bad_request(f"pendingUploadType must be {UPLOAD_TYPE}, not '{wanted}'.")
        upload = str(uuid4())
        place = self._blob_store().new_container(upload)
        return json_response(
            200,
            {
                "pendingUploadId": upload,
                "pendingUploadType": UPLOAD_TYPE,
                "blobReferenceForConsumption": {
                    "blobUri": place.blob_uri,
                    "storageAccountArmId": None,
                    "credential": {"credentialType": "SAS", "sasUri": place.sas_uri},
                },
            },
        )

    def _datastore(self, call: ArmCall) -> Datastore:
        store = self._world.datastores.get(call.values["name"])
        if store is None:
            raise not_found(f"Datastore '{call.values['name']}'")
        return store

    def _blob_store(self) -> BlobStore:
        if self._blobs is None:
            raise ArmError(
                501, "NotImplemented", "This local Azure was started without a blob store."
            )
        return self._blobs


def _datastore(world: World, store: Datastore) -> dict[str, Any]:
    return {
        "id": f"{world.workspace.path}/datastores/{store.name}",
        "name": store.name,
        "type": "Microsoft.MachineLearningServices/workspaces/datastores",
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": store.account_name,
            "containerName": store.container_name,
            "endpoint": STORAGE_SUFFIX,
            "protocol": "https",
            "isDefault": store.name == next(iter(world.datastores)),
            "credentials": {"credentialsType": "AccountKey" if store.has_keys else "None"},
            "tags": {},
            "properties": {},
        },
    }

"""Turns a deployment's data collector into what is collected where: its data assets looked up."""

from collections.abc import Mapping

from localazure.runtime import CollectionSpec, CollectorSpec
from localazure.world.assets import AssetRegistry
from localazure.world.datastores import DEFAULT_DATASTORE, Datastore, Place, locate
from localazure.world.errors import bad_request
from localazure.world.names import WorkspaceId, parse_asset_id
from localazure.world.resources import Collection, DataCollector

FOLDER = "modelDataCollector"
"""Where the SDK has its data assets point (azure-ai-ml 1.35.2, `DEFAULT_MDC_PATH`)."""

URI_FOLDER = "uri_folder"


def resolve_collector(
    workspace: WorkspaceId,
    assets: AssetRegistry,
    datastores: Mapping[str, Datastore],
    *,
    endpoint: str,
    deployment: str,
    collector: DataCollector | None,
) -> CollectorSpec | None:
    """Return what is collected; None where no collection is on.

    A collection without a data asset goes where the SDK's own assets point; what Azure does with
    one is not documented.

    Raises:
        ArmError: 400, a collection names a data asset that is not registered or is no folder.
    """
    if collector is None:
        return None

    def place(name: str, collection: Collection) -> Place:
        if collection.data_id is None:
            folder = f"{FOLDER}/{endpoint}/{deployment}/{name}"
            return locate(datastores, f"azureml://datastores/{DEFAULT_DATASTORE}/paths/{folder}")
        reference = parse_asset_id(workspace, "data", collection.data_id)
        found = assets.find(reference.name, reference.version)
        if found is None:
            raise bad_request(
                f"'{collection.data_id}', where collection '{name}' is to be stored, does not "
                "exist. Register the data asset before the deployment.",
                "ResourceNotFound",
            )
        if found.body.get("dataType") != URI_FOLDER:
            raise bad_request(f"'{collection.data_id}' must be a {URI_FOLDER} to collect there.")
        return locate(datastores, str(found.body.get("dataUri")))

    placed = {name: (each, place(name, each)) for name, each in collector.collections.items()}
    enabled = {
        name.lower(): CollectionSpec(each.sampling_rate, where.container, where.path)
        for name, (each, where) in placed.items()
        if each.enabled
    }
    if not enabled:
        return None
    source = workspace.deployment(endpoint, deployment)
    return CollectorSpec(source, collector.rolling_rate, enabled)

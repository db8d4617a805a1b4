"""What a new deployment collects, as the adapters ask for it, straight on the world."""

from dataclasses import replace

from localazure.world import (
    ACTIONS,
    ArmError,
    Call,
    Collection,
    DataCollector,
    Datastore,
    DeploymentSpec,
)
from rollout.ports import NewDeployment
from tests.doubles.wire import Wire

NEEDS = (ACTIONS[Call.DATA_GET], ACTIONS[Call.DATA_PUT])


def collecting(
    wire: Wire, endpoint: str, spec: DeploymentSpec, new: NewDeployment, *, source: str = ""
) -> DeploymentSpec:
    """The spec with the collections that are asked for, their data assets registered.

    `source` is the deployment that `spec` is a copy of; "" where it is a template's, whose own
    collector is left as it is.
    """
    live, there = new.live, spec.collector
    if there is not None and not source:
        return spec
    found = dict(there.collections) if there is not None else {}
    asked = [] if live is None else [each for each in (live.collection, live.inputs) if each]
    for name in asked:
        if live is not None and not (name in found and found[name].enabled):
            found[name] = Collection(enabled=True, sampling_rate=live.sampling)
    store = "workspaceblobstore" if live is None else live.datastore
    for name, each in found.items():
        own = (each.data_id or "").endswith(f"-{source}-{name}/versions/1")
        if (name in asked and each.data_id is None) or own:
            wire.need(*NEEDS)
            asset = f"{endpoint}-{new.name}-{name}"
            folder = f"modelDataCollector/{endpoint}/{new.name}/{name}"
            uri = f"azureml://datastores/{store}/paths/{folder}"
            _register(wire, asset, uri)
            data_id = wire.world.workspace.asset("data", asset, "1")
            found[name] = replace(each, data_id=data_id)
    if not found:
        return spec
    return replace(spec, collector=replace(there or DataCollector({}), collections=found))


def a_datastore(name: str = "workspaceblobstore") -> Datastore:
    """A datastore of a world without storage."""
    return Datastore(name, "account", name)


def _register(wire: Wire, asset: str, uri: str) -> None:
    try:
        wire.world.data.get(asset, "1")
    except ArmError:
        wire.world.data.put(asset, "1", {"dataType": "uri_folder", "dataUri": uri})

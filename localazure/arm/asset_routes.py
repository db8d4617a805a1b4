"""The versions of models, environments and code over the wire."""

from collections.abc import Callable, Mapping
from typing import Any

from localazure.arm.bodies import parse_asset
from localazure.arm.fields import whole_number
from localazure.arm.messages import ArmCall, ArmResponse, json_response
from localazure.arm.render import Renderer
from localazure.world import AssetVersion, View, World
from localazure.world.assets import AssetRegistry
from localazure.world.errors import bad_request

_ORDERS: Mapping[str, Callable[[AssetVersion], Any]] = {
    "createdtime": lambda asset: asset.created.at,
    "modifiedtime": lambda asset: asset.modified.at,
}


class AssetRoutes:
    """Handlers for one kind of asset; `required` names the part that a PUT must have."""

    def __init__(self, world: World, registry: AssetRegistry, required: str | None) -> None:
        self._world = world
        self._registry = registry
        self._required = required

    def list_names(self, call: ArmCall) -> ArmResponse:
        renderer = self._renderer(call)
        return json_response(
            200,
            {
                "value": [
                    renderer.asset_container(self._registry, name)
                    for name in self._registry.names(_view(call))
                ]
            },
        )

    def get_container(self, call: ArmCall) -> ArmResponse:
        container = self._renderer(call).asset_container(self._registry, call.values["name"])
        return json_response(200, container)

    def list_versions(self, call: ArmCall) -> ArmResponse:
        """Answer a name's versions; an unknown name has none (not 404)."""
        versions = self._registry.versions(call.values["name"], _view(call))
        return self._assets(call, _page(versions, call.request.query))

    def list_by_hash(self, call: ArmCall) -> ArmResponse:
        """Answer code by `hash` across all names: the SDK always asks under a fresh guid."""
        query = call.request.query
        if "hash" not in query:
            return self.list_versions(call)
        wanted = {"hash_sha256": query["hash"], "hash_version": query.get("hashVersion", "")}
        return self._assets(call, _page(self._registry.find_by_property(wanted), query))

    def get_version(self, call: ArmCall) -> ArmResponse:
        asset = self._registry.get(call.values["name"], call.values["version"])
        return json_response(200, self._renderer(call).asset(asset))

    def put(self, call: ArmCall) -> ArmResponse:
        body = parse_asset(call.json_object(), self._required)
        asset, is_new = self._registry.put(
            call.values["name"], call.values["version"], body, call.caller
        )
        return json_response(201 if is_new else 200, self._renderer(call).asset(asset))

    def delete(self, call: ArmCall) -> ArmResponse:
        """Answer 200, or 204 where there is no such version (REST: Model Versions - Delete)."""
        values = call.values
        deleted = self._registry.delete(values["name"], values["version"], call.caller)
        return ArmResponse(200 if deleted else 204)

    def _assets(self, call: ArmCall, assets: list[AssetVersion]) -> ArmResponse:
        renderer = self._renderer(call)
        return json_response(200, {"value": [renderer.asset(asset) for asset in assets]})

    def _renderer(self, call: ArmCall) -> Renderer:
        return Renderer(self._world, call.request.base_url)


def _view(call: ArmCall) -> View:
    asked = call.request.query.get("listViewType", View.ACTIVE)
    try:
        return View(asked)
    except ValueError as error:
        raise bad_request(f"listViewType must be one of {', '.join(View)}.") from error


def _page(versions: list[AssetVersion], query: Mapping[str, str]) -> list[AssetVersion]:
    """Apply `$orderBy`, `$skip` and `$top`: the SDK's "latest" is the first of one."""
    field, _, direction = query.get("$orderBy", "createdtime asc").partition(" ")
    key = _ORDERS.get(field.lower())
    if key is None or direction.lower() not in ("", "asc", "desc"):
        raise bad_request(f"$orderBy must be one of {', '.join(_ORDERS)}, with asc or desc.")
    # Ascending, then reversed: of two versions of one instant, the later one stays the newer.
    ordered = sorted(versions, key=key)
    if direction.lower() == "desc":
        ordered.reverse()
    skip = whole_number(query, "$skip", 0)
    top = whole_number(query, "$top", len(ordered))
    return ordered[skip : skip + top]

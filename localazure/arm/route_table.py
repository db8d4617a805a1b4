"""The table of served calls: method, path, name and handler. Everything else is 501."""

from collections.abc import Iterable

from localazure.arm.asset_routes import AssetRoutes
from localazure.arm.endpoint_routes import EndpointRoutes
from localazure.arm.router import Handler, Router
from localazure.arm.workspace_routes import WorkspaceRoutes
from localazure.world import ACTIONS, Call, World
from localazure.world.names import PROVIDER

SUBSCRIPTION = "/subscriptions/{subscription}"
WORKSPACE = f"{SUBSCRIPTION}/resourceGroups/{{group}}/providers/{PROVIDER}/workspaces/{{workspace}}"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/{{endpoint}}"
DEPLOYMENT = f"{ENDPOINT}/deployments/{{deployment}}"
_LOCATION = f"{SUBSCRIPTION}/providers/{PROVIDER}/locations/{{location}}"
_DATASTORE = f"{WORKSPACE}/datastores/{{name}}"


def mount_workspace(router: Router, routes: WorkspaceRoutes) -> None:
    """Serve the workspace, its datastores and uploads."""
    upload = f"{WORKSPACE}/codes/{{name}}/versions/{{version}}/startPendingUpload"
    _mount(
        router,
        [
            ("GET", WORKSPACE, Call.WORKSPACES_GET, routes.get_workspace),
            ("GET", f"{WORKSPACE}/datastores", Call.DATASTORES_LIST, routes.list_datastores),
            ("GET", _DATASTORE, Call.DATASTORES_GET, routes.get_datastore),
            (
                "POST",
                f"{_DATASTORE}/listSecrets",
                Call.DATASTORES_SECRETS,
                routes.list_datastore_secrets,
            ),
            ("POST", upload, Call.CODES_UPLOAD, routes.start_upload),
        ],
    )


def mount_assets(router: Router, world: World) -> None:
    """Serve models, environments, code and data."""
    models = AssetRoutes(world, world.models, "modelUri")
    environments = AssetRoutes(world, world.environments, None)
    codes = AssetRoutes(world, world.codes, "codeUri")
    data = AssetRoutes(world, world.data, "dataUri")

    def paths(kind: str) -> tuple[str, str, str, str]:
        kinds = f"{WORKSPACE}/{kind}"
        name = f"{kinds}/{{name}}"
        return kinds, name, f"{name}/versions", f"{name}/versions/{{version}}"

    kinds, name, versions, version = paths("models")
    _mount(
        router,
        [
            ("GET", kinds, Call.MODELS_LIST, models.list_names),
            ("GET", name, Call.MODELS_GET_CONTAINER, models.get_container),
            ("GET", versions, Call.MODELS_VERSIONS, models.list_versions),
            ("GET", version, Call.MODELS_GET, models.get_version),
            ("PUT", version, Call.MODELS_PUT, models.put),
            ("DELETE", version, Call.MODELS_DELETE, models.delete),
        ],
    )
    kinds, name, versions, version = paths("environments")
    _mount(
        router,
        [
            ("GET", kinds, Call.ENVIRONMENTS_LIST, environments.list_names),
            ("GET", name, Call.ENVIRONMENTS_GET_CONTAINER, environments.get_container),
            ("GET", versions, Call.ENVIRONMENTS_VERSIONS, environments.list_versions),
            ("GET", version, Call.ENVIRONMENTS_GET, environments.get_version),
            ("PUT", version, Call.ENVIRONMENTS_PUT, environments.put),
        ],
    )
    _, _, versions, version = paths("codes")
    _mount(
        router,
        [
            ("GET", versions, Call.CODES_VERSIONS, codes.list_by_hash),
            ("GET", version, Call.CODES_GET, codes.get_version),
            ("PUT", version, Call.CODES_PUT, codes.put),
        ],
    )
    _, _, versions, version = paths("data")
    _mount(
        router,
        [
            ("GET", versions, Call.DATA_VERSIONS, data.list_versions),
            ("GET", version, Call.DATA_GET, data.get_version),
            ("PUT", version, Call.DATA_PUT, data.put),
        ],
    )


def mount_endpoints(router: Router, routes: EndpointRoutes) -> None:
    """Serve online endpoints, deployments and operations; the most frequent calls first."""
    _mount(
        router,
        [
            ("GET", ENDPOINT, Call.ENDPOINTS_GET, routes.get_endpoint),
            ("PUT", ENDPOINT, Call.ENDPOINTS_PUT, routes.put_endpoint),
            ("GET", DEPLOYMENT, Call.DEPLOYMENTS_GET, routes.get_deployment),
            ("PUT", DEPLOYMENT, Call.DEPLOYMENTS_PUT, routes.put_deployment),
            (
                "GET",
                f"{_LOCATION}/mfeOperationsStatus/{{operation}}",
                Call.OPERATIONS_GET,
                routes.get_operation,
            ),
            (
                "GET",
                f"{_LOCATION}/mfeOperationResults/{{operation}}",
                Call.OPERATIONS_GET,
                routes.get_operation_result,
            ),
            ("GET", f"{ENDPOINT}/deployments", Call.DEPLOYMENTS_LIST, routes.list_deployments),
            ("GET", f"{WORKSPACE}/onlineEndpoints", Call.ENDPOINTS_LIST, routes.list_endpoints),
            ("PATCH", ENDPOINT, Call.ENDPOINTS_PATCH, routes.patch_endpoint),
            ("DELETE", ENDPOINT, Call.ENDPOINTS_DELETE, routes.delete_endpoint),
            ("POST", f"{ENDPOINT}/listKeys", Call.ENDPOINTS_KEYS, routes.list_keys),
            (
                "POST",
                f"{ENDPOINT}/regenerateKeys",
                Call.ENDPOINTS_REGENERATE,
                routes.regenerate_keys,
            ),
            ("POST", f"{ENDPOINT}/token", Call.ENDPOINTS_TOKEN, routes.get_token),
            ("PATCH", DEPLOYMENT, Call.DEPLOYMENTS_PATCH, routes.patch_deployment),
            ("DELETE", DEPLOYMENT, Call.DEPLOYMENTS_DELETE, routes.delete_deployment),
            ("POST", f"{DEPLOYMENT}/getLogs", Call.DEPLOYMENTS_LOGS, routes.get_logs),
        ],
    )


def _mount(router: Router, table: Iterable[tuple[str, str, Call, Handler]]) -> None:
    for method, template, call, handler in table:
        router.mount(method, template, call, ACTIONS[call], handler)

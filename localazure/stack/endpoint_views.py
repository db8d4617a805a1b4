"""The world's endpoints as the data plane's router sees them."""

from localazure.scoring.routing import DeploymentView, EndpointView
from localazure.world import ArmError, AuthMode, Deployment, World

_ROUTER_MODES = {AuthMode.KEY: "key", AuthMode.AAD_TOKEN: "aad_token"}


class WorldEndpoints:
    """Looks the endpoint up for each request, so that a finished traffic PUT counts at once.

    The split is the one in effect, not the one a stale GET may show.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def endpoint(self, name: str) -> EndpointView | None:
        """Return the endpoint as it is now, or None when no endpoint has this name."""
        try:
            endpoint = self._world.endpoints.get(name)
        except ArmError:
            return None
        return EndpointView(
            name=endpoint.name,
            auth_mode=_ROUTER_MODES[endpoint.spec.auth_mode],
            keys=(endpoint.primary_key, endpoint.secondary_key),
            traffic=endpoint.split.live,
            mirror=endpoint.split.mirror,
            deployments={
                deployment.name.lower(): _view(deployment)
                for deployment in self._world.deployments.list(name)
            },
        )


def _view(deployment: Deployment) -> DeploymentView:
    spec = deployment.spec
    return DeploymentView(
        name=deployment.name,
        request_timeout_ms=spec.request_timeout_ms,
        max_concurrent_requests_per_instance=spec.max_concurrent_requests_per_instance,
        instance_count=spec.instance_count,
        collector=deployment.collector,
    )

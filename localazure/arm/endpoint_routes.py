"""Online endpoints, their deployments and their operations over the wire."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from localazure.arm.bodies import parse_deployment, parse_endpoint
from localazure.arm.fields import (
    integer_at,
    object_at,
    required_text_at,
    texts_at,
    whole_number,
)
from localazure.arm.messages import ArmCall, ArmResponse, json_response
from localazure.arm.render import Renderer
from localazure.world import (
    ArmError,
    AuthMode,
    Operation,
    OperationStatus,
    ProvisioningState,
    World,
)
from localazure.world.errors import bad_request

DEFAULT_LOG_LINES = 50
DELETE_RETRY_AFTER_SECONDS = 1
"""Must be a whole number: the SDK deserialises this one (measured with azure-ai-ml 1.35.2)."""

TOKEN_REFRESH_ALLOWANCE = timedelta(minutes=5)

ScoringTokens = Callable[[str], tuple[str, datetime]]
"""Principal -> scoring token and its expiry."""

_TERMINAL = frozenset(
    {ProvisioningState.SUCCEEDED, ProvisioningState.FAILED, ProvisioningState.CANCELED}
)


class EndpointRoutes:
    """Handlers. `poll_delay` is how long clients are asked to wait between polls.

    Whole seconds are sent as `Retry-After`, others as `retry-after-ms`, which azure-core reads.
    """

    def __init__(
        self, world: World, poll_delay: timedelta, scoring_tokens: ScoringTokens | None
    ) -> None:
        self._world = world
        self.poll_delay = poll_delay
        self._scoring_tokens = scoring_tokens

    def list_endpoints(self, call: ArmCall) -> ArmResponse:
        """Answer a page; `nextLink` has `$skip`, which on Azure is a token that nobody may read."""
        renderer = self._renderer(call)
        endpoints = self._world.endpoints.list()
        request = call.request
        begin = whole_number(request.query, "$skip", 0)
        end = begin + (self._world.dials.endpoints_page or len(endpoints))
        body: dict[str, object] = {
            "value": [renderer.endpoint(each) for each in endpoints[begin:end]]
        }
        if end < len(endpoints):
            query = urlencode({**request.query, "$skip": str(end)})
            body["nextLink"] = f"{request.base_url}{quote(request.path)}?{query}"
        return json_response(200, body)

    def get_endpoint(self, call: ArmCall) -> ArmResponse:
        endpoint = self._world.endpoints.get(call.values["endpoint"])
        headers = self._retry_headers(in_progress=endpoint.state not in _TERMINAL)
        return json_response(200, self._renderer(call).endpoint(endpoint), headers)

    def put_endpoint(self, call: ArmCall) -> ArmResponse:
        spec = parse_endpoint(call.json_object())
        endpoint, is_new = self._world.endpoints.put(call.values["endpoint"], spec, call.caller)
        renderer = self._renderer(call)
        return json_response(
            201 if is_new else 200,
            renderer.endpoint(endpoint, asked=True),
            self._operation_headers(renderer, endpoint.operation, on_endpoint=True),
        )

    def patch_endpoint(self, call: ArmCall) -> ArmResponse:
        """Change tags or identity. Azure's model of this call has no traffic either."""
        body = call.json_object()
        if "properties" in body:
            raise bad_request(
                "PATCH of an online endpoint takes 'tags' and 'identity' only; change traffic "
                "with a PUT of the whole endpoint."
            )
        endpoint = self._world.endpoints.patch(
            call.values["endpoint"],
            call.caller,
            tags=texts_at(body, "tags") if "tags" in body else None,
            identity=object_at(body, "identity") if "identity" in body else None,
        )
        return json_response(200, self._renderer(call).endpoint(endpoint))

    def delete_endpoint(self, call: ArmCall) -> ArmResponse:
        operation = self._world.endpoints.delete(call.values["endpoint"], call.caller)
        return self._deletion(call, operation, on_endpoint=True)

    def list_keys(self, call: ArmCall) -> ArmResponse:
        endpoint = self._world.endpoints.get(call.values["endpoint"])
        if endpoint.spec.auth_mode is not AuthMode.KEY:
            raise bad_request(
                f"Endpoint {endpoint.name} uses {endpoint.spec.auth_mode} authentication and has "
                "no keys."
            )
        return json_response(
            200, {"primaryKey": endpoint.primary_key, "secondaryKey": endpoint.secondary_key}
        )

    def regenerate_keys(self, call: ArmCall) -> ArmResponse:
        key_type = required_text_at(call.json_object(), "keyType")
        if key_type not in ("Primary", "Secondary"):
            raise bad_request(f"keyType must be Primary or Secondary, not '{key_type}'.")
        self._world.endpoints.regenerate_key(
            call.values["endpoint"], primary=key_type == "Primary", caller=call.caller
        )
        return ArmResponse(200)

    def get_token(self, call: ArmCall) -> ArmResponse:
        endpoint = self._world.endpoints.get(call.values["endpoint"])
        if endpoint.spec.auth_mode is AuthMode.KEY:
            raise bad_request(f"Endpoint {endpoint.name} uses Key authentication; list its keys.")
        if self._scoring_tokens is None:
            raise ArmError(
                501, "NotImplemented", "This local Azure was started without an identity."
            )
        token, expires = self._scoring_tokens(call.caller.principal)
        return json_response(
            200,
            {
                "accessToken": token,
                "expiryTimeUtc": int(expires.timestamp()),
                "refreshAfterTimeUtc": int((expires - TOKEN_REFRESH_ALLOWANCE).timestamp()),
                "tokenType": "Bearer",
            },
        )

    def list_deployments(self, call: ArmCall) -> ArmResponse:
        renderer = self._renderer(call)
        deployments = self._world.deployments.list(call.values["endpoint"])
        return json_response(200, {"value": [renderer.deployment(each) for each in deployments]})

    def get_deployment(self, call: ArmCall) -> ArmResponse:
        deployment = self._world.deployments.get(call.values["endpoint"], call.values["deployment"])
        headers = self._retry_headers(in_progress=deployment.state not in _TERMINAL)
        return json_response(200, self._renderer(call).deployment(deployment), headers)

    def put_deployment(self, call: ArmCall) -> ArmResponse:
        spec = parse_deployment(call.json_object())
        deployment, is_new = self._world.deployments.put(
            call.values["endpoint"], call.values["deployment"], spec, call.caller
        )
        renderer = self._renderer(call)
        return json_response(
            201 if is_new else 200,
            renderer.deployment(deployment),
            self._operation_headers(renderer, deployment.operation, on_endpoint=False),
        )

    def patch_deployment(self, call: ArmCall) -> ArmResponse:
        """Change tags or `sku.capacity`, as autoscale does."""
        body = call.json_object()
        if "properties" in body:
            raise bad_request("PATCH of an online deployment takes 'tags' and 'sku' only.")
        sku = object_at(body, "sku")
        deployment = self._world.deployments.patch(
            call.values["endpoint"],
            call.values["deployment"],
            call.caller,
            tags=texts_at(body, "tags") if "tags" in body else None,
            instance_count=integer_at(sku, "capacity", 1) if "capacity" in sku else None,
        )
        renderer = self._renderer(call)
        if deployment.state in _TERMINAL:
            return json_response(200, renderer.deployment(deployment))
        headers = {
            **self._operation_headers(renderer, deployment.operation, on_endpoint=False),
            "Location": renderer.operation_url(
                deployment.operation, on_endpoint=False, results=True
            ),
        }
        return json_response(202, renderer.deployment(deployment), headers)

    def delete_deployment(self, call: ArmCall) -> ArmResponse:
        operation = self._world.deployments.delete(
            call.values["endpoint"], call.values["deployment"], call.caller
        )
        return self._deletion(call, operation, on_endpoint=False)

    def get_logs(self, call: ArmCall) -> ArmResponse:
        body = call.json_object()
        lines = integer_at(body, "tail", DEFAULT_LOG_LINES)
        if lines < 1:
            raise bad_request(f"tail must be at least 1, not {lines}.")
        content = self._world.deployments.logs(
            call.values["endpoint"], call.values["deployment"], lines
        )
        return json_response(200, {"content": content})

    def get_operation(self, call: ArmCall) -> ArmResponse:
        """Answer the status document that `Azure-AsyncOperation` points to."""
        operation = self._operation(call)
        in_progress = operation.status is OperationStatus.IN_PROGRESS
        return json_response(
            200,
            self._renderer(call).operation(operation),
            self._retry_headers(in_progress=in_progress),
        )

    def get_operation_result(self, call: ArmCall) -> ArmResponse:
        """Answer what `Location` points to: 202 while it runs, then 204."""
        if self._operation(call).status is not OperationStatus.IN_PROGRESS:
            return ArmResponse(204)
        return ArmResponse(202, {"Location": call.request.base_url + call.request.path})

    def _operation(self, call: ArmCall) -> Operation:
        return self._world.operation(call.values["operation"].rpartition(":")[2])

    def _deletion(self, call: ArmCall, operation: str | None, *, on_endpoint: bool) -> ArmResponse:
        if operation is None:
            return ArmResponse(204)
        renderer = self._renderer(call)
        return ArmResponse(
            202,
            {
                **self._operation_headers(renderer, operation, on_endpoint=on_endpoint),
                "Location": renderer.operation_url(
                    operation, on_endpoint=on_endpoint, results=True
                ),
                "Retry-After": str(DELETE_RETRY_AFTER_SECONDS),
            },
        )

    def _operation_headers(
        self, renderer: Renderer, operation: str, *, on_endpoint: bool
    ) -> dict[str, str]:
        return {
            "Azure-AsyncOperation": renderer.operation_url(operation, on_endpoint=on_endpoint),
            "x-ms-async-operation-timeout": "PT1H",
        }

    def _retry_headers(self, *, in_progress: bool) -> Mapping[str, str]:
        if not in_progress:
            return {}
        seconds = self.poll_delay.total_seconds()
        if seconds >= 1 and seconds.is_integer():
            return {"Retry-After": str(int(seconds))}
        return {"retry-after-ms": str(int(seconds * 1000))}

    def _renderer(self, call: ArmCall) -> Renderer:
        return Renderer(self._world, call.request.base_url)

"""JSON bodies of endpoint and deployment PUTs -> what the world is asked for.

A body that a GET returned is accepted as it is: read-only parts are dropped, so that a client can
change one value of a live resource and put it back.
"""

from collections.abc import Mapping
from typing import Any

from localazure.arm.data_collectors import FIELD as DATA_COLLECTOR
from localazure.arm.data_collectors import parse_data_collector
from localazure.arm.fields import (
    integer_at,
    milliseconds_at,
    object_at,
    required_object_at,
    required_text_at,
    text_at,
    texts_at,
)
from localazure.arm.render import READ_ONLY_PROPERTIES, SERVER_MADE_PROPERTIES
from localazure.world import AuthMode, DeploymentSpec, EndpointSpec, make_split
from localazure.world.errors import bad_request

DEFAULT_REQUEST_TIMEOUT_MS = 5000
"""Azure ML's default; at most 180 s (how-to-manage-quotas.md)."""

MAX_REQUEST_TIMEOUT_MS = 180_000

_AUTH_MODES = {mode.lower(): mode for mode in AuthMode}


def parse_endpoint(body: Mapping[str, Any]) -> EndpointSpec:
    """Return what an endpoint PUT asks for; 400 for anything malformed or not imitated."""
    properties = required_object_at(body, "properties")
    if text_at(properties, "compute") or text_at(body, "kind") in ("K8S", "Kubernetes"):
        raise bad_request(
            "Kubernetes online endpoints are not served by this local Azure; leave 'compute' out "
            "for a managed online endpoint."
        )
    auth_mode = required_text_at(properties, "authMode")
    if auth_mode.lower() not in _AUTH_MODES:
        raise bad_request(
            f"authMode must be {' or '.join(AuthMode)}, not '{auth_mode}' "
            "(AMLToken is not served by this local Azure)."
        )
    return EndpointSpec(
        location=required_text_at(body, "location"),
        auth_mode=_AUTH_MODES[auth_mode.lower()],
        split=make_split(object_at(properties, "traffic"), object_at(properties, "mirrorTraffic")),
        tags=texts_at(body, "tags"),
        description=text_at(properties, "description"),
        identity=object_at(body, "identity"),
        properties=_own_properties(properties),
        public_network_access=text_at(properties, "publicNetworkAccess") or "Enabled",
    )


def parse_deployment(body: Mapping[str, Any]) -> DeploymentSpec:
    """Return what a deployment PUT asks for; 400 for anything malformed or not imitated."""
    properties = required_object_at(body, "properties")
    compute = required_text_at(properties, "endpointComputeType")
    if compute != "Managed":
        raise bad_request(
            f"endpointComputeType must be Managed, not '{compute}': this local Azure serves "
            "managed online endpoints only."
        )
    code = object_at(properties, "codeConfiguration")
    settings = object_at(properties, "requestSettings")
    timeout_ms = milliseconds_at(settings, "requestTimeout", DEFAULT_REQUEST_TIMEOUT_MS)
    if not 0 < timeout_ms <= MAX_REQUEST_TIMEOUT_MS:
        raise bad_request(
            f"requestTimeout must be at most {MAX_REQUEST_TIMEOUT_MS // 1000} s and more than 0."
        )
    apart = READ_ONLY_PROPERTIES | {DATA_COLLECTOR}
    echoed = {key: value for key, value in properties.items() if key not in apart}
    return DeploymentSpec(
        location=required_text_at(body, "location"),
        instance_count=integer_at(object_at(body, "sku"), "capacity", 1),
        instance_type=text_at(properties, "instanceType"),
        model_id=text_at(properties, "model"),
        environment_id=text_at(properties, "environmentId"),
        code_id=text_at(code, "codeId"),
        scoring_script=text_at(code, "scoringScript"),
        environment_variables=texts_at(properties, "environmentVariables"),
        request_timeout_ms=timeout_ms,
        max_concurrent_requests_per_instance=integer_at(
            settings, "maxConcurrentRequestsPerInstance", 1
        ),
        collector=parse_data_collector(properties),
        tags=texts_at(body, "tags"),
        body={**echoed, "properties": _own_properties(properties)},
    )


def parse_asset(body: Mapping[str, Any], required: str | None) -> dict[str, Any]:
    """Return the `properties` of an asset PUT, its tags and properties checked; 400 otherwise.

    `required` names the string that the body must have, if any.
    """
    properties = required_object_at(body, "properties")
    if required is not None:
        required_text_at(properties, required)
    return {
        **properties,
        "tags": texts_at(properties, "tags"),
        "properties": texts_at(properties, "properties"),
    }


def _own_properties(properties: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value
        for key, value in texts_at(properties, "properties").items()
        if key not in SERVER_MADE_PROPERTIES
    }

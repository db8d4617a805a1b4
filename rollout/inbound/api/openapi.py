"""The description of the API in OpenAPI 3.1, made from the tables that parse and answer."""

from http import HTTPStatus
from typing import Any

from rollout.inbound.api.answer_shapes import COMPONENTS
from rollout.inbound.api.routes import ROUTES, Access, Route
from rollout.inbound.api.shapes import TEXT, Schema, component
from rollout.inbound.fields import Field
from rollout.inbound.order_keys import PATTERN

OPENAPI = "3.1.1"
API_VERSION = "1"
"""Counts breaking changes of the API: none is planned. What is added breaks nobody."""

PREFIX = "/api"
JSON, PROBLEM_JSON = "application/json", "application/problem+json"

_ABOUT = """\
Event-driven blue-green rollouts of models on Azure Machine Learning's managed online endpoints.

`docs/api.md` explains keys and sign-in, polling with entity tags, pages, orders and problems.
"""

_WHEN: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The request is faulty: `detail` names the field and what fits.",
    HTTPStatus.UNAUTHORIZED: (
        "No key, or nobody is signed in. The host and the platform's sign-in answer this without a "
        "problem document."
    ),
    HTTPStatus.FORBIDDEN: "The caller lacks the app role that `detail` names.",
    HTTPStatus.NOT_FOUND: "There is no such service, entry or route.",
    HTTPStatus.CONFLICT: "Not possible now, or based on an outdated view: look again.",
    HTTPStatus.LENGTH_REQUIRED: "A chunked body cannot be read: send Content-Length.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as plain JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        "The service's files have faults, which `faults` lists; or the Idempotency-Key came before "
        "with another request."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: "Too many offers wait to be decided: come back later.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A fault of the app, or a record that it cannot read.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Storage or Azure do not answer: send the request again.",
}
_WITH_RETRY_AFTER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_MAYBE_EMPTY = (HTTPStatus.UNAUTHORIZED,)
_RETRY_AFTER: Schema = {
    "Retry-After": {
        "description": "After how many seconds to send the request again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_ETAG: Schema = {
    "ETag": {"description": "The entity tag of this view, for If-None-Match.", "schema": TEXT}
}
_IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of a view that the client has: if it still holds, 304 comes back.",
    "schema": TEXT,
}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "What the sender calls this order: a new one for each order, the same one where an order "
        "is sent again, which is then not done again. In quotation marks or bare."
    ),
    "schema": {"type": "string", "pattern": f'^("{PATTERN}"|{PATTERN})$'},
}


def document() -> dict[str, Any]:
    """Return the whole description, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Rollouts",
            "version": API_VERSION,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": dict(COMPONENTS),
            "responses": {status.phrase.replace(" ", ""): _problem(status) for status in _WHEN},
            "securitySchemes": {
                "key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-functions-key",
                    "description": "A function key of the app, where sign-in is off.",
                },
                "signIn": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of Microsoft Entra ID, where sign-in is on.",
                },
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.text,
        "security": _security(route),
        "responses": _responses(route),
    }
    if route.role is not None:
        operation["description"] = f"Needs the app role {route.role} where sign-in is on."
    parameters = [
        *(_parameter(each, "path") for each in route.parts),
        *(_parameter(each, "query") for each in route.query),
        *([_IF_NONE_MATCH] if route.tagged else []),
        *([_IDEMPOTENCY_KEY] if route.keyed else []),
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": route.body}}}
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    match route.access:
        case Access.ANYONE:
            return []
        case Access.KEY:
            return [{"key": []}]
        case Access.CALLER:
            return [{"key": []}, {"signIn": []}]


def _parameter(field: Field, where: str) -> dict[str, Any]:
    schema = field.kind.schema()
    if not field.required and field.absent not in (None, ""):
        schema = {**schema, "default": field.absent}
    return {
        "name": field.name,
        "in": where,
        "required": field.required,
        "description": field.text,
        "schema": schema,
    }


def _responses(route: Route) -> dict[str, Any]:
    found: dict[HTTPStatus, Any] = {}
    for status, schema in route.answers.items():
        content = {JSON: {"schema": schema}}
        if status.is_server_error:
            content[PROBLEM_JSON] = {"schema": component("Problem")}
        found[status] = {"description": status.phrase, "content": content}
        if route.tagged:
            found[status]["headers"] = _ETAG
    if route.tagged:
        text = "The view is still the one that the client has."
        found[HTTPStatus.NOT_MODIFIED] = {"description": text, "headers": _ETAG}
    for status in route.statuses:
        name = status.phrase.replace(" ", "")
        found[status] = {"$ref": f"#/components/responses/{name}"}
    return {str(status.value): found[status] for status in sorted(found)}


def _problem(status: HTTPStatus) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _WHEN[status]}
    if status not in _MAYBE_EMPTY:
        found["content"] = {PROBLEM_JSON: {"schema": component("Problem")}}
    if status in _WITH_RETRY_AFTER:
        found["headers"] = _RETRY_AFTER
    return found

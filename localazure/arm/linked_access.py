"""Linked access: the other things that a write names, and that its caller must be free to use.

Resource Manager goes by what the body names, not by what changed: a write that repeats an identity
needs the same right as the one that attached it (Azure/azure-container-apps#530,
Azure/aad-pod-identity#339). Never seen for Azure Machine Learning itself. That a deployment's write
is held to its endpoint's identities, too, is the stricter guess.
"""

import json
from collections.abc import Mapping
from typing import Any

from localazure.arm.messages import ArmRequest
from localazure.world import Call, Endpoint, World
from localazure.world.governance import enforces_secrets, user_assigned

_OF_ENDPOINT = frozenset({Call.ENDPOINTS_PUT, Call.ENDPOINTS_PATCH})
_OF_DEPLOYMENT = frozenset({Call.DEPLOYMENTS_PUT, Call.DEPLOYMENTS_PATCH})


def linked_identities(
    world: World, call: str, request: ArmRequest, values: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the ids of the user-assigned identities that a call links to, in order, each once.

    None for a call that is no write of an endpoint or a deployment, and for a body that is not
    JSON: whoever reads it refuses it.
    """
    if call not in _OF_ENDPOINT | _OF_DEPLOYMENT:
        return ()
    named = list(user_assigned(_object_in(request.body).get("identity")))
    if call in _OF_DEPLOYMENT:
        for owner in _owners(world, values):
            named += user_assigned(owner.spec.identity)
    return tuple(dict.fromkeys(named))


def links_to_secrets(
    world: World, call: str, request: ArmRequest, values: Mapping[str, str]
) -> bool:
    """Say whether a call creates or replaces what reads the workspace's secrets.

    That is an endpoint that enforces access to its secret stores, as the body has it, or a
    deployment of one.
    """
    if call == Call.ENDPOINTS_PUT:
        body = _object_in(request.body)
        properties = body.get("properties")
        own = properties.get("properties") if isinstance(properties, dict) else None
        return enforces_secrets(body.get("identity"), own)
    return call == Call.DEPLOYMENTS_PUT and any(
        enforces_secrets(owner.spec.identity, owner.spec.properties)
        for owner in _owners(world, values)
    )


def _owners(world: World, values: Mapping[str, str]) -> list[Endpoint]:
    """Return the endpoint of a deployment, if it exists."""
    name = values["endpoint"].lower()
    return [each for each in world.endpoints.list() if each.name.lower() == name]


def _object_in(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}

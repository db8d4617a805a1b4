"""Linked access: the other resources that a write names, and that its caller must be free to use.

Resource Manager goes by what the body names, not by what changed: a write that repeats an identity
needs the same right as the one that attached it (Azure/azure-container-apps#530,
Azure/aad-pod-identity#339). Never seen for Azure Machine Learning itself. That a deployment's write
is held to its endpoint's identities, too, is the stricter guess.
"""

import json
from collections.abc import Mapping
from typing import Any

from localazure.arm.messages import ArmRequest
from localazure.world import Call, World
from localazure.world.governance import user_assigned

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
    named = list(user_assigned(_identity_in(request.body)))
    if call in _OF_DEPLOYMENT:
        owners = (each for each in world.endpoints.list() if _is(each.name, values["endpoint"]))
        for owner in owners:
            named += user_assigned(owner.spec.identity)
    return tuple(dict.fromkeys(named))


def _identity_in(raw: bytes) -> Any:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return body.get("identity") if isinstance(body, dict) else None


def _is(name: str, other: str) -> bool:
    return name.lower() == other.lower()

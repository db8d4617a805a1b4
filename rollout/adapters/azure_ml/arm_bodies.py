"""What the ARM bodies of endpoints and of deployments have in common."""

from collections.abc import Mapping
from typing import Any

from rollout.core.records.observation import ProvisioningState

STAMP_TAG = "rollout-write"
"""On an endpoint: which rollout's write made its split (`rollout.core.machine.wanted.stamp`)."""

ROLLOUT_TAG = "rollout"
"""On a deployment: the rollout it is the candidate of."""

READ_ONLY = frozenset({"id", "name", "type", "systemData", "etag"})
"""Top-level keys of a GET's answer that a PUT leaves out."""

_STATES = {state.value.lower(): state for state in ProvisioningState}


def provisioning_state(properties: Mapping[str, Any]) -> ProvisioningState:
    """Return `provisioningState`, in any case; `UNKNOWN` for a value that this product lacks."""
    text = str(properties.get("provisioningState") or "").lower()
    return _STATES.get(text, ProvisioningState.UNKNOWN)

"""What was seen of an endpoint is a split, or it was not seen."""

import pytest

from rollout.core.records.observation import EndpointSeen, ProvisioningState

IMPOSSIBLE = [{"blue": 0}, {"blue": -1, "green": 100}, {"blue": 101}, {"blue": 60, "green": 50}]


@pytest.mark.parametrize("weights", IMPOSSIBLE)
def test_weights_are_parts_of_a_hundred(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="traffic"):
        EndpointSeen(ProvisioningState.SUCCEEDED, weights, {}, None)
    with pytest.raises(ValueError, match="mirrored traffic"):
        EndpointSeen(ProvisioningState.SUCCEEDED, {}, weights, None)

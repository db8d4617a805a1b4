"""A look that could not see both deployments reads no answers."""

import pytest

from localazure.world import World
from rollout.core.records.observation import Observation
from rollout.core.records.phases import Phase
from rollout.errors import PredictionsUnavailableError
from rollout.service.predicting import live_answers
from tests.doubles.wire import Wire
from tests.doubles.world_predictions import WorldPredictions
from tests.support.builders import ENDPOINT_ID, NOW, a_rollout


@pytest.mark.parametrize("rollout", [None, a_rollout(Phase.BAKING)])
def test_what_cannot_be_asked_is_unavailable(rollout: object) -> None:
    port = WorldPredictions(Wire(World()))
    found = rollout if rollout is None else a_rollout(Phase.BAKING)

    with pytest.raises(PredictionsUnavailableError, match="no live answers"):
        live_answers(port, ENDPOINT_ID, found, Observation(), now=NOW, timeout=1)

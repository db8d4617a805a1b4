"""What the data collectors of both deployments wrote of real requests, read and counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from rollout.core.policy.quality_model import Live
from rollout.core.records.observation import DeploymentSeen
from rollout.core.records.predictions import Bins, PredictionsSeen


@dataclass(frozen=True)
class PredictionsQuestion:
    """What one look wants of the collected answers.

    `bins` are those learnt before, none: they are to be learnt from stable. `cursor` is that of the
    look before, empty: this is the first. Answers from before `since` are not counted; those of
    stable may teach the bins. `now` is the look's moment. `stable_serves`: stable has traffic, so
    that its silence says something.
    """

    candidate: DeploymentSeen
    stable: DeploymentSeen
    live: Live
    since: datetime
    now: datetime
    bins: tuple[Bins, ...] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict)
    stable_serves: bool = True


class Predictions(Protocol):
    """Reads the answers that were collected since the last look. Keeps counts, never a payload."""

    def read(
        self, endpoint: str, question: PredictionsQuestion, *, timeout: float
    ) -> PredictionsSeen:
        """Read on from the cursor, as much as one look may; what is left comes with the next one.

        A line that cannot be read is passed over. An answer of another deployment is not counted.

        Args:
            endpoint: The endpoint's ARM id.
            question: What is wanted.
            timeout: For all calls together, in seconds.

        Raises:
            PredictionsUnavailableError: The collected data cannot be read now.
            ArmUnavailableError, ArmRefusedError: As of `Endpoints`.
        """

"""Models without processes: one server answers for every deployment, as configured."""

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from localazure.runtime import ContainerSpec, ContainerState, InstantRuntime
from localazure.stack.predictions import Kind, Prediction, predicted

MAX_SECONDS = 600.0
_JSON = "application/json"


@dataclass(frozen=True)
class ModelAnswer:
    """How a model version answers: `status` and JSON `body`, after `seconds`.

    `share` of the requests (0 to 1) get this answer; the others get 200 and an empty prediction.
    With `predicts`, a kind of `predictions`, each input has its own answer instead: `share` is then
    the part of the inputs that has the fault of that kind.
    """

    status: int = 200
    body: Any = None
    share: float = 1.0
    seconds: float = 0.0
    predicts: str = ""

    def __post_init__(self) -> None:
        if not 100 <= self.status <= 599:  # noqa: PLR2004 - what HTTP has
            raise ValueError(f"status must be 100 to 599, not {self.status}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be 0 to 1, not {self.share}")
        if not 0 <= self.seconds <= MAX_SECONDS:
            raise ValueError(f"seconds must be 0 to {MAX_SECONDS:g}, not {self.seconds}")
        if self.predicts and self.predicts not in set(Kind):
            raise ValueError(f"predicts must be one of {', '.join(Kind)}, not {self.predicts}")


HEALTHY = ModelAnswer(body={"predictions": []})


class InstantModels(InstantRuntime):
    """An instant runtime whose containers answer. `answers` is by model version."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.answers: dict[str, ModelAnswer] = {}
        self.url: str | None = None
        """The address of `application`, once it is served."""
        self._chance = chance
        self._specs: dict[tuple[str, str], ContainerSpec] = {}

    def start(self, spec: ContainerSpec) -> None:
        super().start(spec)
        self._specs[spec.endpoint, spec.deployment] = spec

    def stop(self, endpoint: str, deployment: str) -> None:
        super().stop(endpoint, deployment)
        self._specs.pop((endpoint, deployment), None)

    def address(self, endpoint: str, deployment: str) -> str | None:
        """Return the base URL of a ready container, or None; names are compared without case."""
        for (owner, name), spec in self._specs.items():
            if (owner.lower(), name.lower()) == (endpoint.lower(), deployment.lower()):
                state = self.status(owner, name).state
                ready = self.url is not None and state is ContainerState.READY
                return f"{self.url}/versions/{spec.model_version or ''}" if ready else None
        return None

    def application(self) -> web.Application:
        """Return the server of every model."""
        application = web.Application()
        application.router.add_post("/versions/{version}/score", self._score)
        return application

    async def _score(self, request: web.Request) -> web.Response:
        planned = self.answers.get(request.match_info["version"], HEALTHY)
        if planned.predicts:
            how = Prediction(Kind(planned.predicts), planned.share)
            await asyncio.sleep(planned.seconds)
            body = predicted(how, await request.read(), self._chance)
            return web.Response(status=planned.status, body=body, content_type=_JSON)
        answer = planned if self._chance.random() < planned.share else HEALTHY
        await asyncio.sleep(answer.seconds)
        return web.Response(status=answer.status, text=json.dumps(answer.body), content_type=_JSON)


def model_answer(body: Mapping[str, Any]) -> ModelAnswer:
    """Return the answer that a JSON object describes; its keys are the fields of `ModelAnswer`.

    Raises:
        ValueError: says which key or value is wrong.
    """
    unknown = body.keys() - ModelAnswer.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"unknown fields of an answer: {', '.join(sorted(unknown))}")
    try:
        return ModelAnswer(**body)
    except TypeError as error:
        raise ValueError(f"a field of the answer has the wrong type: {error}") from error

"""One slice of an examination on the world, marked as the adapter marks it."""

from collections.abc import Callable
from typing import Any

from localazure.world import ArmError
from localazure.world.resources import ProvisioningState
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id, parse_model_reference
from rollout.core.predictions.bodies import read_body
from rollout.core.predictions.contracts import learn
from rollout.core.predictions.marking import marked
from rollout.core.records.examination import ExamPair, ExamSeen, ExamStep, Marked
from rollout.core.records.own_requests import NO_ANSWER, OwnMinute
from rollout.ports import ExamOrder, ExamRow
from tests.doubles.wire import Wire, endpoint_name

Predict = Callable[[str, bytes], tuple[int, bytes]]
"""A model version's status and body for an input; status 0: no answer in time."""

UNKNOWN, TOO_MANY = 404, 429
SAYS_NOTHING = frozenset({401, 403, UNKNOWN, TOO_MANY})
PLATFORM = frozenset({500, 502, 503, 504})


def always_the_label(_version: str, _body: bytes) -> tuple[int, bytes]:
    return 200, b'{"label": 0}'


class WorldExam:
    """Asks the rows one after the other. `count` is told of each request that the metrics count."""

    def __init__(
        self,
        wire: Wire,
        endpoint: str,
        order: ExamOrder,
        predict: Predict,
        count: Callable[[str, str, int], None],
    ) -> None:
        self._wire, self._endpoint, self._order = wire, endpoint, order
        self._predict, self._count = predict, count
        self._learnt = order.learnt
        self._counts: dict[str, dict[str, int]] = {"candidate": {}, "stable": {}}
        self._stopped = self._silent = ""

    def run(self) -> ExamSeen:
        order = self._order
        pairs: list[ExamPair] = []
        for place, row in enumerate(order.rows.rows):
            found = self._row(order.first + place, row)
            if found is None:
                break
            pairs.append(found)
        minute = self._wire.world.now().replace(second=0, microsecond=0)
        own = OwnMinute(minute, self._counts["candidate"], self._counts["stable"])
        return ExamSeen(
            order.step,
            order.rows.total,
            tuple(pairs),
            learnt=self._learnt,
            own=(own,) if own.any else (),
            stopped=self._stopped,
            silent=self._silent,
        )

    def _row(self, number: int, row: ExamRow) -> ExamPair | None:
        order = self._order
        found: dict[str, Marked] = {}
        for side, name in (("candidate", order.candidate), ("stable", order.stable)):
            if name is None:
                continue
            status, body = self._ask(name, row)
            if status not in SAYS_NOTHING - {TOO_MANY}:
                shown = str(status) if status else NO_ANSWER
                self._counts[side][shown] = self._counts[side].get(shown, 0) + 1
                self._count(self._endpoint, name, status)
            if status == TOO_MANY:
                self._stopped = f"{TOO_MANY} from the {side}"
                return None
            if status in SAYS_NOTHING | PLATFORM:
                what = f"answered {status}" if status in PLATFORM else "was not reached"
                who = "the candidate" if side == "candidate" else side
                self._silent = f"{who} {what} at row {number + 1:,}"
                return None
            found[side] = marked(order.quality, order.learnt, status, body, label=row.label)
            if order.step is ExamStep.LEARN and found[side].answered:
                self._learnt = learn(self._learnt, read_body(body))
        return ExamPair(number, row.label, found.get("candidate"), found.get("stable"))

    def _ask(self, name: str, row: ExamRow) -> tuple[int, bytes]:
        try:
            found = self._wire.world.deployments.get(endpoint_name(self._endpoint), name)
        except ArmError:
            return UNKNOWN, b""
        if found.state is not ProvisioningState.SUCCEEDED:
            return 503, b""
        workspace: Any = parse_endpoint_id(self._endpoint).workspace
        model = parse_model_reference(found.spec.model_id, workspace)
        return self._predict(model.version if model is not None else "", row.what.body)

"""`Scoring.examine`: the double, and real requests to a local data plane."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.stack.instant_models import ModelAnswer
from localazure.stack.predictions import Kind, Prediction, predicted, right_label
from localazure.world import World
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.scoring import DirectScoring
from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality
from rollout.core.predictions.golden_scores import GoldenScores, folded
from rollout.core.records.examination import ExamSeen, ExamStep
from rollout.core.records.learnt_contract import LearntContract
from rollout.errors import AccessDeniedError
from rollout.ports import ExamOrder, ExamRow, ExamRows, ProbeInput, Scoring
from tests.doubles.world_traffic import WorldScoring
from tests.support.contract.local_azure import LocalAzure
from tests.support.contract.ports import Ports, ports_on, wire_to
from tests.support.role import GRANTED

ROWS = 60
IN_FLIGHT = 6
HTTP_OK, MODEL_ERROR = 200, 424
USUAL = Prediction(Kind.USUAL)
GOLDEN = Golden("golden.jsonl", Labelled(Metric.ACCURACY, answer="label"))
BODIES = [b'{"row": %d}' % number for number in range(ROWS)]
LABELLED = tuple(
    ExamRow(ProbeInput(each, "application/json"), right_label(each)) for each in BODIES
)
PLAIN = tuple(replace(row, label=None) for row in LABELLED)


@dataclass(frozen=True)
class Bench:
    """An endpoint whose deployments answer: `blue-6` as usual, `green-7` and `green-8` as told."""

    ports: Ports
    scoring: Scoring
    answers: Callable[[str, ModelAnswer], None]

    def examine(self, step: ExamStep = ExamStep.GOLDEN, **changes: Any) -> ExamSeen:
        rows = LABELLED if step is ExamStep.GOLDEN else PLAIN
        order = ExamOrder(
            step=step,
            candidate=None if step is ExamStep.LEARN else "green-7",
            stable=None if step is ExamStep.CONTRACT else "blue-6",
            first=0,
            rows=ExamRows(ROWS, rows),
            quality=Quality(golden=GOLDEN),
            learnt=LearntContract(),
            concurrency=2,
            timeout=timedelta(seconds=2),
            within=timedelta(seconds=60),
        )
        return self.scoring.examine(
            self.ports.endpoint, self.ports.seen(), replace(order, **changes)
        )


def of_double() -> Bench:
    wire = wire_to(World())
    planned: dict[str, ModelAnswer] = {}
    chance = random.Random(1)  # noqa: S311 - a stub

    def predict(version: str, body: bytes) -> tuple[int, bytes]:
        plan = planned.get(version, ModelAnswer(predicts=Kind.USUAL))
        if plan.status != HTTP_OK:
            return MODEL_ERROR, b"{}"
        return 200, predicted(Prediction(Kind(plan.predicts), plan.share), body, chance)

    return Bench(ports_on(wire), WorldScoring(wire, predict=predict), planned.__setitem__)


@pytest.fixture(params=["double", "socket"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "double":
        found = of_double()
        given(found.ports)
        yield found
        return
    local: LocalAzure = request.getfixturevalue("local_azure")
    arm: Arm = request.getfixturevalue("arm")
    credential: ManagedIdentityCredential = request.getfixturevalue("credential")
    wire = wire_to(local.parts.world)
    ports = ports_on(wire, faults=local.parts.arm.faults, access=local.parts.arm.access)
    scoring = DirectScoring(arm, credential)
    for version in ("6", "7"):
        local.runtime.answers[version] = ModelAnswer(predicts=Kind.USUAL)
    given(ports)
    yield Bench(ports, scoring, local.runtime.answers.__setitem__)
    local.runtime.answers.clear()
    local.parts.arm.faults.clear()
    local.parts.arm.access.allow_only("rollout-app", GRANTED)
    scoring.close()


def given(ports: Ports) -> None:
    ports.given_endpoint()
    ports.given_deployment("blue-6", "6")
    ports.given_deployment("green-7", "7")
    ports.given_split(blue_6=100)


def scores(found: ExamSeen) -> GoldenScores:
    return GoldenScores.load(folded(Metric.ACCURACY, {}, found.pairs))


def test_both_sides_answer_each_row_in_order(bench: Bench) -> None:
    found = bench.examine(first=5)

    assert [each.number for each in found.pairs] == list(range(5, 5 + ROWS))
    assert (found.total, found.stopped, found.silent, found.fault) == (ROWS, "", "", "")
    of_both = scores(found)
    assert of_both.paired.rows == ROWS
    assert of_both.paired.total == 0
    assert of_both.candidate.value(Metric.ACCURACY) == of_both.stable.value(Metric.ACCURACY)
    assert sum(sum(each.candidate.values()) for each in found.own) == ROWS
    assert sum(sum(each.stable.values()) for each in found.own) == ROWS


def test_a_candidate_that_errs_is_told_from_stable_row_by_row(bench: Bench) -> None:
    bench.answers("7", ModelAnswer(predicts=Kind.FLIPPED, share=0.3))

    of_both = scores(bench.examine())

    assert of_both.paired.worse > of_both.paired.better
    assert of_both.paired.total > 0.1 * ROWS


def test_a_crash_is_a_wrong_answer_and_breaks_no_contract(bench: Bench) -> None:
    bench.answers("7", ModelAnswer(status=500))

    found = bench.examine()

    assert [each.candidate and each.candidate.loss for each in found.pairs] == [1.0] * ROWS
    assert all(each.candidate and not each.candidate.breaches for each in found.pairs)


def test_a_deployment_that_is_not_there_is_not_reached(bench: Bench) -> None:
    found = bench.examine(candidate="green-1", concurrency=1)

    assert (found.pairs, found.silent) == ((), "the candidate was not reached at row 1")


def test_what_stables_answers_have_in_common_is_learnt_and_kept_between_passes(
    bench: Bench,
) -> None:
    first = bench.examine(ExamStep.LEARN, rows=ExamRows(ROWS, PLAIN[:8]))
    found = bench.examine(ExamStep.LEARN, rows=ExamRows(ROWS, PLAIN[8:20]), learnt=first.learnt)

    assert found.learnt.answers == 20
    assert {"label", "score"} <= found.learnt.fields.keys()
    assert all(each.candidate is None for each in found.pairs)


@pytest.mark.parametrize(
    ("kind", "breach"),
    [
        (Kind.NULL, "null at 'score'"),
        (Kind.NAN, "NaN at 'score'"),
        (Kind.OUT_OF_RANGE, "out of 0..1 at 'score'"),
        (Kind.LOST, "lost 'score'"),
        (Kind.ERROR, "has 'error'"),
        (Kind.ADDED, ""),
    ],
)
def test_the_candidates_answers_are_compared_with_that(
    bench: Bench, kind: Kind, breach: str
) -> None:
    learnt = bench.examine(ExamStep.LEARN).learnt
    bench.answers("7", ModelAnswer(predicts=kind))

    found = bench.examine(ExamStep.CONTRACT, learnt=learnt)

    firsts = {each.candidate.breaches[:1] for each in found.pairs if each.candidate}
    assert firsts == {(breach,) if breach else ()}
    assert all(each.stable is None for each in found.pairs)


def test_without_the_right_to_the_keys_nothing_is_sent(bench: Bench) -> None:
    bench.ports.allow()

    with pytest.raises(AccessDeniedError):
        bench.examine()


def test_what_a_deployment_cannot_take_at_once_stops_the_pass(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    """An instance takes two requests at a time; the third is a 429."""
    ports = ports_on(wire_to(local_azure.parts.world))
    given(ports)
    # Enough instances for every request at once: on a busy machine even quick answers overlap.
    ports.given_deployment("blue-6", "6", instances=IN_FLIGHT)
    local_azure.runtime.answers["7"] = ModelAnswer(predicts=Kind.USUAL, seconds=0.5)
    local_azure.runtime.answers["6"] = ModelAnswer(predicts=Kind.USUAL)
    scoring = DirectScoring(arm, credential)
    try:
        found = Bench(ports, scoring, lambda _version, _how: None).examine(concurrency=IN_FLIGHT)
    finally:
        local_azure.runtime.answers.clear()
        scoring.close()

    assert found.stopped == "429 from the candidate"
    assert [each.number for each in found.pairs] == list(range(len(found.pairs)))
    assert len(found.pairs) < ROWS

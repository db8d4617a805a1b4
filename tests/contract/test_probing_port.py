"""`Probing`: the double, and real requests to a local data plane."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential

from localazure.stack.instant_models import ModelAnswer
from localazure.stack.predictions import Kind, Prediction, predicted, right_label
from localazure.world import Fault, World
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.probing import DirectProbing
from rollout.core.policy.expectation import Expectation, Interval, JsonType
from rollout.core.policy.quality_model import Contract, FieldRule, Labelled, Metric, Quality
from rollout.core.records.answers import AnswerPair
from rollout.core.records.own_requests import Probed, Warmed
from rollout.core.records.probes import ProbeAnswer
from rollout.errors import AccessDeniedError, ArmUnavailableError
from rollout.ports import ProbeInput, ProbeInputs, ProbeOrder, Probing, WarmUpOrder
from tests.doubles.world_probing import WorldProbing
from tests.support.contract.local_azure import LocalAzure
from tests.support.contract.ports import Ports, ports_on, wire_to
from tests.support.role import GRANTED

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
WELL, FAILING, SLOW = "7", "8", "9"
PAIRS = 6
TIMEOUT = timedelta(seconds=1)
INPUT = ProbeInput(b'{"data": [[1, 2]]}', "application/json")
INPUTS = tuple(ProbeInput(b'{"row": %d}' % row, "application/json") for row in range(40))
USUAL = Prediction(Kind.USUAL)
WRITTEN = Contract(fields={"score": FieldRule(type=JsonType.NUMBER, range=Interval(0, 1))})
QUALITY = Quality(contract=WRITTEN, probed=Labelled(metric=Metric.ACCURACY, answer="label"))


@dataclass(frozen=True)
class Bench:
    """An endpoint whose deployments answer: `green-7` well, `green-8` with 424, `green-9` late."""

    ports: Ports
    probing: Probing
    count: Callable[[bool], None]
    """Says whether the metrics count what the port sends."""

    shown: Callable[[str], float]
    """How many requests to a deployment the metrics show."""

    predicts: Callable[[str, Prediction], None]
    """How a model version predicts."""

    def warm_up(self, candidate: str) -> Warmed:
        order = WarmUpOrder(
            candidate=candidate,
            inputs=(INPUT,) * PAIRS,
            concurrency=1,
            timeout=TIMEOUT,
            within=timedelta(seconds=60),
        )
        return self.probing.warm_up(self.ports.endpoint, self.ports.seen(), order)

    def probe(self, candidate: str, *, concurrency: int = 1, first: int = 0) -> Probed:
        chosen = (INPUT,) * PAIRS
        return self.send(candidate, ProbeInputs(3, chosen), first=first, concurrency=concurrency)

    def compare(
        self, candidate: str, inputs: Sequence[ProbeInput], *twice: int, first: int = 0
    ) -> Probed:
        chosen = ProbeInputs(100, tuple(inputs))
        return self.send(
            candidate, chosen, first=first, quality=QUALITY, twice=frozenset(twice), concurrency=2
        )

    def send(self, candidate: str, inputs: ProbeInputs, **changes: Any) -> Probed:
        order = ProbeOrder(
            candidate=candidate,
            stable="blue-6",
            first=0,
            inputs=inputs,
            at=AT,
            concurrency=1,
            timeout=TIMEOUT,
            within=timedelta(seconds=60),
        )
        order = replace(order, **changes)
        return self.probing.probe(self.ports.endpoint, self.ports.seen(), order)


def of_double() -> Bench:
    wire = wire_to(World())
    ports = ports_on(wire)
    answers = {f"green-{FAILING}": ProbeAnswer(424, 5.0), f"green-{SLOW}": ProbeAnswer(0, 1000.0)}
    kinds: dict[str, Prediction] = {}
    chance = random.Random(1)  # noqa: S311 - a stub

    def body(name: str, what: ProbeInput) -> bytes:
        return predicted(kinds.get(name.partition("-")[2], USUAL), what.body, chance)

    probing = WorldProbing(
        wire, lambda name, _number: answers.get(name, ProbeAnswer(200, 5.0)), body=body
    )

    def count(counted: bool) -> None:  # noqa: FBT001 - the bench's own
        probing.addressed.counted = counted

    def shown(name: str) -> float:
        minute = wire.world.now().replace(second=0, microsecond=0)
        moments = (minute - timedelta(minutes=1), minute)
        return sum(sum(probing.addressed.of(ports.name, name, at).values()) for at in moments)

    def predicts(version: str, how: Prediction) -> None:
        kinds[version] = how

    return Bench(ports, probing, count, shown, predicts)


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
    monkeypatch = pytest.MonkeyPatch()
    # The double takes the ports of a world; here the world is the one behind the sockets.
    wire = wire_to(local.parts.world)
    ports = ports_on(wire, faults=local.parts.arm.faults, access=local.parts.arm.access)
    local.runtime.answers[FAILING] = ModelAnswer(status=500, body={"error": "boom"})
    local.runtime.answers[SLOW] = ModelAnswer(seconds=3.0)
    probing = DirectProbing(arm, credential)
    recorder = local.parts.recorder

    def count(counted: bool) -> None:  # noqa: FBT001 - the bench's own
        monkeypatch.setattr(recorder, "addressed_counted", counted)

    def shown(name: str) -> float:
        now = recorder.clock()
        return sum(
            1
            for each in recorder.requests(now - timedelta(hours=1), now + timedelta(minutes=1))
            if (each.endpoint, each.outcome.deployment) == (ports.name, name)
        )

    def predicts(version: str, how: Prediction) -> None:
        local.runtime.answers[version] = ModelAnswer(predicts=how.kind.value, share=how.share)

    given(ports)
    yield Bench(ports, probing, count, shown, predicts)
    monkeypatch.undo()
    local.runtime.answers.clear()
    local.parts.arm.faults.clear()
    local.parts.arm.access.allow_only("rollout-app", GRANTED)
    probing.close()


def given(ports: Ports) -> None:
    ports.given_endpoint()
    ports.given_deployment("blue-6", "6")
    for version in (WELL, FAILING, SLOW):
        ports.given_deployment(f"green-{version}", version)
    ports.given_split(blue_6=100)


def test_both_sides_answer_each_input_whatever_their_weights(bench: Bench) -> None:
    found = bench.probe("green-7", first=4)

    assert [each.number for each in found.seen.pairs] == list(range(4, 4 + PAIRS))
    assert {(each.candidate.status, each.stable.status) for each in found.seen.pairs} == {
        (200, 200)
    }
    assert all(min(each.candidate.took, each.stable.took) > 0 for each in found.seen.pairs)
    assert (found.seen.at, found.seen.inputs, found.seen.sent) == (AT, 3, PAIRS)
    assert found.seen.stopped == ""


def test_a_candidate_that_crashes_fails_its_side_of_each_pair(bench: Bench) -> None:
    found = bench.probe("green-8")

    assert [each.candidate.failed for each in found.seen.pairs] == [True] * PAIRS
    assert not any(each.stable.failed for each in found.seen.pairs)


def test_no_answer_in_time_is_a_failure_of_its_side(bench: Bench) -> None:
    pair = bench.probe("green-9").seen.pairs[0]

    assert (pair.candidate.status, pair.stable.status) == (0, 200)


def test_a_deployment_the_router_does_not_know_says_nothing(bench: Bench) -> None:
    found = bench.probe("green-1")

    assert (found.seen.sent, found.seen.pairs, found.seen.stopped) == (PAIRS, (), "")


@pytest.mark.parametrize("counted", [True, False])
def test_own_requests_are_what_the_metrics_show_where_they_count_them(
    bench: Bench,
    counted: bool,  # noqa: FBT001 - a table's column
) -> None:
    bench.count(counted)
    found = bench.probe("green-8")

    own = sum(sum(each.candidate.values()) for each in found.own)
    assert own == PAIRS
    assert bench.shown("green-8") == (own if counted else 0)


@pytest.mark.parametrize(("candidate", "status"), [("green-7", "200"), ("green-8", None)])
def test_warm_up_requests_reach_the_candidate_alone(
    bench: Bench, candidate: str, status: str | None
) -> None:
    before = bench.shown("blue-6"), bench.shown(candidate)
    found = bench.warm_up(candidate)

    assert (found.answered, found.stopped) == (PAIRS, "")
    assert [each.stable for each in found.own] == [{}] * len(found.own)
    counts = [each.candidate for each in found.own]
    assert sum(sum(each.values()) for each in counts) == PAIRS
    assert status is None or {*counts[0]} == {status}
    assert (bench.shown("blue-6"), bench.shown(candidate)) == (before[0], before[1] + PAIRS)


def test_warming_up_stops_where_the_candidate_is_not_reached(bench: Bench) -> None:
    found = bench.warm_up("green-1")

    assert (found.answered, found.own) == (0, ())
    assert found.stopped


def answers(found: Probed) -> list[AnswerPair]:
    compared = [each.answers for each in found.seen.pairs]
    assert None not in compared
    return [each for each in compared if each is not None]


WORDS = {
    Kind.NULL: ("null at 'score'", "score: number -> null"),
    Kind.NAN: ("NaN at 'score'", "score: number"),
    Kind.OUT_OF_RANGE: ("out of range at 'score'", "score: number"),
    Kind.ERROR: ("has 'error'", "label: number -> missing"),
    Kind.SWALLOWED: ("null at 'score'", "label: number -> null"),
    Kind.LOST: ("no 'score'", "score: number -> missing"),
}


@pytest.mark.parametrize("kind", WORDS)
def test_what_no_release_is_meant_to_answer_is_a_fault_of_its_side(
    bench: Bench, kind: Kind
) -> None:
    bench.predicts("6", USUAL)
    bench.predicts(WELL, Prediction(kind))

    (found,) = answers(bench.compare("green-7", INPUTS[:1]))

    assert (found.candidate.fault, found.change) == WORDS[kind]
    assert (found.differs, found.stable.fault) == (True, "")


def test_what_is_added_to_an_answer_is_no_difference(bench: Bench) -> None:
    bench.predicts("6", USUAL)
    bench.predicts(WELL, Prediction(Kind.ADDED))

    found = answers(bench.compare("green-7", INPUTS, first=70))

    assert [each.input for each in found] == [*range(70, 100), *range(10)]
    assert not any(each.differs or each.change or each.candidate.fault for each in found)
    assert len({each.stable.key for each in found}) == len(INPUTS)


def test_a_label_that_changed_is_quoted_and_scored(bench: Bench) -> None:
    bench.predicts("6", USUAL)
    bench.predicts(WELL, Prediction(Kind.FLIPPED, 0.2))
    labelled = [replace(each, label=right_label(each.body)) for each in INPUTS]

    found = answers(bench.compare("green-7", labelled))

    changes = [each.change for each in found if each.differs]
    assert 0 < len(changes) < len(INPUTS) / 2
    assert set(changes) <= {"label 0 -> 1", "label 1 -> 0"}
    for each in found:
        assert {each.candidate.loss, each.stable.loss} <= {0.0, 1.0}
        assert (each.candidate.loss != each.stable.loss) is each.differs


def test_what_a_sample_request_expects_is_asked_of_its_own_answers(bench: Bench) -> None:
    bench.predicts("6", USUAL)
    bench.predicts(WELL, USUAL)
    expects = replace(INPUTS[0], expect=Expectation(present=("probability",)))

    found = answers(bench.compare("green-7", [expects, INPUTS[1]]))

    assert [bool(each.candidate.fault) for each in found] == [True, False]


def test_stable_is_asked_twice_where_that_is_wanted(bench: Bench) -> None:
    before = bench.shown("green-7"), bench.shown("blue-6")
    bench.predicts("6", Prediction(Kind.RANDOM))
    bench.predicts(WELL, USUAL)

    found = bench.compare("green-7", INPUTS, *range(20))

    again = [each.again for each in answers(found)]
    assert again[20:] == [None] * 20
    assert {True, False} == set(again[:20])
    asked = [
        sum(sum(side.values()) for side in sides)
        for sides in (
            [each.candidate for each in found.own],
            [each.stable for each in found.own],
        )
    ]
    assert asked == [40, 60]
    now = bench.shown("green-7"), bench.shown("blue-6")
    assert [mine - theirs for mine, theirs in zip(now, before, strict=True)] == asked


@pytest.mark.parametrize("version", [FAILING, SLOW])
def test_a_side_that_fails_by_its_status_has_no_answer_to_compare(
    bench: Bench, version: str
) -> None:
    found = bench.compare(f"green-{version}", INPUTS[:1])

    assert [each.answers for each in found.seen.pairs] == [None]


def test_keys_that_may_not_be_listed_are_said_to_be_a_missing_right(bench: Bench) -> None:
    bench.ports.allow("*/read")

    with pytest.raises(AccessDeniedError, match="listKeys"):
        bench.probe("green-7")


def test_keys_that_cannot_be_listed_now_keep_a_pass_from_probing(bench: Bench) -> None:
    name = "endpoints.listKeys" if isinstance(bench.probing, DirectProbing) else "probing.probe"
    bench.ports.faults.add(name, Fault(503))

    with pytest.raises(ArmUnavailableError):
        bench.probe("green-7")


def test_what_a_deployment_cannot_take_at_once_stops_the_pass(
    local_azure: LocalAzure, arm: Arm, credential: ManagedIdentityCredential
) -> None:
    """An instance takes two requests at a time; the third is a 429."""
    wire = wire_to(local_azure.parts.world)
    ports = ports_on(wire)
    given(ports)
    local_azure.runtime.answers[WELL] = ModelAnswer(seconds=0.5)
    probing = DirectProbing(arm, credential)
    try:
        bench = Bench(
            ports, probing, lambda _counted: None, lambda _name: 0.0, lambda _version, _how: None
        )
        found = bench.probe("green-7", concurrency=PAIRS)
    finally:
        local_azure.runtime.answers.clear()
        probing.close()

    assert found.seen.stopped.startswith("429 from the ")
    assert len(found.seen.pairs) < found.seen.sent

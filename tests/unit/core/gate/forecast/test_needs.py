"""Where a stage's evidence comes from, by traffic and inputs."""

from datetime import timedelta
from math import inf

import pytest

from rollout.core.gate import NONE
from rollout.core.gate.forecast.needs import EVIDENT, Place, Probing
from rollout.core.gate.forecast.planner import BAKE_STEP, Terms, plan
from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Policy, Stage
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.outlook import EvidenceFrom
from tests.support.forecasts import STAGES, known

LIVE, PROBES = EvidenceFrom.LIVE, EvidenceFrom.PROBES
BOTH, NOWHERE = EvidenceFrom.BOTH, EvidenceFrom.NOWHERE
DAY = timedelta(hours=22)
"""Of the default deadline, less what comes before the first weight."""


def probing(inputs: int, **changes: object) -> Probing:
    return Probing(Probes(**changes), inputs, len(STAGES))  # type: ignore[arg-type]


def sources(per_minute: float, inputs: int) -> list[EvidenceFrom]:
    of = known(per_minute, 0.005) if per_minute else dict(NONE)
    return [each.source for each in plan(GatePolicy(), of, STAGES, Terms(probing(inputs))).stages]


@pytest.mark.parametrize(
    ("per_minute", "inputs", "expected"),
    [
        (0.1, 40, [PROBES] * 3),
        (10, 40, [PROBES, PROBES, BOTH]),
        (100, 40, [BOTH, LIVE, LIVE]),
        (1000, 40, [LIVE] * 3),
        (1000, 0, [LIVE] * 3),
        (1, 1, [NOWHERE] * 3),
        (0, 1, [NOWHERE] * 3),
        (0, 100, [PROBES] * 3),
        (5, 1, [NOWHERE, NOWHERE, LIVE]),
    ],
)
def test_a_stages_evidence_comes_from_what_there_is(
    per_minute: float, inputs: int, expected: list[EvidenceFrom]
) -> None:
    assert sources(per_minute, inputs) == expected


def test_what_neither_gives_alone_both_may() -> None:
    """Few inputs bring most of the evidence on failures, and live requests the rest."""
    of = known(16, 0.005)
    stage = Place.of(GatePolicy(latency=None), of, Stage(10))
    few = probing(14)
    assert stage.needs()[-1].chance < EVIDENT
    assert stage.without_traffic.needs(few)[-1].chance < EVIDENT
    assert stage.source(few) is BOTH


@pytest.mark.parametrize(
    ("when", "inputs", "requests", "sent"),
    [
        (ProbesWhen.AUTO, 1, 19.0, True),
        (ProbesWhen.AUTO, 1, 20.0, False),
        (ProbesWhen.AUTO, 0, 1.0, False),
        (ProbesWhen.ALWAYS, 1, 20.0, True),
        (ProbesWhen.NEVER, 1, 1.0, False),
    ],
)
def test_probes_are_foreseen_where_they_would_be_sent(
    when: ProbesWhen, inputs: int, requests: float, *, sent: bool
) -> None:
    assert (probing(inputs, when=when).at(requests) is not None) is sent


def test_a_stage_may_use_the_pairs_that_the_others_do_not_need() -> None:
    assert probing(40).sent(120) == 3000 - 2 * 400
    assert probing(40).sent(10) == 200
    assert probing(100).sent(120) == 2000


@pytest.mark.parametrize(("repeats", "measured"), [(5, 0.906), (8, 0.995), (10, 1.0)])
def test_the_chance_of_probes_alone_is_near_what_was_measured(
    repeats: int, measured: float
) -> None:
    """Only the last pass counts in the forecast, so that it is somewhat lower."""
    alone = Probing(Probes(repeats=repeats), 40, 1)
    needs = Place.of(GatePolicy(), known(1, 0.005), Stage(10)).needs(alone)
    assert measured - 0.25 < min(each.chance for each in needs) <= measured + 0.01


def test_the_least_requests_are_reached_with_probes_and_without() -> None:
    quiet = Place.of(GatePolicy(), known(10, 0.005), Stage(10))
    minutes = {each.name: each.minutes for each in quiet.needs()}
    with_many = {each.name: each.minutes for each in quiet.needs(probing(40))}
    with_one = {each.name: each.minutes for each in quiet.needs(probing(1))}
    assert minutes["requests"] == pytest.approx(50)
    assert with_many["requests"] == pytest.approx(50 / 21)
    assert with_one["requests"] == pytest.approx(40)
    assert {each.minutes for each in quiet.without_traffic.needs() if each.name != "P50"} == {inf}


def test_a_longer_bake_is_chosen_where_it_gives_every_stage_its_evidence() -> None:
    longer = plan(GatePolicy(), known(30, 0.005), STAGES, Terms(room=DAY))
    assert GatePolicy().max_bake < longer.max_bake <= timedelta(hours=4)
    assert {each.source for each in longer.stages} == {LIVE}
    shorter = GatePolicy(max_bake=longer.max_bake - BAKE_STEP)
    found = plan(shorter, known(30, 0.005), STAGES)
    assert NOWHERE in {each.source for each in found.stages}


@pytest.mark.parametrize(
    ("per_minute", "room"),
    [(30, None), (30, timedelta(hours=6)), (1000, DAY), (1, DAY)],
    ids=["written", "no room", "needless", "no help"],
)
def test_otherwise_the_policys_bake_stands(per_minute: float, room: timedelta | None) -> None:
    found = plan(GatePolicy(), known(per_minute, 0.005), STAGES, Terms(room=room))
    assert found.max_bake == GatePolicy().max_bake


def test_all_stages_fit_into_the_default_deadline_at_any_traffic() -> None:
    policy = Policy("service", "endpoint", "model")
    for per_minute in (0.1, 1, 5, 10, 30, 100):
        for inputs in (0, 1, 40):
            terms = Terms(probing(inputs), DAY, if_clean=True)
            found = plan(policy.gate, known(per_minute, 0.005), policy.stages, terms)
            whole = found.max_bake + policy.gate.settle + policy.gate.ingestion_delay
            assert len(policy.stages) * whole <= DAY


def test_stages_without_evidence_pass_if_clean_and_end_then() -> None:
    quiet = known(1, 0.005)
    held = plan(GatePolicy(), quiet, STAGES, Terms(probing(1)))
    clean = plan(GatePolicy(), quiet, STAGES, Terms(probing(1), if_clean=True))
    assert (held.satisfiable, held.unproven) == (False, False)
    assert (clean.satisfiable, clean.unproven) == (True, True)
    assert clean.minutes == pytest.approx(3 * 127)


def test_where_the_metrics_fall_silent_nothing_passes_for_being_clean() -> None:
    silent = plan(GatePolicy(), known(0.05, 0.005), STAGES, Terms(if_clean=True))
    assert not silent.unproven
    assert "Probes end such silence." in silent.warnings[-1]
    asked = plan(GatePolicy(), known(0.05, 0.005), STAGES, Terms(probing(1), if_clean=True))
    assert asked.unproven


def test_without_traffic_probes_are_planned_alone() -> None:
    found = plan(GatePolicy(), dict(NONE), STAGES, Terms(probing(100)))
    assert [each.rise for each in found.stages] == [None] * 3
    assert found.satisfiable
    assert found.document()["stages"][0]["evidenceFrom"] == "probes"
    assert plan(GatePolicy(), dict(NONE), STAGES, Terms(probing(0))).stages == ()


def test_too_small_a_most_is_no_lack_of_inputs() -> None:
    found = plan(GatePolicy(), known(1, 0.005), STAGES, Terms(probing(100, max=60)))
    assert {each.source for each in found.stages} == {NOWHERE}
    assert not any("distinct inputs" in each for each in found.warnings)


def test_a_limit_without_room_is_foreseen_as_nowhere() -> None:
    strict = GatePolicy(errors=ErrorsCheck(limit=Margin(1.0, 0.0)), settle_requests=0)
    place = Place.of(strict, known(1, 0.005), Stage(10))
    assert place.source(probing(100)) is NOWHERE
    assert place.needs(Probing(Probes(max=0), 100, 1))[-1].chance == 0.0

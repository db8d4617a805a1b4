"""What a stage can know of predictions, compared with the gate that will judge them."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import log
from typing import Any

import pytest

from rollout.core.gate import NONE, begin_stage, fold_predictions, fold_probes, opened
from rollout.core.gate.forecast.needs import Place, Probing
from rollout.core.gate.forecast.predictions import (
    LOOKS_BEFORE_TRAFFIC,
    Needed,
    PredictionsAhead,
    predictions_ahead,
)
from rollout.core.gate.judging.state import State
from rollout.core.machine.probing import LOOKS_AT_ZERO
from rollout.core.policy.gate_model import GatePolicy
from rollout.core.policy.model import Stage
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import (
    Difference,
    Labelled,
    Live,
    Metric,
    Output,
    Quality,
)
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from rollout.core.records.probes import ProbeAnswer, ProbePair, ProbesSeen
from tests.support.gate_builders import MINUTE, START

GATE = GatePolicy(latency=None, correlation_floor=0.0)
KNOWN = {
    "rules": NONE["rules"],
    "minutes": 1440,
    "hours": 24.0,
    "per_minute": 100.0,
    "errors": {"bad": 50.0, "requests": 10_000.0, "scale": 1.0, "correlation": 0.0},
    "rejected": {"bad": 0.0, "requests": 10_000.0, "scale": 1.0, "correlation": 0.0},
    "latency": None,
}
LIVE = Live(outputs=(Output("score"),))
EVERYTHING = Quality(probed=Labelled(Metric.ACCURACY), live=LIVE)
OK = ProbeAnswer(200, 20.0)
EDGES = tuple(float(each) for each in range(1, 10))


def ahead(
    quality: Quality = EVERYTHING,
    *,
    inputs: int = 40,
    probes: Probes | None = None,
    per_minute: float = 100.0,
    weight: int = 10,
    index: int = 0,
) -> PredictionsAhead:
    known = {**KNOWN, "per_minute": per_minute}
    place = Place.of(GATE, known, Stage(weight), index)
    probing = None if probes is None and not inputs else Probing(probes or Probes(), inputs, 3)
    return predictions_ahead(place, index, quality, probing)


def needed(found: Needed | None) -> Needed:
    assert found is not None
    return found


def compared(inputs: int, differing: int = 0, worse: int = 0, quality: Quality = EVERYTHING) -> Any:
    """What the gate knows after so many inputs, some answered differently, or worse, evenly."""
    spread = [number * max(differing, worse) // inputs for number in range(inputs + 1)]
    bad = [later > now for now, later in pairwise(spread)]
    state: Any = begin_stage(opened(GATE, KNOWN, 360.0), 0, 10)
    for first in range(0, inputs, 20):
        pairs = tuple(
            ProbePair(
                number,
                OK,
                OK,
                AnswerPair(
                    number,
                    Answer(key=f"{number % 3}", loss=float(bool(worse) and bad[number])),
                    Answer(key=f"{number % 3}", loss=0.0),
                    differs=bool(differing) and bad[number],
                    again=False if number < 10 or number % 10 == 0 else None,
                ),
            )
            for number in range(first, min(first + 20, inputs))
        )
        seen = ProbesSeen(START + first * MINUTE, 5000, len(pairs), pairs)
        state = fold_probes(GATE, Probes(), state, seen, quality)
    return State.load(state).quality


def test_as_many_like_answers_as_the_gate_asks_for_let_a_stage_pass() -> None:
    to_pass = needed(ahead(inputs=1000).pairs).to_pass
    assert to_pass is not None
    enough = compared(int(to_pass)).answers.ln_proof
    one_less = compared(int(to_pass) - 1).answers.ln_proof
    assert one_less < log(20) <= enough


def test_a_small_set_passes_once_all_of_it_was_compared() -> None:
    assert needed(ahead(inputs=12).pairs).to_pass == 12


def test_more_inputs_show_smaller_differences() -> None:
    found = [needed(ahead(inputs=inputs).pairs).finds for inputs in (2, 40, 200, 1000)]
    assert found[0] is None
    shares = [each for each in found if each is not None]
    assert shares == sorted(shares, reverse=True)
    assert 0.05 < shares[-1] < 0.1 < shares[0] < 0.3


def test_the_difference_that_is_seen_is_the_one_that_holds() -> None:
    finds = needed(ahead(inputs=200).pairs).finds
    assert finds is not None
    harm = compared(200, differing=round(200 * finds * 1.3)).answers.ln_harm
    assert harm > 5.3 > compared(200, differing=round(200 * finds * 0.7)).answers.ln_harm


def test_what_is_meant_to_differ_needs_nothing_to_pass() -> None:
    found = ahead(Quality(Difference.EXPECTED), per_minute=10.0)
    assert needed(found.pairs).to_pass is None
    assert found.labelled is found.outputs is found.bodies is None


def test_probes_are_sent_at_any_traffic_where_answers_decide_or_are_scored() -> None:
    expected = Quality(Difference.EXPECTED)
    assert ahead(expected, per_minute=1000.0).pairs is None
    scored = replace(expected, probed=Labelled(Metric.ACCURACY))
    assert ahead(scored, per_minute=1000.0).labelled is not None
    assert ahead(Quality(), per_minute=1000.0).pairs is not None


@pytest.mark.parametrize(
    "probing", [{"inputs": 0}, {"probes": Probes(when=ProbesWhen.NEVER)}], ids=["no input", "never"]
)
def test_without_probes_no_answers_are_compared(probing: Any) -> None:
    found = ahead(**probing)
    assert found.pairs is found.labelled is None


def test_inputs_go_on_being_compared_from_stage_to_stage() -> None:
    slow = Probes(rate=1, max=10_000)
    counts = [needed(ahead(inputs=500, probes=slow, index=index).pairs).has for index in (0, 1)]
    hours = GATE.max_bake / timedelta(minutes=1)
    assert counts == [LOOKS_BEFORE_TRAFFIC + hours, LOOKS_BEFORE_TRAFFIC + 2 * hours]
    few = Probes(rate=1, max=60)
    assert needed(ahead(inputs=500, probes=few, index=2).pairs).has == 60


def test_the_looks_before_the_first_weight_are_those_of_the_machine() -> None:
    assert LOOKS_BEFORE_TRAFFIC == LOOKS_AT_ZERO


def test_labels_take_more_inputs_than_answers_and_show_smaller_losses() -> None:
    found = ahead(inputs=1000)
    labels, answers = needed(found.labelled), needed(found.pairs)
    assert labels.to_pass is not None
    assert answers.to_pass is not None
    assert labels.to_pass > 5 * answers.to_pass
    assert labels.finds is not None
    assert 0.02 < labels.finds < 0.05


def test_a_loss_that_is_seen_is_one_that_holds() -> None:
    finds = needed(ahead(inputs=400).labelled).finds
    assert finds is not None
    found = compared(400, worse=round(400 * finds * 1.2)).losses
    assert found.process.ln_wealth > 5.3


def collected(minutes: int, apart: float) -> float:
    """ln of the odds of the gate after so many minutes of outputs so far apart."""
    state: Any = begin_stage(opened(GATE, KNOWN, 360.0), 0, 10)
    quality, bins = Quality(live=LIVE), (Bins("score", edges=EDGES),)
    few = [round(100 * (1 - apart) / 10)] * 5 + [round(100 * (1 + apart) / 10)] * 5
    for minute in range(minutes):
        batch = Batch(
            START + minute * MINUTE,
            SideBatch(100, 0, {"score": tuple(few)}, {"score": 0}),
            SideBatch(900, 0, {"score": (90,) * 10}, {"score": 0}),
        )
        state = fold_predictions(GATE, quality, state, PredictionsSeen((batch,), bins))
    memory = State.load(state).quality
    assert memory is not None
    assert memory.live is not None
    return memory.live.ln_outputs


def test_a_shift_of_the_outputs_takes_as_many_as_the_gate_needs() -> None:
    """At 100 a minute; five tenths of stable's outputs become seven."""
    to_pass = needed(ahead(per_minute=1000.0).outputs).to_pass
    assert to_pass is not None
    minutes = to_pass / 100
    assert collected(round(2 * minutes), 0.4) > 5.3 > collected(round(minutes / 2), 0.4)


def test_more_traffic_shows_smaller_shifts_and_fewer_bad_answers() -> None:
    found = [ahead(per_minute=traffic) for traffic in (1.0, 10.0, 100.0, 1000.0)]
    shifts = [needed(each.outputs).finds for each in found]
    bad = [needed(each.bodies).finds for each in found]
    assert shifts[0] is None
    assert [each for each in shifts[1:] if each] == sorted(
        (each for each in shifts[1:] if each), reverse=True
    )
    assert [each for each in bad if each] == sorted((each for each in bad if each), reverse=True)
    assert needed(found[1].outputs).has == pytest.approx(120, rel=0.01)


def test_only_collected_requests_count() -> None:
    all_of_them = needed(ahead().outputs)
    some = needed(ahead(replace(EVERYTHING, live=replace(LIVE, sampling=0.1))).outputs)
    assert some.has == pytest.approx(all_of_them.has / 10)
    assert some.finds is not None
    assert all_of_them.finds is not None
    assert some.finds > all_of_them.finds


def test_without_stable_outputs_are_not_compared() -> None:
    found = ahead(weight=100)
    assert needed(found.outputs).finds is needed(found.outputs).to_pass is None
    assert needed(found.bodies).finds is None


def test_an_output_that_may_be_anything_is_never_found() -> None:
    anything = replace(EVERYTHING, live=Live(outputs=(Output("score", tolerance=0.99),)))
    found = needed(ahead(anything).outputs)
    assert found.finds is None
    assert found.document()["toPass"] is None


def test_without_outputs_only_bodies_are_told_of() -> None:
    found = ahead(Quality(live=Live()))
    assert found.outputs is None
    assert found.bodies is not None
    assert ahead(per_minute=0.0).bodies is None


def test_a_forecast_is_json() -> None:
    document = ahead(inputs=40).document()
    assert document["pairs"] == {
        "has": 40,
        "toPass": 35,
        "finds": pytest.approx(0.238, abs=0.01),
    }
    assert set(document) == {"pairs", "labelledRows", "outputs", "bodies"}
    assert PredictionsAhead().document()["outputs"] is None
    assert Needed(1.0, float("inf"), None).document() == {"has": 1, "toPass": None, "finds": None}

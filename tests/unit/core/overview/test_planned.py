"""What a plan says of what the app itself sends: probes and a golden set."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.gate.forecast import planner
from rollout.core.gate.forecast.planner import NoPlan
from rollout.core.overview.planned import Planned, planned, planned_golden, planned_probes
from rollout.core.policy.model import OnInconclusive, Policy
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality
from tests.support.builders import KNOWN_OF_STABLE

GOLDEN = Golden("golden.jsonl", Labelled(Metric.ACCURACY, "label", "y"))
POLICY = Policy(
    "fraud", "fraud", "fraud-model", probes=Probes("in.jsonl"), quality=Quality(golden=GOLDEN)
)


def a_plan(policy: Policy = POLICY, inputs: int = 200, rows: int = 240) -> Planned:
    found = planned(policy, KNOWN_OF_STABLE, inputs, rows)
    assert isinstance(found, Planned)
    return found


def test_a_plan_says_how_long_probes_take_or_that_they_never_suffice() -> None:
    few = planned_probes(POLICY, 2)
    assert few is not None
    assert few.sentence == "probes: 2 inputs; without live traffic they never prove a stage"
    assert few.document() == {"inputs": 2, "minutes": None}
    many = planned_probes(POLICY, 200)
    assert many is not None
    assert 10 < many.minutes < 20
    assert many.sentence.startswith(
        "probes: 200 inputs; without live traffic they prove a stage in"
    )
    assert many.document()["minutes"] == round(many.minutes, 1)
    assert not many.lack


@pytest.mark.parametrize("probes", [None, Probes("in.jsonl", when=ProbesWhen.NEVER)])
def test_nothing_is_said_of_probes_that_are_not_sent(probes: Probes | None) -> None:
    assert planned_probes(replace(POLICY, probes=probes), 200) is None
    assert planned_probes(POLICY, 0) is None


def test_a_golden_set_is_told_with_what_a_share_of_it_says() -> None:
    found = planned_golden(POLICY, 240)
    assert found is not None
    assert found.sentence == (
        "golden set: 240 rows, sent in about 2 min; a share of 90% of them right says "
        "85.5% to 93.5%"
    )
    assert found.document() == {"rows": 240, "minutes": 2, "knownTo": [0.8549, 0.9349]}


def test_a_metric_that_is_no_share_has_no_interval_before_it_is_measured() -> None:
    labelled = replace(GOLDEN, labelled=Labelled(Metric.MAE, "label", "y"))
    found = planned_golden(replace(POLICY, quality=Quality(golden=labelled)), 60)
    assert found is not None
    assert found.sentence == "golden set: 60 rows, sent in about 0 min"
    assert found.document()["knownTo"] is None


def test_nothing_is_said_of_a_golden_set_that_is_not_there() -> None:
    assert planned_golden(POLICY, 0) is None
    assert planned_golden(replace(POLICY, quality=None), 9) is None


def test_a_plan_has_a_sentence_for_each_kind_that_is_sent() -> None:
    both = a_plan()
    assert [each.split(":")[0] for each in both.sentences] == ["probes", "golden set"]
    assert both.document()["golden"]["rows"] == 240
    neither = a_plan(replace(POLICY, probes=None), rows=0)
    assert neither.sentences == ()
    assert (neither.document()["probes"], neither.document()["golden"]) == (None, None)


def test_a_deadline_that_the_stages_exceed_is_warned_of() -> None:
    short = a_plan(replace(POLICY, deadline=timedelta(minutes=5)))
    assert any("than the deadline of 5 min" in each for each in short.warnings)
    assert short.document()["warnings"] == list(short.warnings)
    assert not any("deadline" in each for each in a_plan().warnings)


def test_a_plan_is_told_in_one_sentence() -> None:
    assert a_plan().says.startswith("At 900 requests a minute a good candidate ")
    assert "passes every stage in about" in a_plan().says
    hopeless = replace(POLICY.gate, min_requests=10**6, max_bake=timedelta(minutes=30))
    strict = replace(POLICY, gate=hopeless, probes=None, on_inconclusive=OnInconclusive.HOLD)
    assert "does not pass every stage" in a_plan(strict).says
    silent = planned(replace(POLICY, probes=None), {**KNOWN_OF_STABLE, "per_minute": 0.0}, 0)
    assert isinstance(silent, Planned)
    assert silent.says.startswith("Stable had no request")


def test_a_forecast_that_fails_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(planner, "forecast", fails)
    found = planned(POLICY, KNOWN_OF_STABLE, 200)
    assert isinstance(found, NoPlan)
    assert "the forecast failed (ZeroDivisionError" in found.why

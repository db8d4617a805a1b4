"""What operators see of what both sides answered before any traffic."""

from dataclasses import replace
from datetime import timedelta

from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality
from rollout.core.predictions.golden_scores import folded
from rollout.core.records.examination import (
    Examination,
    ExamPair,
    ExamStep,
    ExamVerdict,
    Marked,
)
from rollout.core.records.phases import Phase
from rollout.inbound.exam_views import exam_view
from tests.support.builders import POLICY, a_rollout

GOLDEN = Golden("golden.jsonl", Labelled(Metric.ACCURACY), least=0.9)
SENT = [ExamPair(n, 1, Marked(True, float(n < 2)), Marked(True, 0.0)) for n in range(20)]


def test_a_rollout_that_was_not_examined_shows_nothing() -> None:
    assert exam_view(a_rollout(Phase.BAKING)) == {"golden": None, "contract": None, "flavors": []}


def test_progress_scores_intervals_limits_and_verdict_are_shown() -> None:
    exam = Examination(
        ExamStep.GOLDEN,
        timedelta(0),
        done=20,
        total=20,
        checked=20,
        scores=folded(Metric.ACCURACY, {}, SENT),
        verdict=ExamVerdict.FAILED,
        text="two of twenty",
    )
    policy = replace(POLICY, quality=Quality(golden=GOLDEN))
    rollout = a_rollout(
        Phase.VALIDATING, policy=policy, exam=exam, flavors=("a: b_version 1 -> 2",)
    )

    view = exam_view(rollout)

    golden = view["golden"]
    assert (golden["rows"], golden["sent"]) == (20, 20)
    assert (golden["candidate"]["value"], golden["stable"]["value"]) == (0.9, 1.0)
    assert golden["candidate"]["interval"] == [0.683017, 0.987651]
    assert golden["limits"] == {"least": 0.9, "most": None, "worseBy": 0.01}
    assert (golden["verdict"], golden["text"]) == ("failed", "two of twenty")
    assert "sums" not in golden
    assert view["contract"] == {
        "learntFrom": 0,
        "answers": 20,
        "paths": [],
        "broken": [],
        "missed": None,
    }
    assert view["flavors"] == ["a: b_version 1 -> 2"]

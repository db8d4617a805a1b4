"""Collected outputs become counts, and nothing else."""

import json
import sys
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.policy.expectation import Expectation, Interval
from rollout.core.policy.quality_model import Live, Output, OutputKind
from rollout.core.predictions.outputs import (
    LEAST_LEARNT,
    MAX_CLASSES,
    class_name,
    counted,
    deciles,
    learn_bins,
    usual,
)
from rollout.core.records.predictions import Bins, SideBatch
from tests.unit.core.predictions.test_comparing_properties import ANSWERS

SCORE, LABEL = Output("score"), Output("label", OutputKind.LABEL)
LIVE = Live(outputs=(SCORE, LABEL))


def rows(count: int = LEAST_LEARNT) -> list[dict[str, Any]]:
    return [
        {"score": each / count, "label": "ok" if each % 4 else "fraud"} for each in range(count)
    ]


def learnt(live: Live, documents: list[Any]) -> tuple[Bins, ...]:
    bins = learn_bins(live, documents)
    assert bins is not None
    return bins


def test_bins_are_learnt_once_there_are_enough_answers() -> None:
    assert learn_bins(LIVE, rows(LEAST_LEARNT - 1)) is None
    score, label = learnt(LIVE, rows())

    assert score == Bins("score", edges=tuple(each / 10 for each in range(1, 10)))
    assert label == Bins("label", classes=("ok", "fraud"))
    assert (score.size, label.size) == (10, 3)


def test_stable_s_own_answers_fill_its_deciles_alike() -> None:
    documents = rows(200)
    batch = counted(LIVE, learnt(LIVE, documents), documents)

    assert batch == SideBatch(
        200, 0, {"score": (20,) * 10, "label": (150, 50, 0)}, {"score": 0, "label": 0}
    )


def test_a_number_that_is_common_has_a_bin_of_its_own() -> None:
    documents = [{"score": 0.0}] * 60 + [{"score": each / 40} for each in range(1, 41)]
    (bins,) = learnt(Live(outputs=(SCORE,)), documents)
    batch = counted(Live(outputs=(SCORE,)), (bins,), [{"score": 0}, {"score": 1e-9}, {"score": -1}])

    assert batch.counts["score"][:3] == (1, 1, 1)
    assert len(bins.edges) <= 9


def test_a_constant_number_leaves_bins_below_and_above_it() -> None:
    assert deciles([0.5] * 100) == [0.5, pytest.approx(0.5)]
    assert len(set(deciles([0.5] * 100))) == 2
    assert deciles([]) == []
    assert deciles([sys.float_info.max] * 100) == [sys.float_info.max]


@pytest.mark.parametrize(
    "value",
    [None, nan, inf, 10**400, "0.5", True, {"a": 1}],
)
def test_what_is_no_number_is_odd(value: Any) -> None:
    bins = learnt(LIVE, rows())
    batch = counted(LIVE, bins, [{"score": value, "label": "ok"}, {"label": "ok"}])

    assert batch.odd == {"score": 2, "label": 0}
    assert sum(batch.counts["score"]) == 0


def test_a_number_out_of_the_policy_s_range_is_odd() -> None:
    live = Live(outputs=(Output("score", range=Interval(0, 1)),))
    batch = counted(live, learnt(live, rows()), [{"score": 1.0}, {"score": 1.1}, {"score": -0.1}])

    assert batch.odd == {"score": 2}


@pytest.mark.parametrize(
    ("value", "name"),
    [("ok", "ok"), (1, "1"), (1.0, "1"), (True, "true"), (0.5, "0.5"), ("", '""')],
)
def test_a_label_is_counted_by_its_text(value: Any, name: str) -> None:
    assert usual(LABEL, value) == name


@pytest.mark.parametrize("value", [None, nan, {"a": 1}])
def test_what_is_no_label_is_odd(value: Any) -> None:
    assert usual(LABEL, value) is None
    assert counted(LIVE, learnt(LIVE, rows()), [{"label": value}]).odd["label"] == 1


def test_labels_that_stable_hardly_has_are_not_kept_by_name() -> None:
    documents = [{"label": f"person{each}"} for each in range(96)] + [{"label": "ok"}] * 5
    (bins,) = learnt(Live(outputs=(LABEL,)), documents)

    assert bins.classes == ("ok",)
    batch = counted(Live(outputs=(LABEL,)), (bins,), documents)
    assert batch.counts["label"] == (5, 96)


def test_only_the_most_common_labels_are_kept() -> None:
    documents = [{"label": each % 12} for each in range(240)]
    (bins,) = learnt(Live(outputs=(LABEL,)), documents)

    assert len(bins.classes) == MAX_CLASSES


def test_a_long_or_secret_label_is_redacted_alike_when_learnt_and_counted() -> None:
    secret = {"label": "password=hunter2" + "x" * 100}
    live = Live(outputs=(LABEL,))
    (bins,) = learnt(live, [secret] * 100)

    assert "hunter2" not in bins.classes[0]
    assert len(bins.classes[0]) <= 60
    assert counted(live, (bins,), [secret]).counts["label"] == (1, 0)
    assert class_name("short1") == "short1"


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("score", {"score": [0.05, [0.15, 0.95]]}),
        ("[*].score", [{"score": 0.05}, {"score": 0.15}, {"score": 0.95}]),
        ("$", [0.05, 0.15, 0.95]),
        ("$", json.dumps([0.05, 0.15, 0.95])),
        ("[0].scores", [{"scores": [0.05, 0.15, 0.95]}]),
    ],
)
def test_the_items_of_lists_count_one_by_one(path: str, document: Any) -> None:
    live = Live(outputs=(Output(path),))
    bins = Bins(path, edges=tuple(each / 10 for each in range(1, 10)))
    batch = counted(live, (bins,), [document])

    assert batch.counts[path] == (1, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    assert batch.answers == 1


def test_an_answer_with_several_odd_items_is_odd_once() -> None:
    live = Live(outputs=(SCORE,))

    assert counted(live, (Bins("score"),), [{"score": [None, None]}]).odd == {"score": 1}
    assert counted(live, (Bins("score"),), [{"score": []}]).odd == {"score": 0}


def test_an_output_that_stable_never_has_gets_one_bin() -> None:
    live = Live(outputs=(Output("nowhere"), Output("nobody", OutputKind.LABEL)))
    bins = learnt(live, rows())

    assert bins == (Bins("nowhere"), Bins("nobody"))
    assert counted(live, bins, rows(5)).odd == {"nowhere": 5, "nobody": 5}


def test_answers_that_do_not_meet_what_is_expected_have_failed() -> None:
    live = Live(outputs=(SCORE,), expect=Expectation(absent=("error",)))
    batch = counted(live, (), [{"score": 1}, {"error": "x"}, "oops", [1]])

    assert batch == SideBatch(4, 3, {}, {})


def test_bins_of_an_output_that_the_policy_has_no_longer_are_left_out() -> None:
    batch = counted(Live(outputs=(SCORE,)), (Bins("gone"), Bins("score")), [{"score": 1}])

    assert batch.counts == {"score": (1,)}


@settings(max_examples=30, deadline=None)
@given(st.lists(ANSWERS, max_size=6), st.sampled_from(["score", "$", "[*]", "a[*].b"]))
def test_every_value_is_counted_or_odd(documents: list[Any], path: str) -> None:
    live = Live(outputs=(Output(path, OutputKind.LABEL), Output(path, OutputKind.NUMBER)))
    bins = learnt(live, documents * LEAST_LEARNT if documents else [0] * LEAST_LEARNT)
    batch = counted(Live(outputs=live.outputs[:1]), bins[:1], documents)

    assert batch.answers == len(documents)
    assert 0 <= batch.odd[path] <= len(documents)
    assert json.dumps([bins[0].classes, bins[1].edges], allow_nan=False).encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=200))
def test_borders_rise_and_no_bin_holds_many_numbers(
    numbers: list[float],
) -> None:
    edges = deciles(sorted(numbers))
    bins = Bins("score", edges=tuple(edges))
    batch = counted(Live(outputs=(SCORE,)), (bins,), [{"score": each} for each in numbers])

    assert edges == sorted(set(edges))
    assert len(edges) <= 9
    for place, count in enumerate(batch.counts["score"]):
        inside = {each for each in numbers if _place(each, edges) == place}
        assert len(inside) == 1 or count <= len(numbers) / 5 + 1


def _place(number: float, edges: list[float]) -> int:
    return sum(number >= edge for edge in edges)


def test_a_text_that_is_too_long_to_be_quoted_is_a_class_all_the_same() -> None:
    live = Live(outputs=(Output("reason", OutputKind.LABEL),))
    texts = [f"what client {number % 2} alone was told: \ud800" for number in range(200)]
    documents = [{"reason": text} for text in texts]
    bins = learn_bins(live, documents)

    assert bins is not None
    assert [each for each in bins[0].classes if "client" in each] == []
    assert counted(live, bins, documents).counts["reason"] == (100, 100, 0)

"""What stable's answers have in common is learnt, and no more than that."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.policy.expectation import JsonType
from rollout.core.policy.quality_model import Contract, FieldRule
from rollout.core.predictions.bodies import read_body
from rollout.core.predictions.contracts import (
    LEAST_LEARNT,
    MAX_FIELDS,
    MOST_VECTOR,
    breaches,
    learn,
)
from rollout.core.records.learnt_contract import LearntContract
from tests.unit.core.predictions.test_comparing_properties import ANSWERS

LEARNING = Contract()


def learnt(*answers: Any, repeat: int = 1) -> LearntContract:
    known = LearntContract()
    for answer in answers * repeat:
        known = learn(known, read_body(json.dumps(answer).encode()))
    return known


def broken(known: LearntContract, answer: Any, contract: Contract = LEARNING) -> list[str]:
    return list(breaches(contract, known, read_body(json.dumps(answer).encode())))


USUAL = {
    "label": "ok",
    "score": 0.25,
    "probabilities": [0.25, 0.75],
    "rows": [{"a": 1, "b": None}, {"a": 2, "b": "x"}],
}
KNOWN = learnt(USUAL, repeat=LEAST_LEARNT)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"score": None}, "null at 'score'"),
        ({"score": "0.25"}, "text at 'score'"),
        ({"label": 1}, "number at 'label'"),
        ({"score": 1.25}, "out of 0..1 at 'score'"),
        ({"score": -3}, "out of 0..1 at 'score'"),
        ({"probabilities": [0.25, 0.25]}, "another sum at 'probabilities'"),
        ({"probabilities": [0.25, 0.25, 0.5]}, "another length at 'probabilities'"),
        ({"rows": [{"a": 1}, {"a": 2, "b": "x"}]}, "lost 'rows[*].b'"),
        ({"rows": [{"a": 1, "b": 3}, {"a": 2, "b": "x"}]}, "number at 'rows[*].b'"),
        ({"rows": {}}, "object at 'rows'"),
    ],
)
def test_a_breach_is_named_by_its_place(changes: dict[str, Any], fault: str) -> None:
    assert broken(KNOWN, {**USUAL, **changes}) == [fault]


def test_a_lost_field_is_a_breach_and_an_added_one_is_none() -> None:
    lost = {key: value for key, value in USUAL.items() if key != "score"}

    assert broken(KNOWN, lost) == ["lost 'score'"]
    assert broken(KNOWN, {**USUAL, "added": 1}) == []
    assert broken(KNOWN, USUAL) == []
    assert "lost 'label'" in broken(KNOWN, {"error": "x"})
    assert broken(KNOWN, [1]) == ["list at '$'"]


def test_an_answer_inside_a_json_text_is_one_that_clients_cannot_read() -> None:
    inside = json.dumps(USUAL)
    assert broken(KNOWN, inside) == ["text at '$'"]
    assert broken(learnt(inside, repeat=LEAST_LEARNT), inside) == []


STRICT = Contract(added=False)


def test_a_field_that_stable_never_answers_is_a_breach_where_none_may_be_added() -> None:
    more = {**USUAL, "version": {"id": 2}, "rows": [{"a": 1, "b": 2, "c": 3}] * 2}

    assert broken(KNOWN, more) == ["number at 'rows[*].b'"]
    found = broken(KNOWN, more, STRICT)
    assert found == ["number at 'rows[*].b'", "added 'rows[*].c'", "added 'version'"]
    assert broken(KNOWN, USUAL, STRICT) == []


def test_a_field_that_the_policy_writes_is_not_an_added_one() -> None:
    written = Contract(added=False, fields={"version": FieldRule()})
    assert broken(KNOWN, {**USUAL, "version": 2}, written) == []


def test_a_new_key_beside_keys_that_vary_is_not_an_added_field() -> None:
    known = learnt(*({"p": {f"name {n}": 0.5}, "other": n} for n in range(LEAST_LEARNT)))
    assert broken(known, {"p": {"name x": 0.5}, "other": 1}, STRICT) == []
    # Nor is one that there was no room to learn, or one of what stable answers as another kind.
    wide = {f"field {n}": n for n in range(MAX_FIELDS + 5)}
    assert broken(learnt(wide, repeat=LEAST_LEARNT), wide, STRICT) == []
    assert broken(learnt([1], repeat=LEAST_LEARNT), [{"a": 1}], STRICT) == ["object at '[*]'"]


def test_a_rows_being_empty_is_another_length_only_where_it_never_varied() -> None:
    varied = learnt({"rows": []}, {"rows": [1]}, {"rows": [1, 2]}, repeat=4)

    assert broken(varied, {"rows": [1, 2, 3]}) == []
    assert broken(KNOWN, {**USUAL, "rows": []}) == ["another length at 'rows'"]


@pytest.mark.parametrize(
    ("sometimes", "answer"),
    [
        ({}, {"label": "ok"}),
        ({"score": None}, {"label": "ok", "score": None}),
        ({"score": "none"}, {"label": "ok", "score": "unknown"}),
        ({"score": 7}, {"label": "ok", "score": 3}),
    ],
)
def test_what_stable_answers_sometimes_is_allowed(
    sometimes: dict[str, Any], answer: dict[str, Any]
) -> None:
    usual = {"label": "ok", "score": 0.5}
    for order in ((usual, sometimes), (sometimes, usual)):
        known = learnt(*({"label": "ok", **each} for each in order), repeat=LEAST_LEARNT)
        assert broken(known, answer) == []


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("score", {**USUAL, "score": None}),
        ("score", {key: value for key, value in USUAL.items() if key != "score"}),
        ("probabilities", {**USUAL, "probabilities": [7, 8, 9]}),
        ("probabilities[*]", {**USUAL, "probabilities": [7, 8, 9]}),
        ("probabilities.0", {**USUAL, "probabilities": [7, 8, 9]}),
        ("rows[*].b", {**USUAL, "rows": [{"a": 1}, {"a": 2}]}),
        ("rows[0].b", {**USUAL, "rows": [{"a": 1}, {"a": 2}]}),
        ("rows.0.b", {**USUAL, "rows": [{"a": 1}, {"a": 2}]}),
    ],
)
def test_what_a_policy_writes_of_a_path_counts_instead(written: str, answer: Any) -> None:
    assert broken(KNOWN, answer)
    assert broken(KNOWN, answer, Contract(fields={written: FieldRule(nullable=True)})) == []


def test_a_rule_for_the_whole_answer_leaves_its_fields_to_what_was_learnt() -> None:
    contract = Contract(fields={"$": FieldRule(JsonType.OBJECT)})

    assert broken(KNOWN, {**USUAL, "score": None}, contract) == ["null at 'score'"]
    rows = learnt([{"a": 1}], repeat=LEAST_LEARNT)
    assert broken(rows, [{}], Contract(fields={"[0].a": FieldRule(nullable=True)})) == []
    assert broken(rows, [{}], Contract(fields={"0.a": FieldRule(nullable=True)})) == []
    assert broken(rows, [{}], Contract(learn=False)) == []


def test_what_is_inside_an_optional_field_may_be_anything() -> None:
    known = learnt({"why": {"p": 0.5, "n": [1, 2]}}, {}, repeat=LEAST_LEARNT)

    assert broken(known, {"why": {"p": 7, "n": [None]}}) == []
    assert broken(known, {"why": {}}) == []
    assert broken(known, {"why": None}) == []


def test_a_list_of_one_item_or_none_may_have_had_it_by_chance() -> None:
    assert broken(learnt({"found": [{"x": 1}]}, repeat=LEAST_LEARNT), {"found": []}) == []
    assert broken(learnt({"found": []}, repeat=LEAST_LEARNT), {"found": [1, 2]}) == []


def test_keys_that_are_labels_are_not_lost_fields() -> None:
    known = learnt({"fraud": 0.9}, {"ok": 0.8}, repeat=LEAST_LEARNT)

    assert broken(known, {"other": 0.7}) == []
    # The first that was seen is optional too, once another answer lacks it.
    assert broken(known, {"ok": 0.7}) == []


def test_nothing_is_concluded_from_few_answers() -> None:
    few = learnt(USUAL, repeat=LEAST_LEARNT - 1)

    assert broken(few, {}) == []


def test_whole_labels_of_0_and_1_are_not_taken_for_probabilities() -> None:
    known = learnt({"label": 0}, {"label": 1}, repeat=LEAST_LEARNT)

    assert broken(known, {"label": 2}) == []


def test_a_sum_of_1_is_learnt_only_where_it_always_was() -> None:
    always = learnt([0.5, 0.5], [0.1, 0.9], repeat=5)
    once = learnt([0.5, 0.5], [0.1, 0.8], repeat=5)

    assert broken(always, [0.5, 0.4]) == ["another sum at '$'"]
    assert broken(once, [0.5, 0.4]) == []
    # A list of one number, or of texts, is no vector.
    assert broken(learnt(["a", "b"], repeat=10), ["a", "c"]) == []
    assert broken(learnt([1.0], repeat=10), [0.5]) == []
    long = [1 / (MOST_VECTOR + 1)] * (MOST_VECTOR + 1)
    assert broken(learnt(long, repeat=10), [0, *long[1:]]) == []


def test_lists_that_come_later_are_learnt_from_then_on() -> None:
    known = learnt({"a": None}, {"a": [0.5, 0.5]}, {"a": [0.1, 0.9]}, repeat=4)

    assert broken(known, {"a": [1, 2, 3]}) == [
        "another length at 'a'",
        "out of 0..1 at 'a[*]'",
    ]
    assert broken(known, {"a": [0.1, 0.1]}) == ["another sum at 'a'"]


def test_an_object_that_was_null_before_has_its_fields_from_then_on() -> None:
    known = learnt({"a": None}, {"a": {"b": 1}}, repeat=LEAST_LEARNT)

    assert broken(known, {"a": {}}) == ["lost 'a.b'"]
    assert broken(known, {"a": None}) == []


def test_lists_of_several_lengths_in_one_answer_have_none() -> None:
    known = learnt([[1], [1, 2]], [[1, 2]], repeat=5)

    assert broken(known, [[1, 2, 3]]) == []


def test_what_cannot_be_read_teaches_nothing_and_breaks_nothing() -> None:
    known = learn(KNOWN, read_body(b"oops"))

    assert known == KNOWN
    assert list(breaches(LEARNING, KNOWN, read_body(b"oops"))) == []


def test_what_is_learnt_stays_small() -> None:
    wide = {f"{number}{'x' * number}": number for number in range(10 * MAX_FIELDS)}
    known = learnt(wide, {str(number): 1 for number in range(500)}, repeat=LEAST_LEARNT)

    assert len(known.fields) <= MAX_FIELDS
    assert len(json.dumps({path: str(each) for path, each in known.fields.items()})) < 20_000


def test_an_infinite_number_is_outside_and_nan_is_a_fault_of_its_own() -> None:
    known = learnt({"p": 0.5}, repeat=LEAST_LEARNT)

    assert broken(known, {"p": float("inf")}) == ["out of 0..1 at 'p'"]
    assert broken(known, {"p": float("nan")}) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=6), st.data())
def test_stable_s_own_answers_never_break_what_was_learnt_from_them(
    answers: list[Any], data: st.DataObject
) -> None:
    known = learnt(*answers, repeat=LEAST_LEARNT)

    assert broken(known, data.draw(st.sampled_from(answers))) == []

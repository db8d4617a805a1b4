"""What holds of any two answers."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.policy.quality_model import Compared
from rollout.core.predictions.bodies import Body, read_body
from rollout.core.predictions.comparing import Comparison, first_difference, key_of
from rollout.core.records.answers import CHANGE_CHARACTERS

KEYS = st.sampled_from(["a", "b", "label", "score", "[0]", "a.b", "$", ""])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([0, 1, 1.0, "1", "true", 0.5])
)
ANSWERS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
HOW = st.builds(
    Comparison,
    st.builds(
        Compared,
        paths=st.lists(st.sampled_from(["a", "$", "[*]", "a[*].b", "label"]), max_size=2).map(
            tuple
        ),
        rtol=st.sampled_from([0.0, 0.01, 1.0]),
        atol=st.sampled_from([0.0, 1e-6]),
    ),
    added=st.booleans(),
)


def body(answer: Any) -> Body:
    return read_body(json.dumps(answer).encode())


@settings(max_examples=80, deadline=None)
@given(HOW, ANSWERS)
def test_an_answer_equals_itself(how: Comparison, answer: Any) -> None:
    assert first_difference(how, body(answer), body(answer)) == ""


@settings(max_examples=80, deadline=None)
@given(HOW, ANSWERS, ANSWERS)
def test_what_is_told_is_one_short_line(how: Comparison, stable: Any, candidate: Any) -> None:
    told = first_difference(how, body(stable), body(candidate))

    assert len(told) <= CHANGE_CHARACTERS
    assert told.isprintable()
    assert told.encode(errors="strict") == told.encode(errors="replace")


@settings(max_examples=80, deadline=None)
@given(ANSWERS, ANSWERS)
def test_answers_of_one_key_hardly_differ(one: Any, other: Any) -> None:
    how = Comparison(Compared(rtol=1e-4, atol=1e-4), added=False)
    same_key = key_of(how, body(one)) == key_of(how, body(other))

    assert not same_key or first_difference(how, body(one), body(other)) == ""


@settings(max_examples=100, deadline=None)
@given(ANSWERS)
def test_the_order_of_keys_is_no_difference(answer: Any) -> None:
    turned = json.loads(json.dumps(answer), object_pairs_hook=lambda pairs: dict(pairs[::-1]))
    how = Comparison(Compared(rtol=0, atol=0), added=False)

    assert first_difference(how, body(answer), body(turned)) == ""
    assert key_of(how, body(answer)) == key_of(how, body(turned))


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e300, 1e300), st.floats(0, 0.02))
def test_numbers_are_near_in_proportion_to_stable_s(number: float, by: float) -> None:
    how = Comparison(Compared(rtol=0.01, atol=0))
    moved = number * (1 + by)
    differs = bool(first_difference(how, body(number), body(moved)))

    if by < 0.0099:
        assert not differs
    if by > 0.0101 and abs(number) > 1e-300:
        assert differs

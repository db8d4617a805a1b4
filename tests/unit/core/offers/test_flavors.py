"""How two MLflow models were packaged otherwise."""

from dataclasses import replace

import pytest

from rollout.core.offers.flavors import CHANGE_CHARACTERS, MAX_CHANGES, Flavors, changed_flavors
from tests.support.builders import a_model

SKLEARN = {
    "python_function": {"python_version": "3.9.18", "loader_module": "mlflow.sklearn"},
    "sklearn": {"sklearn_version": "1.2.2", "pickled_model": "model.pkl"},
}


def changed(stable: Flavors, candidate: Flavors) -> tuple[str, ...]:
    model = a_model("7", 1)
    return changed_flavors(replace(model, flavors=stable), replace(model, flavors=candidate))


def test_versions_of_python_and_libraries_are_compared() -> None:
    other = {
        "python_function": {"python_version": "3.11.9", "loader_module": "mlflow.sklearn"},
        "sklearn": {"sklearn_version": "1.5.0", "pickled_model": "another.pkl"},
    }

    assert changed(SKLEARN, other) == (
        "python_function: python_version 3.9.18 -> 3.11.9",
        "sklearn: sklearn_version 1.2.2 -> 1.5.0",
    )
    assert changed(SKLEARN, SKLEARN) == ()


def test_a_flavor_that_is_new_or_gone_is_named() -> None:
    other = {"python_function": SKLEARN["python_function"], "xgboost": {}}

    assert changed(SKLEARN, other) == ("sklearn: gone", "xgboost: new")


def test_a_version_that_only_one_has_is_named() -> None:
    assert changed({"a": {"b_version": "1"}}, {"a": {}}) == ("a: b_version 1 -> none",)


@pytest.mark.parametrize(("stable", "candidate"), [({}, SKLEARN), (SKLEARN, {})])
def test_a_model_that_is_none_of_mlflows_is_not_compared(
    stable: Flavors, candidate: Flavors
) -> None:
    assert changed(stable, candidate) == ()


def test_what_is_reported_has_a_bound() -> None:
    many = {"a": {f"l{number}_version": "1" for number in range(100)}}
    long = {"a": {"b_version": "1" * 1000}}

    assert len(changed(many, {"a": {}})) == MAX_CHANGES
    assert all(len(each) <= CHANGE_CHARACTERS for each in changed(long, {"a": {}}))

"""`ModelRegistered` events in every documented shape, and in shapes nobody should send."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.records.signals import Registered
from rollout.errors import InvalidInputError
from rollout.inbound.event_grid import NotOurs, parse_model_registered
from tests.support.inbound_samples import CLOUD_EVENT, EVENT_GRID_EVENT, OWN, WORKSPACE_ID, changed

EXPECTED = Registered(
    WORKSPACE_ID.lower(),
    "sklearn_regression_model",
    "20",
    {"area": "diabetes", "type": "regression"},
    "831e1650-001e-001b-66ab-eeb76e069631",
)
# What azure-functions 2.3.0 makes of an Event Grid event before it reaches the handler.
AS_THE_WORKER_HANDS_IT_OVER = {
    "id": EVENT_GRID_EVENT["id"],
    "topic": WORKSPACE_ID,
    "subject": EVENT_GRID_EVENT["subject"],
    "event_type": EVENT_GRID_EVENT["eventType"],
    "event_time": "2017-06-26T18:41:00.958410+00:00",
    "data_version": "",
    "data": EVENT_GRID_EVENT["data"],
}


@pytest.mark.parametrize("event", [EVENT_GRID_EVENT, CLOUD_EVENT, AS_THE_WORKER_HANDS_IT_OVER])
def test_both_schemas_and_casings_give_the_same_signal(event: dict[str, Any]) -> None:
    assert parse_model_registered(event, OWN) == EXPECTED


@pytest.mark.parametrize("data", [None, {}, [], "x", {"modelName": "", "modelVersion": None}])
def test_the_subject_stands_in_for_missing_data(data: Any) -> None:
    parsed = parse_model_registered({**EVENT_GRID_EVENT, "data": data}, OWN)

    assert isinstance(parsed, Registered)
    assert (parsed.model, parsed.version, parsed.tags) == ("sklearn_regression_model", "20", {})


@pytest.mark.parametrize(
    "topic",
    [WORKSPACE_ID + "-other", "/subscriptions/x", "", WORKSPACE_ID.replace("rg-ml", "rg")],
)
def test_another_workspaces_event_is_not_ours(topic: str) -> None:
    event = {**EVENT_GRID_EVENT, "topic": topic or "/"}

    assert isinstance(parse_model_registered(event, OWN), NotOurs)


@pytest.mark.parametrize("topic", [WORKSPACE_ID.upper(), WORKSPACE_ID + "/"])
def test_the_workspace_is_compared_without_case(topic: str) -> None:
    assert isinstance(parse_model_registered({**EVENT_GRID_EVENT, "topic": topic}, OWN), Registered)


@pytest.mark.parametrize(
    "kind", ["Microsoft.MachineLearningServices.ModelDeployed", "", None, 7, ["x"]]
)
def test_another_type_of_event_is_not_ours(kind: Any) -> None:
    assert isinstance(parse_model_registered({**EVENT_GRID_EVENT, "eventType": kind}, OWN), NotOurs)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        [EVENT_GRID_EVENT],
        "x",
        {**EVENT_GRID_EVENT, "topic": None},
        {**EVENT_GRID_EVENT, "topic": 7},
        {**EVENT_GRID_EVENT, "data": None, "subject": None},
        {**EVENT_GRID_EVENT, "data": None, "subject": "models/a:b:c"},
        {**EVENT_GRID_EVENT, "data": None, "subject": "models/../x:1"},
        changed(EVENT_GRID_EVENT, "data.ModelVersion", True),
        changed(EVENT_GRID_EVENT, "data.ModelVersion", 1.5),
        changed(EVENT_GRID_EVENT, "data.ModelVersion", "1' or 1 eq 1"),
        changed(EVENT_GRID_EVENT, "data.ModelName", "../../keys"),
        changed(EVENT_GRID_EVENT, "data.ModelName", "a\nb"),
        changed(EVENT_GRID_EVENT, "data.ModelName", ["a"]),
        changed(EVENT_GRID_EVENT, "data.ModelName", "n" * 256),
    ],
)
def test_an_event_that_names_no_model_version_is_refused(event: Any) -> None:
    with pytest.raises(InvalidInputError):
        parse_model_registered(event, OWN)


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        (None, {}),
        (["a"], {}),
        ({"a": 1, "b": "x", "c": None}, {"b": "x"}),
        ({"long": "x" * 2000, "b": "y"}, {"b": "y"}),
    ],
)
def test_strange_tags_are_left_out(tags: Any, kept: dict[str, str]) -> None:
    parsed = parse_model_registered(changed(EVENT_GRID_EVENT, "data.ModelTags", tags), OWN)

    assert isinstance(parsed, Registered)
    assert parsed.tags == kept


def test_the_event_id_cannot_forge_a_log_line() -> None:
    parsed = parse_model_registered({**EVENT_GRID_EVENT, "id": "a\r\nERROR \x1b[31m"}, OWN)

    assert isinstance(parsed, Registered)
    assert "\n" not in parsed.event_id
    assert "\x1b" not in parsed.event_id


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "topic", "ModelName", "type", "subject"]), inner)
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(anything, st.sampled_from(["data", "subject", "id", "eventType", "topic"]))
def test_no_value_anywhere_makes_the_parser_fail_otherwise(value: Any, field: str) -> None:
    for event in (value, {**EVENT_GRID_EVENT, field: value}):
        try:
            parse_model_registered(event, OWN)
        except InvalidInputError as error:
            assert str(error)  # noqa: PT017 - either outcome is right

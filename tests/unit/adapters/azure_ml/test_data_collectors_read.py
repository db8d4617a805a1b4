"""What a deployment's body says of a collection, and what a data asset says of its place."""

from typing import Any

import pytest

from rollout.adapters.azure_ml.data_collectors import (
    OFF,
    Collection,
    DataUri,
    Rolling,
    collection_of,
    data_uri,
)


def body(collector: Any) -> dict[str, Any]:
    return {"properties": {"dataCollector": collector}}


def test_a_collection_says_whether_it_is_on_how_much_and_where() -> None:
    one = {"dataCollectionMode": "enabled", "samplingRate": 0.5, "dataId": "id"}
    found = body({"rollingRate": "minute", "collections": {"Out": one}})

    assert collection_of(found, "out") == Collection(True, 0.5, Rolling.MINUTE, "id")


@pytest.mark.parametrize(
    "collector",
    [
        None,
        "yes",
        {},
        {"collections": None},
        {"collections": {"other": {"dataCollectionMode": "Enabled"}}},
        {"collections": {"out": None}},
        {"collections": {"out": {}}},
        {"collections": {"out": {"dataCollectionMode": "Disabled"}}},
    ],
)
def test_any_other_is_off(collector: Any) -> None:
    assert collection_of(body(collector), "out") == OFF
    assert collection_of({}, "out") == OFF


def test_what_is_not_said_is_what_azure_takes() -> None:
    one = {"dataCollectionMode": "Enabled", "samplingRate": None, "dataId": None}
    found = body({"rollingRate": "fortnight", "collections": {"out": one}})

    assert collection_of(found, "out") == Collection(True, 1.0, Rolling.HOUR, "")


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("azureml://datastores/a/paths/b/c/", DataUri("a", "b/c")),
        (
            "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/a/paths/b",
            DataUri("a", "b", ("s", "g", "w")),
        ),
        (
            (
                "azureml://subscriptions/s/resourceGroups/g/providers/"
                "Microsoft.MachineLearningServices/workspaces/w/datastores/a/paths/b"
            ),
            DataUri("a", "b", ("s", "g", "w")),
        ),
        ("azureml://elsewhere/datastores/a/paths/b", None),
        ("azureml://datastores/a", None),
        ("https://account.blob.core.windows.net/c/b", None),
        (None, None),
    ],
)
def test_a_folder_of_a_datastore(text: object, uri: DataUri | None) -> None:
    assert data_uri(text) == uri

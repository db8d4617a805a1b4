"""The description of the API as a document."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from rollout.inbound.api.openapi import document
from rollout.inbound.described import description
from rollout.inbound.tagged import tagged
from tests.support.paths import PROJECT

DOCUMENT = document()
OPERATIONS = [each for path in DOCUMENT["paths"].values() for each in path.values()]


def schemas(value: Any) -> Iterator[Any]:
    """Every JSON Schema in the document."""
    if isinstance(value, dict):
        yield from (value["schema"] for _ in [1] if isinstance(value.get("schema"), dict))
        for each in value.values():
            yield from schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from schemas(each)


def test_the_page_in_docs_is_this_document() -> None:
    committed = (PROJECT / "docs" / "openapi.json").read_text()

    assert committed == json.dumps(DOCUMENT, indent=2) + "\n", "run `make generate`"


def test_it_is_a_document_of_openapi_3_1() -> None:
    assert list(Draft202012Validator(OPENAPI_31).iter_errors(DOCUMENT)) == []


def test_every_shape_is_a_json_schema() -> None:
    for schema in (*schemas(DOCUMENT), *DOCUMENT["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT)))
    there = {
        f"components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in DOCUMENT["components"][kind]
    }
    assert used == there


def test_operations_have_names_of_their_own() -> None:
    names = [each["operationId"] for each in OPERATIONS]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each["operationId"])
def test_every_operation_says_what_it_does_and_may_meet_a_fault(operation: Any) -> None:
    assert operation["summary"]
    assert {"500", "503"} <= set(operation["responses"])
    assert any(status.startswith("2") for status in operation["responses"])


def test_who_knows_its_tag_is_not_sent_it_again() -> None:
    answer = tagged({}, description())
    assert json.loads(answer.body) == DOCUMENT
    again = tagged({"if-none-match": answer.headers["ETag"]}, description())
    assert (again.status, again.body) == (304, b"")

"""The records against the documented samples, and against what azureml-ai-monitoring posts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from localazure.collector.records import MAX_INLINE_BYTES, Record, collected, merged, payload

NOW = datetime(2026, 11, 26, 18, 16, 25, tzinfo=UTC)
SOURCE = "/subscriptions/S/.../onlineEndpoints/fraud/deployments/green-7"
POST = {
    "content-type": "application/json",
    "trace-id": "0f0e",
    "ce-time": str(int(NOW.timestamp())),
    "ce-type": "azureml.inference.model_inputs",
    "ce-collect-data-type": "pandas.DataFrame",
    "ce-agent": "azureml-ai-monitoring/1.0.0",
    "ce-x-request-id": "8c1d",
    "ce-model-version": "default",
}


def posted(body: str = '[{"amount":12.5,"country":"DE"}]', **changes: str) -> Record:
    headers = {**POST, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return collected(SOURCE, headers, body.encode(), NOW)


def paid(
    body: bytes, content_type: str = "application/json", path: str | None = "/score"
) -> Record:
    return payload(
        SOURCE, "request", body, NOW, content_type=content_type, request_id="446e", path=path
    )


def document(record: Record, url: str | None = None) -> dict[str, Any]:
    line = record.line(url)
    assert line.count(b"\n") == 1
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_post_of_the_package_becomes_the_documented_record() -> None:
    assert document(posted()) == {
        "specversion": "1.0",
        "id": "0f0e",
        "source": SOURCE,
        "type": "azureml.inference.model_inputs",
        "datacontenttype": "application/json",
        "time": "2026-11-26T18:16:25Z",
        "data": [{"amount": 12.5, "country": "DE"}],
        "contentrange": "bytes 0-31/32",
        "correlationid": "8c1d",
        "xrequestid": "8c1d",
        "modelversion": "default",
        "collectdatatype": "pandas.DataFrame",
        "agent": "azureml-ai-monitoring/1.0.0",
    }


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"ce_type": "model_inputs"}, "[]"),
        ({"ce_time": "yesterday"}, "[]"),
        ({}, "{not json"),
    ],
)
def test_what_the_package_would_not_post_is_refused(changes: dict[str, str], body: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        posted(body, **changes)


def test_a_request_becomes_the_documented_record() -> None:
    found = document(paid(b'{"data": [[12.5, "DE"]]}'))
    assert found.pop("id")
    assert found == {
        "specversion": "1.0",
        "source": SOURCE,
        "type": "azureml.inference.request",
        "datacontenttype": "application/json",
        "time": "2026-11-26T18:16:25Z",
        "data": {"data": [[12.5, "DE"]]},
        "path": "/score",
        "method": "POST",
        "contentrange": "bytes 0-21/22",
        "correlationid": "446e",
        "xrequestid": "446e",
    }


def test_a_response_has_no_path() -> None:
    found = document(paid(b"[0.031]", path=None))
    assert "path" not in found
    assert "method" not in found


def test_text_that_is_not_json_is_a_string() -> None:
    found = document(paid(b'Internal "error"\n', "text/plain; charset=utf-8"))
    assert found["data"] == 'Internal "error"\n'


def test_bytes_are_kept_apart_and_their_line_names_the_file() -> None:
    record = paid(b"\xff\xd8\x00", "image/jpeg")
    assert record.raw == b"\xff\xd8\x00"
    found = document(record, "https://account/container/name")
    assert (found["data"], found["datainblob"]) == ("https://account/container/name", "true")
    assert (found["datacontenttype"], found["contentrange"]) == ("image/jpeg", "bytes 0-2/3")


@pytest.mark.parametrize(("excess", "apart"), [(0, False), (1, True)])
def test_data_beyond_the_limit_are_kept_apart(
    excess: int,
    apart: bool,  # noqa: FBT001 - a table's column
) -> None:
    text = json.dumps("x" * (MAX_INLINE_BYTES - 2 + excess))
    for record in (paid(text.encode()), posted(f'[{text[:-3]}"]')):
        assert (record.raw is not None) == apart


def test_rows_logged_close_together_become_one_record_with_the_first_ones_ids() -> None:
    (found,) = merged([posted('[{"a":1}]'), posted('[{"a":2},{"a":3}]', ce_x_request_id="other")])
    assert document(found)["data"] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert document(found)["correlationid"] == "8c1d"


def test_payloads_empty_rows_and_too_much_are_not_merged() -> None:
    large = posted(f'[{{"a":"{"x" * (MAX_INLINE_BYTES // 2)}"}}]')
    for apart in ([paid(b"[1]"), paid(b"[2]")], [posted("[]"), posted('[{"a":1}]')], [large] * 2):
        assert merged(apart) == apart

import json

import pytest

from localazure.functions_host.http_messages import from_worker
from localazure.functions_host.messages import ParameterBinding, RpcHttp, TypedData


def test_a_missing_value_gives_204() -> None:
    assert from_worker(None).status == 204
    assert from_worker(TypedData()).status == 204


def test_a_bare_text_is_plain_text() -> None:
    response = from_worker(TypedData(string="ready"))
    assert (response.status, response.content_type, response.text) == (200, "text/plain", "ready")


def test_a_bare_text_that_is_a_response_object_takes_over_status_and_headers() -> None:
    smuggled = {"statusCode": 302, "headers": {"Location": "https://x"}, "body": {"a": 1}}
    response = from_worker(TypedData(string=json.dumps(smuggled)))
    assert response.status == 302
    assert response.headers["Location"] == "https://x"
    assert json.loads(response.body or b"") == {"a": 1}  # type: ignore[arg-type]  # bytes here


def test_other_json_in_a_bare_text_is_printed_again() -> None:
    response = from_worker(TypedData(string='{"a":1}'))
    assert response.content_type == "application/json"
    assert response.text == '{\n  "a": 1\n}'


def test_framing_headers_of_a_handler_are_left_to_the_server() -> None:
    http = RpcHttp(
        status_code="200",
        headers={"Content-Length": "999", "Transfer-Encoding": "chunked", "x-kept": "1"},
        body=TypedData(bytes=b"ok"),
    )
    response = from_worker(TypedData(http=http))
    assert "Content-Length" not in response.headers
    assert response.headers["x-kept"] == "1"


def test_a_value_has_one_kind_and_knows_no_other() -> None:
    with pytest.raises(ValueError, match="one kind"):
        TypedData(string="a", json="b")
    with pytest.raises(AttributeError, match="of kind string"):
        _ = TypedData(string="a").json
    with pytest.raises(ValueError, match="no group"):
        TypedData().WhichOneof("rpc_data")
    with pytest.raises(ValueError, match="no group"):
        ParameterBinding("x", None).WhichOneof("data")

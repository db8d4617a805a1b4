import json
from collections.abc import AsyncIterator

import pytest

from tests.support.contract.sample_host import SampleHost


def test_a_request_reaches_the_handler_as_the_host_converts_it(host: SampleHost) -> None:
    answer = host.call(
        "POST",
        "/api/ECHO/Bo%20b/5/?a=1&a=2&empty=",
        "functionKey",
        headers={"X-Twice": "one"},
        data=b"hello",
    )
    seen = answer.json
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert seen["method"] == "POST"
    assert seen["url"] == host.url("/api/ECHO/Bo%20b/5/?a=1&a=2&empty=")
    assert seen["query"] == {"a": "1,2"}
    assert seen["route"] == {"name": "Bo b", "number": "5"}
    assert seen["headers"]["x-twice"] == "one"
    assert seen["headers"]["x-functions-key"] == host.process.ready["functionKey"]
    assert seen["body"] == "hello"


def test_a_chunked_body_arrives_empty(host: SampleHost) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"lost"

    assert host.call("POST", "/api/echo/x", "functionKey", data=chunks()).json["body"] == ""
    assert "the request is chunked" in host.process.output()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/echo/x"),
        ("POST", "/api/echo/x/five"),
        ("GET", "/api/nowhere"),
        ("GET", "/api/administer"),
        ("GET", "/elsewhere"),
    ],
)
def test_no_match_is_404_never_405(host: SampleHost, method: str, path: str) -> None:
    answer = host.call(method, path, "masterKey")
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("key", "query", "status"),
    [
        (None, "", 401),
        ("wrong", "", 401),
        ("wrong", "?code={functionKey}", 401),
        ("", "?code={functionKey}", 401),
        (None, "?code={functionKey}", 201),
        (None, "?code={masterKey}", 201),
    ],
)
def test_a_function_key_is_required_and_the_header_wins(
    host: SampleHost, key: str | None, query: str, status: int
) -> None:
    headers = {} if key is None else {"x-functions-key": key}
    path = "/api/echo/x" + query.format(**host.process.ready)
    answer = host.call("POST", path, headers=headers)
    assert answer.status == status
    assert status != 401 or answer.body == b""


def test_an_admin_route_refuses_the_function_key(host: SampleHost) -> None:
    assert host.call("GET", "/api/items/1", "functionKey").status == 401
    assert host.call("GET", "/api/items/1", "masterKey").status == 200


def test_the_first_name_in_the_alphabet_wins_not_the_better_template(host: SampleHost) -> None:
    assert host.call("GET", "/api/items/recent", "masterKey").body == b"first_item"


@pytest.mark.parametrize("how", ["raise", "exit", "cancel", "slow"])
def test_a_handler_that_fails_in_any_way_gives_an_empty_500(host: SampleHost, how: str) -> None:
    answer = host.call("POST", f"/api/fail/{how}")
    assert (answer.status, answer.body) == (500, b"")


def test_the_host_keeps_serving_after_a_handler_tried_to_exit(host: SampleHost) -> None:
    host.call("POST", "/api/fail/exit")
    assert host.call("GET", "/api/cookies").status == 200


def test_each_cookie_becomes_a_header_of_its_own(host: SampleHost) -> None:
    answer = host.call("GET", "/api/cookies")
    assert answer.headers.getall("Set-Cookie") == [
        "a=1; path=/; httponly; samesite=Lax",
        "b=2; max-age=60; secure",
    ]


def test_a_bare_text_answer_may_carry_a_status(host: SampleHost) -> None:
    answer = host.call(
        "GET", "/api/text", params={"answer": json.dumps({"status": 418, "body": "x"})}
    )
    assert (answer.status, answer.body) == (418, b"x")


def test_the_home_page_answers(host: SampleHost) -> None:
    assert host.call("GET", "/").status == 200

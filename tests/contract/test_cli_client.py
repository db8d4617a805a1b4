"""The command line's calls, against a server that misbehaves."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rollout.cli.live.client import App, NoAnswerError, RefusedError, UnreachableError
from rollout.cli.live.place import Place

AHEAD = timedelta(minutes=5)


class Answers(BaseHTTPRequestHandler):
    """Answers by path, and keeps the headers that came."""

    seen: list[dict[str, str]]
    elsewhere = ""

    def do_GET(self) -> None:
        type(self).seen.append({name.lower(): value for name, value in self.headers.items()})
        status, body, headers = self.answer(self.path.removeprefix("/api/"))
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        problem = json.dumps({"detail": "No.", "faults": [{"place": "a", "text": "b"}]}).encode()
        match path:
            case "tagged" if self.headers.get("If-None-Match") == 'W/"1"':
                return 304, b"", {"ETag": 'W/"1"'}
            case "tagged":
                return 200, b"{}", {"ETag": 'W/"1"'}
            case "clock":
                return 200, b"{}", {"Date": format_datetime(datetime.now(UTC) + AHEAD, usegmt=True)}
            case "page":
                return 200, b"<html>", {}
            case "moved":
                return 302, b"", {"Location": f"{type(self).elsewhere}/api/tagged"}
            case "expires" if len(type(self).seen) == 2:
                return 401, problem, {}
            case "expires":
                return 200, b"{}", {}
            case "later":
                return 503, problem, {"Retry-After": "7"}
            case _:
                return int(path), problem, {}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""


@pytest.fixture
def app() -> Iterator[App]:
    Answers.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        Answers.elsewhere = url
        yield App(Place(url, "secret"))
        server.shutdown()
        thread.join()


def test_the_key_is_a_header_and_never_in_the_address(app: App) -> None:
    app.get("tagged")

    assert Answers.seen[0]["x-functions-key"] == "secret"


def test_a_view_that_is_known_is_not_sent_again(app: App) -> None:
    first = app.get("tagged")
    again = app.get("tagged", tag=first.tag)

    assert (first.body, again.status, again.body) == ({}, 304, None)


def test_a_redirect_is_not_followed_with_the_key(app: App) -> None:
    with pytest.raises(RefusedError):
        app.get("moved")

    assert len(Answers.seen) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refusal_has_the_apps_words(app: App, status: int) -> None:
    with pytest.raises(RefusedError, match=r"No\.\na: b") as refused:
        app.get(str(status))

    assert refused.value.status == status


def test_a_401_says_what_to_set(app: App) -> None:
    with pytest.raises(RefusedError, match="ROLLOUT_KEY"):
        app.get("401")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_no_usable_answer_is_not_a_refusal(app: App, status: int) -> None:
    with pytest.raises(UnreachableError, match=str(status)):
        app.get(str(status))


@pytest.mark.parametrize(
    ("path", "again_after"), [("502", None), ("503", None), ("504", None), ("later", 7.0)]
)
def test_what_comes_back_says_when(app: App, path: str, again_after: float | None) -> None:
    with pytest.raises(NoAnswerError) as unanswered:
        app.get(path)

    assert unanswered.value.again_after == again_after


@pytest.mark.parametrize("status", [429, 500])
def test_what_another_try_does_not_help_is_told_apart(app: App, status: int) -> None:
    with pytest.raises(UnreachableError) as unanswered:
        app.get(str(status))

    assert not isinstance(unanswered.value, NoAnswerError)


def test_an_orders_key_is_a_string_of_structured_fields(app: App) -> None:
    app.post("tagged", {}, "8e03978e")

    assert Answers.seen[0]["idempotency-key"] == '"8e03978e"'


def test_something_else_at_the_address_is_told(app: App) -> None:
    with pytest.raises(UnreachableError, match="Is it the app"):
        app.get("page")


def test_countdowns_go_by_the_apps_clock(app: App) -> None:
    app.get("tagged")
    assert abs(app.now() - datetime.now(UTC)) < AHEAD / 2
    app.get("clock")
    assert app.now() - datetime.now(UTC) > AHEAD / 2


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(NoAnswerError):
        App(Place("http://127.0.0.1:9")).get("tagged")


def test_a_token_that_has_expired_is_had_again_once(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["first", "second"])
    monkeypatch.setattr(
        "rollout.cli.live.client.headers_for", lambda _: {"Authorization": next(tokens)}
    )
    signed_in = App(Place(app.place.url, client_id="id"))

    signed_in.get("expires")
    signed_in.get("expires")

    assert [seen["authorization"] for seen in Answers.seen] == ["first", "first", "second"]


def test_a_token_that_was_never_good_is_refused_at_once(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollout.cli.live.client.headers_for", lambda _: {"Authorization": "no"})

    with pytest.raises(RefusedError):
        App(Place(app.place.url, client_id="id")).get("401")
    assert len(Answers.seen) == 1

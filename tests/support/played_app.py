"""The app's own HTTP functions on a story, for a browser: real handlers, a played world and clock.

The host is imitated as far as a browser meets it: routes in the order of the functions' names, a
key or the platform's sign-in, and the date. Everything is deterministic, because time passes only
when the test lets it.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from email.utils import format_datetime
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest
from azure.functions.decorators.http import HttpTrigger

import function_app
from localazure.functions_host.routes import RouteTemplate, split_path
from rollout import wiring
from rollout.inbound.principal import CLAIMS_HEADER, NAME_HEADER
from rollout.triggers import answering
from tests.support.stories.stage import Story

KEY = "a-function-key"
SESSION = "AppServiceAuthSession"
"""The platform's cookie; here its value is the name of who signed in."""

LOGIN = "/.auth/login/aad"
OPEN_TO_ALL = ("/api/ui", "/api/health", "/api/openapi.json")
"""What the platform lets through without a sign-in."""

SETTINGS = {
    "AZURE_SUBSCRIPTION_ID": "11111111-1111-1111-1111-111111111111",
    "AZURE_RESOURCE_GROUP": "ml-local",
    "AZUREML_WORKSPACE_NAME": "workspace",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "SERVICES_BUNDLE": "services",
}


@dataclass(frozen=True)
class Person:
    """Somebody of the directory; an object id is what two names of one person share."""

    name: str
    object_id: str
    roles: tuple[str, ...]

    @property
    def headers(self) -> Mapping[str, str]:
        """What the platform writes into each request of theirs."""
        claims = [("roles", role) for role in self.roles]
        claims += [("oid", self.object_id), ("scp", "user_impersonation")]
        document = {"claims": [{"typ": kind, "val": value} for kind, value in claims]}
        encoded = base64.b64encode(json.dumps(document).encode()).decode()
        return {NAME_HEADER: self.name, CLAIMS_HEADER: encoded}


@dataclass(frozen=True)
class _Door:
    template: RouteTemplate
    methods: frozenset[str]
    anonymous: bool
    handler: Callable[[func.HttpRequest], func.HttpResponse]


class PlayedApp:
    """Call `served` to begin. `people` are signed in by name; without any, `KEY` opens the app."""

    def __init__(self, story: Story, people: tuple[Person, ...] = ()) -> None:
        self.story = story
        self.people = {person.name: person for person in people}
        self.lock = RLock()
        self.url = ""
        self.silent = False
        """Whether nothing is answered but with 503. The console's files still come, as from a
        browser's store."""

    @property
    def console(self) -> str:
        """The console's address."""
        return f"{self.url}/api/ui/"

    @contextmanager
    def playing(self) -> Iterator[Story]:
        """The story, while no request is answered."""
        with self.lock:
            yield self.story

    @contextmanager
    def served(self, monkeypatch: pytest.MonkeyPatch) -> Iterator["PlayedApp"]:
        """Serve on a port of its own until the end of the block."""
        app = wiring.build_app(SETTINGS, self.story.ports)
        settings = replace(app.settings, sign_in=bool(self.people))
        played = replace(app, settings=settings, service=self.story.service)
        monkeypatch.setattr(wiring, "_running", played)
        # Handlers import the function that tells the time, so what that asks is played.
        monkeypatch.setattr(answering, "datetime", _Clock(self.story))
        server = _Server(self, _doors())
        thread = Thread(target=server.serve_forever, name="played app", daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@dataclass(frozen=True)
class _Clock:
    """Stands in for the class `datetime` where it is asked for the present moment."""

    story: Story

    def now(self, tz: tzinfo | None = None) -> datetime:
        return self.story.clock.now.astimezone(tz)


def _doors() -> Sequence[_Door]:
    """The HTTP functions, in the order in which the host tries them."""
    functions = {
        builder._function.get_function_name() or "": builder._function
        for builder in function_app.app._function_builders
    }
    return [
        _door(functions[name].get_trigger(), functions[name].get_user_function())
        for name in sorted(functions, key=str.lower)
        if isinstance(functions[name].get_trigger(), HttpTrigger)
    ]


def _door(trigger: Any, handler: Callable[[func.HttpRequest], func.HttpResponse]) -> _Door:
    methods = frozenset(getattr(method, "value", method) for method in trigger.methods)
    anonymous = trigger.auth_level is func.AuthLevel.ANONYMOUS
    return _Door(RouteTemplate.parse(f"api/{trigger.route}"), methods, anonymous, handler)


class _Server(ThreadingHTTPServer):
    def __init__(self, app: PlayedApp, doors: Sequence[_Door]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.app = app
        self.doors = doors


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query))
        if split.path == LOGIN:
            self._sign_in(query)
        elif self.server.app.silent and not split.path.startswith("/api/ui"):
            self._send(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._find(split.path, query, body)

    def _sign_in(self, query: Mapping[str, str]) -> None:
        """The platform's page, without a password: the first person comes in."""
        cookie = f"{SESSION}={next(iter(self.server.app.people))}; Path=/"
        to = query.get("post_login_redirect_uri", "/api/ui/")
        self._send(HTTPStatus.FOUND, headers={"Location": to, "Set-Cookie": cookie})

    def _find(self, path: str, query: Mapping[str, str], body: bytes) -> None:
        parts = split_path(path)
        for door in self.server.doors:
            values = door.template.match(parts) if self.command in door.methods else None
            if values is not None:
                self._call(door, path, query, values, body)
                return
        self._send(HTTPStatus.NOT_FOUND)

    def _call(
        self,
        door: _Door,
        path: str,
        query: Mapping[str, str],
        values: Mapping[str, str],
        body: bytes,
    ) -> None:
        app = self.server.app
        headers = self._let_in(path, anonymous=door.anonymous)
        if headers is None:
            self._send(HTTPStatus.UNAUTHORIZED)
            return
        request = func.HttpRequest(
            method=self.command,
            url=f"{app.url}{self.path}",
            headers=headers,
            params={name: value for name, value in query.items() if value},
            route_params=values,
            body=body,
        )
        with app.lock:
            answer = door.handler(request)
        sent = {**dict(answer.headers), "Content-Type": answer.mimetype or "text/plain"}
        self._send(answer.status_code, answer.get_body(), sent)

    def _let_in(self, path: str, *, anonymous: bool) -> Mapping[str, str] | None:
        """The headers that the app sees; None: the host or the platform lets nobody in."""
        people = self.server.app.people
        given = {name.lower(): value for name, value in self.headers.items()}
        if not people:
            return given if anonymous or given.get("x-functions-key") == KEY else None
        given = {name: value for name, value in given.items() if not name.startswith("x-ms-")}
        session = SimpleCookie(given.get("cookie", "")).get(SESSION)
        person = people.get(session.value) if session else None
        if person is not None:
            return {**given, **person.headers}
        return given if path.startswith(OPEN_TO_ALL) else None

    def _send(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.server.app.story.clock.now, usegmt=True))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
        """Say nothing: a test's output is its own."""

"""A loopback server that answers what a test wrote down, for answers no sane Azure gives."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from localazure.tls import TlsFiles, issue, server_context
from rollout.adapters.azure_ml.arm import Arm

TOKEN = "the-token"
SERVER_SECONDS = 5.0


class FixedCredential:
    """A credential with one token."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(TOKEN, 2**33)


@dataclass(frozen=True)
class Reply:
    """`drops` closes the connection instead; `waits` holds the answer until the test ends."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Script:
    """Answers by method and path (without the query), else 404; remembers what was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.replies: dict[tuple[str, str], list[Reply]] = {}
        self.heard: list[Heard] = []
        self.ended = threading.Event()

    def on(self, method: str, path: str, *replies: Reply) -> None:
        """Answer in this order; the last one again and again."""
        self.replies[method, path.lower()] = list(replies)

    def reply(self, heard: Heard) -> Reply:
        self.heard.append(heard)
        path = heard.path.partition("?")[0].lower()
        planned = self.replies.get((heard.method, path))
        if not planned:
            return Reply(404, '{"error": {"code": "ResourceNotFound", "message": "no"}}')
        return planned.pop(0) if len(planned) > 1 else planned[0]


def handler_of(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            heard = Heard(
                self.command, self.path, dict(self.headers.items()), self.rfile.read(length)
            )
            reply = script.reply(heard)
            if reply.waits:
                script.ended.wait(SERVER_SECONDS)
            if reply.drops or reply.waits:
                self.close_connection = True
                return
            body = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - names of the base class

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """Clients that hang up are part of the tests."""


@pytest.fixture(scope="session")
def unit_tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return issue(tmp_path_factory.mktemp("unit-tls"))


@pytest.fixture
def script(unit_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    found = Script()
    server = Server(("127.0.0.1", 0), handler_of(found))
    server.socket = server_context(unit_tls).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    found.url = f"https://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(unit_tls.authority))
    monkeypatch.setenv("NO_PROXY", "*")
    try:
        yield found
    finally:
        found.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(SERVER_SECONDS)


@pytest.fixture
def arm(script: Script) -> Iterator[Arm]:
    client = Arm(FixedCredential(), base_url=script.url)
    yield client
    client.close()

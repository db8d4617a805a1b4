"""GitHub's comments on pull requests, on loopback: the three routes, and what they refuse.

Facts: REST API 2022-11-28, "Issue comments". A token that may not write gets 403, as a fork's.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_of_a_test"
MAX_CHARACTERS = 65_536
_LIST = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)/comments")
_ONE = re.compile(r"/repos/([^/]+/[^/]+)/issues/comments/(\d+)")


@dataclass
class Api:
    """The comments of all pull requests; `may_write` is the token's right."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    may_write: bool = True
    calls: list[str] = field(default_factory=list)

    def add(self, number: int, body: str, *, kind: str = "Bot") -> dict[str, Any]:
        """Add a comment as somebody does."""
        comment = {
            "id": 1000 + len(self.comments),
            "body": body,
            "user": {"login": "somebody", "type": kind},
            "number": number,
        }
        self.comments.append(comment)
        return comment

    def answer(self, method: str, path: str, body: Any, headers: Any) -> tuple[int, Any]:
        """Return a status and JSON."""
        self.calls.append(method)
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        if headers["X-GitHub-Api-Version"] != "2022-11-28" or not headers["User-Agent"]:
            return 400, {"message": "headers"}
        address = urlsplit(path)
        of_number, of_one = _LIST.fullmatch(address.path), _ONE.fullmatch(address.path)
        if method == "GET" and of_number:
            query = parse_qs(address.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            assert size <= 100
            found = [each for each in self.comments if each["number"] == int(of_number[2])]
            return 200, found[(page - 1) * size : page * size]
        if not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if len(body["body"]) > MAX_CHARACTERS:
            return 422, {"message": "Body is too long"}
        if method == "POST" and of_number:
            return 201, self.add(int(of_number[2]), body["body"])
        if method == "PATCH" and of_one:
            for each in self.comments:
                if each["id"] == int(of_one[2]):
                    each["body"] = body["body"]
                    return 200, each
        return 404, {"message": "Not Found"}


@contextmanager
def github_api() -> Iterator[Api]:
    """Serve it until the block ends."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, document = api.answer(self.command, self.path, body, self.headers)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def do_PATCH(self) -> None:
            self._handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        yield api
        server.shutdown()

"""A job's own identity, asked of the host that runs it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.identity import AzurePipelinesCredential, ClientAssertionCredential

from rollout.cli.live.job_identity import AUDIENCE, NoIdentityError, github_token, job_credential

TENANT = "11111111-1111-1111-1111-111111111111"
GITHUB = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": "app",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.example/token",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
}
AZURE = {
    "AZURESUBSCRIPTION_TENANT_ID": TENANT,
    "AZURESUBSCRIPTION_CLIENT_ID": "app",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "connection",
    "SYSTEM_ACCESSTOKEN": "t",
    "SYSTEM_OIDCREQUESTURI": "https://azure.example/oidc",
}


class Tokens(BaseHTTPRequestHandler):
    """GitHub's answer to a job that may have a token: `{"value": ...}`."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        allowed = self.headers["Authorization"] == "Bearer request"
        told: Any = {"value": f"for {query['audience'][0]}"} if "api-version" in query else {}
        content = json.dumps(told).encode()
        self.send_response(200 if allowed else 403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token"
        server.shutdown()
        thread.join()


def test_github_gives_a_token_for_entra(url: str) -> None:
    assert github_token(f"{url}?api-version=2.0", "request") == f"for {AUDIENCE}"


@pytest.mark.parametrize(("asked", "token"), [("?api-version=2.0", "wrong"), ("", "request")])
def test_where_it_gives_none_the_permission_or_the_answer_is_named(
    url: str, asked: str, token: str
) -> None:
    with pytest.raises(NoIdentityError, match=r"id-token: write|no token"):
        github_token(f"{url}{asked}", token)


def test_the_request_token_is_sent_over_https_only() -> None:
    with pytest.raises(NoIdentityError, match="https"):
        github_token("http://github.example/token", "request")


def test_each_host_has_its_credential() -> None:
    assert isinstance(job_credential(GITHUB), ClientAssertionCredential)
    assert isinstance(job_credential(AZURE), AzurePipelinesCredential)


@pytest.mark.parametrize("whole", [GITHUB, AZURE])
def test_what_lacks_a_part_has_none(whole: dict[str, str]) -> None:
    for name in whole:
        assert job_credential({**whole, name: ""}) is None


def test_a_macro_without_a_value_is_no_token() -> None:
    assert job_credential({**AZURE, "SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"}) is None

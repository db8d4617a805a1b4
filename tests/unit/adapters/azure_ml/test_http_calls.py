"""A deadline holds against a peer that is never silent and never done."""

import socket
from collections.abc import Iterator

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest

from localazure.tls import TlsFiles, server_context
from rollout.adapters.azure_ml.http_calls import Deadline, answer_to, plain_policies
from rollout.adapters.azure_ml.watched_connections import Watch, watched_transport
from rollout.errors import ArmUnavailableError
from tests.support.dripping import Dripping

DEADLINE_SECONDS = 0.3

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def client() -> Iterator[PipelineClient[object, object]]:
    found: PipelineClient[object, object] = PipelineClient(
        "", policies=plain_policies(), transport=watched_transport()
    )
    yield found
    found.close()


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        pytest.param(BODY, b"x", id="body"),
        pytest.param(ENDLESS, b"x", id="body without a length"),
        pytest.param(CHUNKED, b"1\r\nx\r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", id="headers"),
        pytest.param(b"HTTP/1.1 ", b"2", id="status line"),
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(
    client: PipelineClient[object, object], begin: bytes, drop: bytes
) -> None:
    peer = Dripping(begin, drop)
    with pytest.raises(ArmUnavailableError, match=r"no complete answer from Azure within 0\.3 s"):
        answer_to(client, HttpRequest("POST", peer.url), 10**6, Deadline(DEADLINE_SECONDS))
    peer.close()
    assert peer.client_left


def test_an_answer_that_drips_through_tls_ends_at_the_deadline(
    client: PipelineClient[object, object], unit_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(unit_tls.authority))
    peer = Dripping(BODY, b"x", server_context(unit_tls))
    with pytest.raises(ArmUnavailableError, match="no complete answer"):
        answer_to(client, HttpRequest("GET", peer.url), 10**6, Deadline(DEADLINE_SECONDS))
    peer.close()
    assert peer.client_left


def test_an_error_before_the_deadline_stays_what_it_is(
    client: PipelineClient[object, object],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ServiceRequestError):
        answer_to(client, HttpRequest("GET", f"http://127.0.0.1:{port}/"), 10, Deadline(5))


def test_a_watch_that_has_passed_lets_no_socket_be_used() -> None:
    watch = Watch()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch.add(ours)
        watch.cut()
        assert theirs.recv(1) == b""
        # Cut again, and its other side gone: nothing is left to end.
        watch.cut()
        with pytest.raises(TimeoutError):
            watch.add(ours)
        watch.end()

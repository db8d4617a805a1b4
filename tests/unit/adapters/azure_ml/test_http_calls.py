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
from rollout.errors import ArmUnavailableError, StaleRowError
from tests.support.answering import Answering
from tests.support.dripping import Dripping

DEADLINE_SECONDS = 0.3
LONG_SECONDS = 60.0

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


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_the_last_check_is_made_over_a_connection_on_which_nothing_was_sent(
    client: PipelineClient[object, object],
    unit_tls: TlsFiles,
    monkeypatch: pytest.MonkeyPatch,
    secure: bool,  # noqa: FBT001 - a table's column
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(unit_tls.authority))
    seen: list[tuple[int, int]] = []
    with Answering(server_context(unit_tls) if secure else None) as peer:
        request = HttpRequest("PUT", peer.url, json={"weight": 50})
        for _ in range(2):
            answer_to(
                client,
                request,
                100,
                Deadline(LONG_SECONDS),
                last_check=lambda: seen.append((peer.connected(), peer.requests)),
            )
    # The first request found no connection; the second used it again, and was checked again.
    assert seen == [(1, 0), (1, 1)]


def test_what_the_last_check_raises_keeps_the_request_from_leaving(
    client: PipelineClient[object, object],
) -> None:
    def moved() -> None:
        raise StaleRowError("another writer was first")

    with Answering() as peer:
        request = HttpRequest("PUT", peer.url, json={"weight": 50})
        with pytest.raises(StaleRowError):
            answer_to(client, request, 100, Deadline(LONG_SECONDS), last_check=moved)
        answer_to(client, request, 100, Deadline(LONG_SECONDS))
    assert peer.requests == 1


def test_a_request_whose_last_check_outlasts_the_deadline_does_not_leave(
    client: PipelineClient[object, object],
) -> None:
    with Answering() as peer:
        request = HttpRequest("PUT", peer.url, json={"weight": 50})
        deadline = Deadline(DEADLINE_SECONDS)

        def slow() -> None:
            peer.client_gone()

        with pytest.raises(ArmUnavailableError, match="no complete answer"):
            answer_to(client, request, 100, deadline, last_check=slow)
    assert peer.requests == 0


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

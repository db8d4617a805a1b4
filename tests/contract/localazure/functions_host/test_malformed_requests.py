"""Requests that no client sends on purpose: refused as Azure's front ends do, never a 500."""

import socket
import stat
from urllib.parse import urlsplit

import pytest

from tests.support.contract.sample_host import SampleHost

WEBHOOK = "/runtime/webhooks/eventgrid?functionName=arrived"
DEEP = b"[" * 200_000
ANSWER_SECONDS = 30


def sent(host: SampleHost, head: bytes) -> bytes:
    """Send bytes as they are; return the status line of the answer."""
    address = urlsplit(host.process.ready["url"])
    with socket.create_connection(
        (str(address.hostname), address.port or 80), timeout=ANSWER_SECONDS
    ) as connection:
        connection.sendall(head)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("name", [b"x-functions-key", b"x-other"])
@pytest.mark.parametrize("path", [b"/api/echo/x", WEBHOOK.encode(), b"/admin/host/status"])
def test_a_header_that_is_not_utf_8_is_answered_400(
    host: SampleHost, path: bytes, name: bytes
) -> None:
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s: \xff\xfe\r\nContent-Length: 0\r\n\r\n"

    assert sent(host, head % (path, name)).startswith(b"HTTP/1.1 400")


def test_a_body_said_to_be_compressed_reaches_the_app_as_it_is(host: SampleHost) -> None:
    answer = host.call(
        "POST",
        "/api/echo/x",
        "functionKey",
        headers={"Content-Encoding": "gzip"},
        data=b"this is no gzip",
    )

    assert (answer.status, answer.json["body"]) == (201, "this is no gzip")


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
@pytest.mark.parametrize("body", [DEEP, b"this is no gzip", b"\xff"])
def test_the_event_webhook_answers_400_to_what_is_no_json(
    host: SampleHost, body: bytes, headers: dict[str, str]
) -> None:
    kind = {"aeg-event-type": "Notification"}

    answer = host.call("POST", WEBHOOK, "masterKey", headers={**kind, **headers}, data=body)

    assert answer.status == 400


def test_a_run_by_hand_with_deep_json_is_answered_400(host: SampleHost) -> None:
    assert host.call("POST", "/admin/functions/drain", "masterKey", data=DEEP).status == 400


def test_the_log_with_the_keys_is_readable_by_its_user_only(host: SampleHost) -> None:
    log = host.notes_file.parent / "state" / "host.log"

    assert host.process.ready["masterKey"] in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600

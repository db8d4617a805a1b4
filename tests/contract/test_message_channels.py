"""`Channel`: what a port does when its receiver takes, refuses, delays or never answers.

The double, and posts over https to the local Teams, Slack and hook.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from localazure.receivers.application import Receivers
from localazure.receivers.inbox import Receiver, Trouble
from localazure.tls import TlsFiles, server_context
from rollout.adapters.messages.channels import channel_of
from rollout.adapters.messages.posting import ATTEMPTS, Bounds, Posting
from rollout.errors import MessageDelayedError, MessageRefusedError
from tests.doubles.memory_messages import MemoryChannel
from tests.support.contract.local_azure import Servers, loop_in_thread, run
from tests.support.dripping import Dripping
from tests.support.happenings import a_message

if TYPE_CHECKING:
    from rollout.ports import Channel

CONSOLE = "https://app.example/api/ui"
SECONDS = 10.0
EVENT = {"specversion": "1.0", "id": "i", "source": "/s", "type": "t", "data": {}}
KINDS = {"teams": Receiver.TEAMS, "slack": Receiver.SLACK, "event": Receiver.HOOK}


@dataclass
class Clock:
    """Seconds that pass when somebody pauses."""

    now: float = 0.0

    def read(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Line:
    """A channel, what arrived through it, and what it meets next."""

    port: "Channel"
    arrived: Callable[[], int]
    meets: Callable[[int, str], None]

    def post(self, seconds: float = SECONDS) -> None:
        self.port.post(a_message(), EVENT, seconds)


@dataclass(frozen=True)
class Place:
    """The receivers as they run, under a clock of the test's."""

    receivers: Receivers
    clock: Clock
    base: str
    made: list[Posting] = field(default_factory=list)

    def posting(self, name: str, bounds: Bounds | None = None) -> Posting:
        url = self.receivers.urls(self.base)[KINDS[name].value]
        made = Posting(url, bounds or Bounds(), pause=self.clock.pause, clock=self.clock.read)
        self.made.append(made)
        return made


@pytest.fixture(scope="module")
def running(local_tls: TlsFiles) -> Iterator[Place]:
    clock = Clock()
    receivers = Receivers(clock.read)
    with loop_in_thread() as loop:
        servers = Servers()
        base = run(loop, servers.serve(receivers.application(), server_context(local_tls)))
        yield Place(receivers, clock, base)
        run(loop, servers.close())


@pytest.fixture
def posting() -> Iterator[Callable[[str], Posting]]:
    """Makes posts to any address."""
    made: list[Posting] = []

    def make(url: str) -> Posting:
        made.append(Posting(url, Bounds()))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def place(running: Place, local_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in local_tls.client_environment().items():
        monkeypatch.setenv(name, value)
    running.receivers.forget()
    yield running
    while running.made:
        running.made.pop().close()


@pytest.fixture(params=["double", *KINDS])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    if request.param == "double":
        memory = MemoryChannel()

        def trouble(status: int, wait: str) -> None:
            delayed = MessageDelayedError(str(status), wait=float(wait) if wait else None)
            refused = MessageRefusedError(str(status))
            later = status in (0, 408, 425, 429) or status >= 500
            memory.trouble.append(delayed if later else refused)

        yield Line(memory, lambda: len(memory.arrived), trouble)
        return
    place: Place = request.getfixturevalue("place")
    port = channel_of(request.param, place.posting(request.param), CONSOLE)
    receiver = KINDS[request.param]
    inbox = place.receivers.inbox

    def meets(status: int, wait: str) -> None:
        times = ATTEMPTS if status == 429 else 1
        inbox.plan(receiver, Trouble(status, wait), times)

    def arrived() -> int:
        return len([each for each in inbox.arrived if 200 <= each.status < 300])

    yield Line(port, arrived, meets)


def test_a_message_arrives(line: Line) -> None:
    line.post()
    assert line.arrived() == 1


@pytest.mark.parametrize("status", [0, 408, 425, 500, 503])
def test_what_may_pass_is_tried_again_later(line: Line, status: int) -> None:
    line.meets(status, "")
    with pytest.raises(MessageDelayedError):
        line.post()
    line.post()
    assert line.arrived() == 1


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 410, 413])
def test_what_will_not_pass_is_refused_for_good(line: Line, status: int) -> None:
    line.meets(status, "")
    with pytest.raises(MessageRefusedError):
        line.post()
    assert line.arrived() == 0


def test_a_receiver_that_asks_for_more_time_than_there_is_is_left_alone(line: Line) -> None:
    line.meets(429, "3600")
    with pytest.raises(MessageDelayedError) as delayed:
        line.post()
    assert delayed.value.wait == 3600


@pytest.mark.parametrize("name", list(KINDS))
def test_a_receiver_shows_what_it_was_sent(place: Place, name: str) -> None:
    channel_of(name, place.posting(name), CONSOLE).post(a_message(), EVENT, SECONDS)
    (call,) = place.receivers.inbox.arrived
    assert call.problems == ()
    assert isinstance(call.body, dict)
    assert call.content_type.startswith("application/")


@pytest.mark.parametrize(("name", "calls"), [("slack", 2), ("teams", 6)])
def test_a_burst_waits_as_long_as_the_receiver_asks(place: Place, name: str, calls: int) -> None:
    channel = channel_of(name, place.posting(name), CONSOLE)
    begun = place.clock.now
    for _ in range(calls):
        channel.post(a_message(), EVENT, SECONDS)
    taken = [each for each in place.receivers.inbox.arrived if each.status < 300]
    assert len(taken) == calls
    assert place.clock.now - begun >= 1.0


def test_no_redirect_is_followed(place: Place) -> None:
    place.receivers.inbox.plan(Receiver.HOOK, Trouble(307), 1)
    with pytest.raises(MessageRefusedError, match="redirect, which is never followed"):
        channel_of("event", place.posting("event"), None).post(a_message(), EVENT, SECONDS)
    assert len(place.receivers.inbox.arrived) == 1


def test_no_time_is_no_call(place: Place) -> None:
    with pytest.raises(MessageDelayedError, match="no time is left"):
        channel_of("event", place.posting("event"), None).post(a_message(), EVENT, 0.0)
    assert not place.receivers.inbox.arrived


def test_an_answer_that_is_late_is_a_lost_one(place: Place) -> None:
    place.receivers.inbox.plan(Receiver.HOOK, Trouble(200, seconds=2.0, kept=True), 1)
    hasty = place.posting("event", Bounds(connect=3.0, read=0.2))
    with pytest.raises(MessageDelayedError, match="does not answer"):
        hasty.post(b"{}", "application/json", SECONDS)


def test_an_answer_that_drips_ends_with_the_time_there_is(
    posting: Callable[[str], Posting],
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    drip = Dripping(head, b"x")
    with pytest.raises(MessageDelayedError, match="no whole answer in time"):
        posting(drip.url).post(b"{}", "application/json", 0.5)
    drip.close()
    assert drip.client_left


def test_no_error_and_no_line_of_a_log_tells_the_address(
    place: Place, posting: Callable[[str], Posting], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [url.rpartition("/")[2] for url in place.receivers.urls(place.base).values()]
    texts: list[str] = []
    for status in (0, 301, 404, 429, 500):
        for name, receiver in KINDS.items():
            place.receivers.inbox.plan(receiver, Trouble(status, "3600"), 1)
            with pytest.raises((MessageDelayedError, MessageRefusedError)) as raised:
                channel_of(name, place.posting(name), CONSOLE).post(a_message(), EVENT, SECONDS)
            texts.append(repr(raised.value) + repr(raised.value.__cause__))
            assert raised.value.__suppress_context__ or raised.value.__context__ is None
    nobody = posting("https://127.0.0.1:1/services/T0/B0/sEcReT")
    with pytest.raises(MessageDelayedError) as lost:
        nobody.post(b"{}", "application/json", SECONDS)
    texts += [repr(lost.value), caplog.text]
    for secret in [*secrets, "sEcReT"]:
        assert not [text for text in texts if secret in text]


@pytest.mark.parametrize("host", [f"{'a' * 64}.example", ".example", "*", "example:99999"])
def test_a_host_that_cannot_be_is_a_channel_that_does_not_answer(host: str) -> None:
    posting = Posting(f"https://{host}/services/T0/B0/the-secret", Bounds())
    with pytest.raises(MessageDelayedError) as raised:
        posting.post(b"{}", "application/json", SECONDS)
    posting.close()
    assert "the-secret" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("client", [RequestsInstrumentor, URLLib3Instrumentor])
def test_no_span_of_a_traced_app_has_the_address(
    client: type[RequestsInstrumentor | URLLib3Instrumentor],
) -> None:
    spans = InMemorySpanExporter()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    client().instrument(tracer_provider=tracing)
    posting = Posting("http://127.0.0.1:1/services/T0/B0/the-secret", Bounds())
    try:
        with pytest.raises(MessageDelayedError):
            posting.post(b"{}", "application/json", SECONDS)
    finally:
        posting.close()
        client().uninstrument()
    assert spans.get_finished_spans() == ()

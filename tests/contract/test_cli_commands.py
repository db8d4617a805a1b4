"""Whole commands in this process, against a server that answers with the app's own views."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml

from rollout.cli import main
from rollout.cli.exits import ExitCode
from rollout.cli.live import waiting
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from tests.support.builders import a_rollout, held
from tests.support.views import baking, entry, fault_view, view_of

View = Mapping[str, Any]
BAKES = view_of(baking(), history=(entry(1, "CREATING -> VALIDATING"), entry(2, "and so on")))
PROMOTED = view_of(a_rollout(Phase.PROMOTED))
WHOAMI = {"actor": "ann", "proven": True, "app": False, "signIn": True, "roles": ["Reader"]}


@dataclass
class AppServer:
    """Gives the views one after another, the last one for ever; a number is an error's status."""

    url: str = ""
    views: list[View | int] = field(default_factory=lambda: [BAKES])
    posted: list[tuple[str, Any]] = field(default_factory=list)
    outcome: str = "received"
    suspended: list[View] = field(default_factory=list)
    asked: int = 0

    def next_view(self) -> View | int:
        self.asked += 1
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]

    def answer(self, path: str) -> tuple[int, Any]:
        match path.removeprefix("/api/").partition("?")[0]:
            case "whoami":
                return 200, {**WHOAMI, "may": []}
            case "health":
                return 200, {"ready": True, "tickAgeSeconds": 4, "text": ""}
            case "suspensions":
                return 200, {"value": self.suspended}
            case "rollouts" if "after=" in path:
                return 200, {"value": [fault_view()], "after": None}
            case "rollouts":
                return 200, {"value": [BAKES], "after": "fraud"}
            case history if history.endswith("/history"):
                return 200, {"rollout": "r", "value": BAKES["history"], "before": None}
            case offers if offers.endswith("/offers"):
                return 200, {"value": [], "after": None}
            case _:
                view = self.next_view()
                return (view, {"detail": "No."}) if isinstance(view, int) else (200, view)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppServer]:
    served = AppServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.give(*served.answer(self.path))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            served.posted.append((self.path.removeprefix("/api/"), json.loads(content)))
            verb = self.path.rpartition("/")[2].replace("rollouts", "start")
            order = {"verb": verb, "text": "carried out", "rollout": "the-rollout"}
            if verb == "start":
                order["outcome"] = served.outcome
            self.give(202, {**BAKES, "order": order})

        def give(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Print nothing."""

    for name in ("ROLLOUT_CLIENT_ID", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("ROLLOUT_APP", served.url)
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)


def test_the_list_is_read_page_by_page(app: AppServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--ascii"]) == ExitCode.GOOD

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["x", "fraud", "2"]
    assert lines[-1].endswith("the timer ran 4 s ago")


@pytest.mark.parametrize("words", [["get", "fraud"], ["why", "fraud"], ["history", "fraud"]])
def test_programs_get_json_and_yaml_of_the_same(
    app: AppServer, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-o", "json"]) == ExitCode.GOOD
    as_json = json.loads(capsys.readouterr().out)
    assert main([*words, "-o", "yaml"]) == ExitCode.GOOD
    assert yaml.safe_load(capsys.readouterr().out) == as_json


def test_people_get_a_card_sentences_and_lines(
    app: AppServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, told in [
        (["get", "fraud"], "TRAFFIC"),
        (["why", "fraud"], "Next: "),
        (["history", "fraud", "--limit", "1"], "and so on"),
        (["whoami"], "proven by the sign-in"),
    ]:
        assert main(words) == ExitCode.GOOD
        assert told in capsys.readouterr().out


def test_a_version_that_nobody_offered_is_not_known(
    app: AppServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", "fraud", "99"]) == ExitCode.NOT_GOOD
    assert "never offered version 99" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["pause", "rollback", "cancel", "abort"])
def test_an_order_prints_the_apps_answer(
    app: AppServer, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "fraud", "--reason", "x", "--yes"]) == ExitCode.GOOD

    told = capsys.readouterr()
    assert told.out == "carried out\n"
    assert "version 7 bakes at 10 %" in told.err
    ((path, _),) = app.posted
    assert path == f"rollouts/fraud/{'rollback' if verb == 'abort' else verb}"


def test_an_order_gives_a_pipeline_the_rollouts_id(
    app: AppServer, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["promote", "fraud", "--reason", "x", "--yes", "--skip-evidence", "-o", "name"]

    assert main(words) == ExitCode.GOOD
    assert capsys.readouterr().out == "the-rollout\n"


@pytest.mark.parametrize(
    ("order", "views", "code"),
    [
        ("resume", [view_of(held(baking())), BAKES, PROMOTED], ExitCode.GOOD),
        ("advance --skip-evidence", [BAKES, view_of(held(baking()))], ExitCode.HELD),
        ("advance --skip-evidence", [BAKES, 503, BAKES, PROMOTED], ExitCode.UNREACHABLE),
        ("rollback", [BAKES, view_of(a_rollout(Phase.ROLLED_BACK))], ExitCode.GOOD),
        (
            "advance --skip-evidence",
            [BAKES, view_of(a_rollout(Phase.ROLLED_BACK, cause=Cause.GATE))],
            ExitCode.ROLLED_BACK,
        ),
        ("retry --version 7", [BAKES, PROMOTED], ExitCode.TIMED_OUT),
    ],
)
def test_waiting_ends_with_a_code_for_each_outcome(
    app: AppServer,
    at_once: None,
    *,
    order: str,
    views: list[View | int],
    code: ExitCode,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app.views = list(views)
    verb, *more = order.split()
    words = [verb, "fraud", *more, "--reason", "x", "--yes", "--wait", "-o", "json"]

    assert main([*words, "--timeout", "1s"]) == code
    assert json.loads(capsys.readouterr().out)["outcome"] == code.name.lower()


def test_a_start_waits_for_a_rollout_of_its_version(
    app: AppServer, at_once: None, capsys: pytest.CaptureFixture[str]
) -> None:
    app.views = [view_of(a_rollout(Phase.SUCCEEDED, id="older")), BAKES, PROMOTED]
    words = ["start", "fraud", "--version", "7", "--reason", "x", "--yes", "--wait"]

    assert main(words) == ExitCode.GOOD
    assert "is promoted" in capsys.readouterr().out


def test_a_start_of_a_version_that_is_known_waits_for_no_new_rollout(
    app: AppServer, at_once: None, capsys: pytest.CaptureFixture[str]
) -> None:
    app.outcome = "known"
    app.views = [view_of(a_rollout(Phase.SUCCEEDED))]
    words = ["start", "fraud", "--version", "7", "--reason", "x", "--yes", "--wait"]

    assert main(words) == ExitCode.GOOD
    assert "succeeded" in capsys.readouterr().out


def test_watching_prints_each_decision_and_each_state_once(
    app: AppServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app.views = [BAKES, BAKES, 503, PROMOTED]
    interrupted_after(monkeypatch, app, 4)

    assert main(["watch", "fraud"]) == ExitCode.GOOD

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "and so on" in line] == [lines[1]]
    assert sum("bakes at 10 %" in line for line in lines) == 1
    assert any("does not answer" in line for line in lines)
    assert "PROMOTED" in lines[-2]
    assert lines[-1] == "the app answers"


def test_watching_for_programs_prints_a_line_a_view(
    app: AppServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app.views = [BAKES, PROMOTED]
    interrupted_after(monkeypatch, app, 2)

    assert main(["watch", "fraud", "-o", "json"]) == ExitCode.GOOD

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["phase"] for line in lines] == ["BAKING", "PROMOTED"]


def test_watching_on_a_terminal_draws_the_card(
    app: AppServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    interrupted_after(monkeypatch, app, 1)

    assert main(["watch", "fraud"]) == ExitCode.GOOD
    assert "TRAFFIC" in capsys.readouterr().out


def test_an_app_that_is_not_there_is_unreachable_at_once(
    app: AppServer, capsys: pytest.CaptureFixture[str]
) -> None:
    app.views = [503]

    assert main(["watch", "fraud"]) == ExitCode.UNREACHABLE
    assert "503" in capsys.readouterr().err


def interrupted_after(monkeypatch: pytest.MonkeyPatch, app: AppServer, views: int) -> None:
    """Press Ctrl-C instead of waiting, once so many views were asked for."""

    def sleep(_: float) -> None:
        if app.asked >= views:
            raise KeyboardInterrupt

    monkeypatch.setattr("rollout.cli.live.watching.time.sleep", sleep)


MOMENT = "2026-12-24T18:00:00+01:00"


@pytest.mark.parametrize(
    ("words", "path", "until"),
    [
        (["suspend", "fraud"], "rollouts/fraud/suspend", None),
        (["suspend", "fraud", "--until", MOMENT], "rollouts/fraud/suspend", MOMENT),
        (["suspend", "--all", "--until", MOMENT], "suspend", MOMENT),
        (["unsuspend", "--all"], "unsuspend", None),
    ],
)
def test_one_service_or_all_are_suspended(
    app: AppServer,
    words: list[str],
    path: str,
    until: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app.suspended = [{"service": None, "by": "bob", "reason": "an incident", "until": None}]

    assert main([*words, "--reason", "x", "--yes"]) == ExitCode.GOOD
    told = capsys.readouterr()
    assert told.out == "carried out\n"
    assert ("all services are suspended by bob: an incident" in told.err) == ("--all" in words)
    ((posted, body),) = app.posted
    assert (posted, body.get("until"), body["reason"]) == (path, until, "x")


def test_a_suspension_may_last_for_a_while(app: AppServer) -> None:
    assert main(["suspend", "fraud", "--until", "2h", "--reason", "x", "--yes"]) == ExitCode.GOOD
    ((_, body),) = app.posted
    left = datetime.fromisoformat(body["until"]) - datetime.now(UTC)
    assert timedelta(minutes=100) < left < timedelta(minutes=130)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["suspend"], "Name a service, or say --all."),
        (["unsuspend", "fraud", "--all"], "Name a service, or say --all."),
        (["suspend", "fraud", "--until", "tomorrow"], "--until takes a duration"),
        (["suspend", "fraud", "--until", "2026-12-24T18:00:00"], "--until takes a duration"),
    ],
)
def test_a_suspension_says_what_and_how_long(
    app: AppServer, words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--reason", "x", "--yes"]) == ExitCode.USAGE
    assert text in " ".join(capsys.readouterr().err.split())
    assert not app.posted


def test_what_is_not_suspended_or_frozen_is_not_let_go(
    app: AppServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("unsuspend", "override"):
        assert main([verb, "fraud", "--reason", "x", "--yes"]) == ExitCode.NOT_GOOD
        assert f"{verb} can do nothing now" in capsys.readouterr().err

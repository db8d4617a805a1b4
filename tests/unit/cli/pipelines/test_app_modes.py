"""What a start tells a pipeline, from views that the app's own code makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from rollout.cli.exits import ExitCode
from rollout.cli.live.client import Answer, App, UnreachableError
from rollout.cli.live.place import Place
from rollout.cli.live.session import Session
from rollout.cli.live.waiting import Until
from rollout.cli.pipelines.app_modes import Start, start_mode
from rollout.cli.pipelines.ended import Ended, tell
from rollout.cli.pipelines.host import Terminal
from rollout.cli.shown.glyphs import ASCII
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Hold, HoldReason
from tests.support.builders import GREEN, NOW, ROLLOUT_ID, a_rollout
from tests.support.views import baking, entry, view_of

View = Mapping[str, Any]
NOTHING = view_of(None)
BY_ANN = Hold(HoldReason.OPERATOR, "ann", NOW, NOW + timedelta(days=1))
HISTORY = (entry(1, "created"), entry(2, "10 % | look: *at* <this>"))


@dataclass
class Played(App):
    """An app that shows one view after the other; the last one stays."""

    views: Sequence[View] = ()
    posted: list[tuple[str, View]] = field(default_factory=list)

    def _next(self) -> View:
        first, *rest = self.views
        if rest:
            self.views = rest
        return first

    def get(self, path: str, query: Mapping[str, str] | None = None, tag: str = "") -> Answer:
        rows = self.views[0]["history"]
        return Answer(200, {"rollout": "r", "value": rows, "before": None})

    def view(self, service: str) -> View:
        return self._next()

    def post(self, path: str, body: View, key: str) -> Any:
        self.posted.append((path, body))
        return {**NOTHING, "order": {"outcome": "offered", "text": "version 7 was offered"}}


def played(monkeypatch: pytest.MonkeyPatch, *views: View, until: Until | None) -> Ended:
    monkeypatch.setattr("rollout.cli.live.waiting.POLL_SECONDS", 0)
    app = Played(Place("https://app"), views=views)
    rollout = next((view["rollout"] for view in reversed(views) if view["rollout"]), None)
    version = rollout["version"] if rollout else "7"
    run = Session(app, Console(), ASCII)
    ended = start_mode(run, Start("fraud", version, "CR-1", until, timedelta(minutes=1)))
    ((path, body),) = app.posted
    assert (path, body["reason"]) == ("rollouts", "CR-1")
    return ended


@pytest.mark.parametrize(
    ("last", "code", "outcome"),
    [
        (a_rollout(Phase.PROMOTED), ExitCode.GOOD, "promoted"),
        (a_rollout(Phase.ROLLED_BACK, ended_at=NOW), ExitCode.ROLLED_BACK, "rolled-back"),
        (a_rollout(Phase.FAILED, ended_at=NOW), ExitCode.FAILED, "failed"),
        (
            baking(hold=BY_ANN),
            ExitCode.HELD,
            "held",
        ),
    ],
)
def test_the_outcome_is_one_word_with_the_rollout_and_its_timeline(
    monkeypatch: pytest.MonkeyPatch, last: Any, code: ExitCode, outcome: str
) -> None:
    ended = played(
        monkeypatch,
        NOTHING,
        view_of(baking()),
        view_of(last, history=HISTORY),
        until=Until.PROMOTED,
    )

    assert (ended.code, ended.outcome) == (code, outcome)
    assert ended.outputs == {"rollout": ROLLOUT_ID, "phase": last.phase.value}
    facts, timeline = ended.sections
    assert GREEN in facts
    assert [line.count(" | ") for line in timeline.splitlines() if "---" not in line] == [2] * 3
    assert "<this>" not in timeline


def test_a_stage_that_was_waited_for_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = played(monkeypatch, NOTHING, view_of(baking()), until=Until.STAGE)

    assert (ended.code, ended.outcome) == (ExitCode.GOOD, "stage")


def test_without_waiting_the_rollout_of_before_is_not_taken_for_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = view_of(a_rollout(Phase.ROLLED_BACK, ended_at=NOW), history=HISTORY)

    ended = played(monkeypatch, before, until=None)

    assert (ended.code, ended.outcome) == (ExitCode.GOOD, "offered")
    assert ended.outputs == {"rollout": "", "phase": ""}
    assert ended.sections == ()


def test_an_error_is_told_to_the_host_and_becomes_its_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work() -> Ended:
        raise UnreachableError("nobody\nanswers")

    assert tell(Terminal(), "start", work) == ExitCode.UNREACHABLE

    shown = capsys.readouterr()
    assert shown.err == "error: nobody\nerror: answers\n"
    assert "outcome=unreachable\nexit-code=5\n" in shown.out


def test_a_hold_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(Terminal(), "start", lambda: Ended(ExitCode.HELD, "held", "waits")) == 3
    assert capsys.readouterr().err == "warning: waits\n"

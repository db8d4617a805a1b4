"""An order is bound to what was shown, and nothing is sent without consent."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from rollout.cli.exits import ExitCode
from rollout.cli.live.client import App, NoAnswerError, UnreachableError
from rollout.cli.live.ordering import (
    LONGEST_PAUSE_SECONDS,
    PAUSE_SECONDS,
    TRIES,
    Given,
    Order,
    give,
    start,
)
from rollout.cli.live.place import Place, PlaceError
from rollout.cli.live.session import Session
from rollout.cli.shown.glyphs import UNICODE
from rollout.core.policy.model import Approval
from tests.support.builders import POLICY, ROLLOUT_ID
from tests.support.views import baking, view_of


class AppDouble(App):
    """Answers with one view, and keeps what it is sent."""

    def __init__(self, view: Mapping[str, Any]) -> None:
        super().__init__(Place("https://app"))
        self.shown = view
        self.troubles: list[UnreachableError] = []
        self.keys: list[str] = []
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    def view(self, service: str) -> Mapping[str, Any]:
        return self.shown

    def post(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        self.keys.append(key)
        if self.troubles:
            raise self.troubles.pop()
        self.sent.append((path, body))
        return {"order": {"text": "done"}}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppDouble:
    monkeypatch.setenv("ROLLOUT_ACTOR", "ann")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return AppDouble(view_of(baking()))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between two tries, instead of waiting."""
    found: list[float] = []
    monkeypatch.setattr("rollout.cli.live.ordering.time.sleep", found.append)
    return found


def run(app: AppDouble) -> Session:
    return Session(app, Console(file=io.StringIO(), width=80), UNICODE)


def ordered(app: AppDouble, verb: str, **fields: Any) -> Given:
    return give(run(app), Order(verb, "fraud", "because", **{"yes": True, **fields}))


def test_an_advance_is_bound_to_the_stage_that_was_shown(app: AppDouble) -> None:
    ordered(app, "advance", skip_evidence=True)

    ((path, body),) = app.sent
    assert path == "rollouts/fraud/advance"
    assert body == {
        "reason": "because",
        "actor": "ann",
        "expected": {"rollout": ROLLOUT_ID, "phase": "BAKING", "stage": 0},
        "skip_evidence": True,
    }


def test_what_is_skipped_is_shown_and_a_pipeline_must_agree_to_it(
    app: AppDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PlaceError, match="--skip-evidence"):
        ordered(app, "advance")

    told = capsys.readouterr().err
    assert "asking for blue 50 %, green-7 50 %; skipped at 10 %" in told
    assert "without its evidence" in told
    assert app.sent == []


def test_nobody_to_ask_is_no_consent(app: AppDouble) -> None:
    with pytest.raises(PlaceError, match="--yes"):
        ordered(app, "rollback", yes=False)

    assert app.sent == []


@pytest.mark.parametrize(
    ("answer", "sent"), [("y\n", 1), ("YES\n", 1), ("\n", 0), ("n\n", 0), ("yo\n", 0), ("", 0)]
)
def test_only_a_yes_agrees(
    app: AppDouble, monkeypatch: pytest.MonkeyPatch, answer: str, sent: int
) -> None:
    monkeypatch.setattr("rollout.cli.live.ordering.is_asked", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))

    given = ordered(app, "rollback", yes=False)

    assert len(app.sent) == sent
    assert given.code == (ExitCode.GOOD if sent else ExitCode.NOT_GOOD)


def test_that_a_second_person_is_needed_is_said_before_it_is_asked(
    app: AppDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = tuple(replace(each, approval=Approval.SECOND_PERSON) for each in POLICY.stages)
    app.shown = view_of(replace(baking(), policy=replace(POLICY, stages=asks)))

    ordered(app, "advance", skip_evidence=True)

    assert "a signed-in person who did not start the rollout" in capsys.readouterr().err


def test_an_order_that_can_do_nothing_is_not_sent(
    app: AppDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ordered(app, "resume")

    assert (given.code, app.sent) == (ExitCode.NOT_GOOD, [])
    assert "you can order: advance, pause, rollback, cancel" in capsys.readouterr().err


def test_a_version_that_is_named_need_not_be_in_the_view(app: AppDouble) -> None:
    ordered(app, "retry", version="5")

    ((path, body),) = app.sent
    assert (path, body["version"]) == ("rollouts/fraud/retry", "5")


def test_a_start_names_service_and_version(app: AppDouble) -> None:
    start(run(app), "fraud", "8", "because", yes=True)

    ((path, body),) = app.sent
    assert path == "rollouts"
    assert body == {"service": "fraud", "version": "8", "reason": "because", "actor": "ann"}


def test_an_order_that_is_not_answered_is_sent_again_under_its_key(
    app: AppDouble, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    app.troubles = [NoAnswerError("503", 7.0), NoAnswerError("timed out"), NoAnswerError("", 999.0)]

    assert ordered(app, "rollback").answer == {"order": {"text": "done"}}

    assert len(app.keys) == TRIES
    assert len(set(app.keys)) == 1
    assert pauses == [LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, 7.0]
    assert "no answer (timed out); the same order is sent again" in capsys.readouterr().err


def test_each_order_has_a_key_of_its_own(app: AppDouble) -> None:
    ordered(app, "rollback")
    ordered(app, "rollback")

    assert len({str(UUID(key)) for key in app.keys}) == 2


@pytest.mark.parametrize(
    ("trouble", "times"), [(NoAnswerError("timed out"), TRIES), (UnreachableError("500"), 1)]
)
def test_an_order_without_an_answer_may_have_been_carried_out(
    app: AppDouble, pauses: list[float], trouble: UnreachableError, times: int
) -> None:
    app.troubles = [trouble] * TRIES

    with pytest.raises(UnreachableError, match="carried out all the same"):
        ordered(app, "rollback")

    assert (len(app.keys), len(pauses)) == (times, times - 1)

"""Completion: names where the app answers in time, and nothing else."""

import threading
from typing import Any
from unittest.mock import Mock

import pytest

from rollout.cli.live import completing


def complete(
    monkeypatch: pytest.MonkeyPatch, ask: Any, begun: str = "", patience: float = 60.0
) -> list[str]:
    monkeypatch.setattr(completing, "_names", ask)
    monkeypatch.setattr(completing, "PATIENCE_SECONDS", patience)
    return completing.services(Mock(params={}), begun)


def test_names_that_begin_so_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: Any) -> list[str]:
        return ["fraud-2", "fraud-1", "prices"]

    assert complete(monkeypatch, ask, "fr") == ["fraud-1", "fraud-2"]


def test_what_goes_wrong_goes_unsaid(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(_: Any) -> list[str]:
        raise RuntimeError("no")

    assert complete(monkeypatch, ask) == []
    assert capsys.readouterr() == ("", "")


def test_an_app_that_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def ask(_: Any) -> list[str]:
        ended.wait()
        return ["fraud"]

    assert complete(monkeypatch, ask, patience=0.01) == []
    ended.set()

"""What the demo says when something fails: one sentence, with facts and where to look."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from demo.load import Failure, Load, failures_in_words
from demo.machine import Machine
from demo.outcomes import Outcome
from demo.playing import EXIT_AS_TOLD, EXIT_NOT_AS_TOLD, Story, play
from demo.policies import ServiceCopy, demo_changes, template_changes
from demo.scene import Scene, StoryError, last_line
from demo.screens import PlainScreen
from demo.staying_up import own_services, stay_up
from demo.watching import Decision, Picture, Watcher

if TYPE_CHECKING:
    from demo.local_cloud import LocalCloud

AT = datetime(2026, 11, 26, 22, 26, 18, tzinfo=UTC)
FAILED = [Failure(AT, "blue-1", 408, "upstream request timeout")] * 5
MANY = tuple(Decision("2026-11-26T22:26:18Z", "Held", "BAKING", "text " * 50) for _ in range(200))


class SilentWatcher:
    def look(self) -> tuple[Picture, list[Decision]]:
        return Picture({}, {}, {}, MANY), []


class NoCloud:
    app_log = Path("/logs/host.log")


def scene(machine: Machine) -> Scene:
    return Scene(
        cast("LocalCloud", NoCloud()),
        cast("Load", None),
        cast("ServiceCopy", None),
        cast("Watcher", SilentWatcher()),
        PlainScreen(Console(quiet=True)),
        machine,
    )


def test_failed_requests_are_told_by_number_and_the_first_three() -> None:
    one = "status 408 from blue-1 at 22:26:18 UTC (upstream request timeout)"

    assert failures_in_words(19, FAILED) == f"19 failed, first {one}; {one}; {one}"
    assert failures_in_words(0, []) == "0 failed"
    assert str(Failure(AT, "(no answer)", None, "")) == "no answer from (no answer) at 22:26:18 UTC"


def test_a_wait_in_vain_ends_in_one_line_with_what_was_seen_and_the_log() -> None:
    with pytest.raises(StoryError) as stopped:
        scene(Machine()).watch_until(lambda _: False, "the registration", 0.0)

    text = str(stopped.value)
    assert text.startswith("gave up waiting for the registration after 0 s; last seen: the app is")
    assert text.endswith("see /logs/host.log")
    assert "\n" not in text
    assert len(text) < 300


def test_of_a_traceback_the_error_is_quoted() -> None:
    assert last_line("Traceback\n  File x\nValueError: no\n\n") == "ValueError: no"
    assert last_line(" ") == "it printed nothing"


def test_a_story_that_stops_keeps_what_was_told_and_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("demo.playing.scene_in", lambda *_, **__: NoScene())
    monkeypatch.setattr("demo.playing.measured", lambda: Machine(cpu_seconds=1.0, cores=2))

    def stops(_: Scene) -> Outcome:
        raise StoryError("gave up waiting; see host.log")

    def ends(_: Scene) -> Outcome:
        return Outcome("one", "SUCCEEDED", [])

    assert play(Story([ends]), tmp_path) == EXIT_AS_TOLD
    capsys.readouterr()
    assert play(Story([ends, stops]), tmp_path) == EXIT_NOT_AS_TOLD
    told = capsys.readouterr().out
    assert "The story stopped: gave up waiting; see host.log" in told
    assert "one\n  ended SUCCEEDED" in told
    assert "this machine is slow now: 5.0 times" in told
    assert f"Logs: {tmp_path}" in told


class NoScene:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("machine", "factor", "slow"),
    [
        (Machine(), 1.0, False),
        (Machine(cpu_seconds=0.01, start_seconds=0.01), 1.0, False),
        (Machine(cpu_seconds=0.8), 4.0, True),
        (Machine(start_seconds=1.0), 5.0, True),
        (Machine(start_seconds=100.0), 12.0, True),
    ],
)
def test_limits_follow_the_slower_of_computing_and_starting(
    machine: Machine, factor: float, *, slow: bool
) -> None:
    assert machine.limit(10.0) == pytest.approx(10 * factor)
    assert machine.slow is slow


def test_on_a_slow_machine_answers_may_take_longer_and_on_a_usual_one_nothing_changes(
    tmp_path: Path,
) -> None:
    slow = Machine(cpu_seconds=0.8)
    service = ServiceCopy(tmp_path)

    assert template_changes(Machine()) == {}
    assert "validate.requests.0.expect.latency" not in demo_changes()
    lines = [
        *service.edit_policy(demo_changes(machine=slow)),
        *service.edit_template(template_changes(slow)),
    ]

    assert "create.call_timeout: (default) -> 120s" in lines
    assert "validate.requests.0.expect.latency: 2s -> 8s" in lines
    assert "request_settings.request_timeout_ms: 5000 -> 20000" in lines


def test_own_services_are_the_folders_with_a_policy(tmp_path: Path) -> None:
    for name in ("b", "a", "notes"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        (tmp_path / name / "rollout.yaml").touch()

    assert own_services(tmp_path) == ["a", "b"]


def test_a_folder_without_services_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stay_up(tmp_path) == EXIT_NOT_AS_TOLD
    assert f"there is no service in {tmp_path}" in capsys.readouterr().out

"""`rollout replay` with recorded pairs of answers and collected outputs."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.predictions.recorded_outputs import Sides
from rollout.cli import main
from rollout.cli.recorded_predictions import read_predicted
from rollout.core.gate.history.replay import NOTHING
from rollout.core.policy.model import Policy
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Quality

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
POLICY = """\
endpoint: fraud-endpoint
model: {name: fraud}
stages: [{weight: 10, bake: 15m}, {weight: 100, bake: 15m}]
quality:
  live:
    outputs: [{path: score}]
    expect: {absent: [error]}
"""


def lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def pairs(folder: Path, count: int, *, flipped: int = 0) -> Path:
    rows = [
        {
            "candidate": {"label": 1 if number < flipped else number % 3},
            "stable": {"label": 0 if number < flipped else number % 3},
        }
        for number in range(count)
    ]
    return lines(folder / "pairs.jsonl", rows)


def outputs(folder: Path, bad: float, minutes: int = 12) -> Path:
    answer = {"score": 0.5}
    rows = [
        row
        for minute in range(minutes)
        for row in (
            {"minute": minute, "side": "stable", "data": [{"score": n / 90} for n in range(90)]},
            {
                "minute": minute,
                "side": "candidate",
                "data": [{"error": "no model"} if n < 10 * bad else answer for n in range(10)],
            },
        )
    ]
    return lines(folder / "outputs.jsonl", rows)


def replayed(folder: Path, *more: str, policy: str = POLICY) -> int:
    path = folder / "rollout.yaml"
    path.write_text(policy)
    return main(["replay", "--policy", str(path), "--scenario", "healthy", *more])


def test_answers_that_differ_hold_and_the_sentence_says_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = pairs(tmp_path, 60, flipped=30)
    assert replayed(tmp_path, "--pairs", str(path), "--expect", "hold") == 0
    told = capsys.readouterr()
    assert "30 of 60 answers differ (50 %): label 0 -> 1 in 30 of them" in told.out
    assert "note: the pairs have no durations: they say nothing of speed\n" in told.err


def test_what_lies_after_the_last_recorded_minute_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"minute": at, "candidate": 1, "stable": 1} for at in (0, 5000, 5000)]
    replayed(tmp_path, "--pairs", str(lines(tmp_path / "pairs.jsonl", rows)))
    assert "2 of 3 pairs lie after the last recorded minute" in capsys.readouterr().err
    late = [{"minute": at, "side": "stable", "data": [{"score": 0.5}]} for at in (0, 5000)]
    replayed(tmp_path, "--outputs", str(lines(tmp_path / "outputs.jsonl", late)))
    assert "1 of 2 minutes of outputs lie after" in capsys.readouterr().err


def test_answers_that_are_alike_advance(tmp_path: Path) -> None:
    path = pairs(tmp_path, 200)
    assert replayed(tmp_path, "--pairs", str(path), "--expect", "advance") == 0


def test_live_answers_that_are_errors_roll_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = outputs(tmp_path, bad=0.5)
    assert replayed(tmp_path, "--outputs", str(path), "--expect", "rollback") == 0
    assert capsys.readouterr().err == ""


def test_too_few_outputs_of_stable_are_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = outputs(tmp_path, bad=0.0, minutes=1)
    replayed(tmp_path, "--outputs", str(path))
    noted = "note: stable answered fewer than 100 times before the last minute: no distribution"
    assert noted in capsys.readouterr().err
    # A policy without outputs asks for none.
    replayed(tmp_path, "--outputs", str(path), policy=POLICY.replace("[{path: score}]", "[]"))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("option", "rows", "said"),
    [
        ("--pairs", [{"candidate": 1}], "pairs.jsonl, line 1: give stable, its answer as JSON"),
        ("--outputs", [{"minute": 0}], "pairs.jsonl, line 1: it has neither a side nor the source"),
        ("--outputs", [{"source": "s", "data": 1}], "use --stable NAME and --candidate NAME"),
    ],
)
def test_a_file_that_cannot_be_used_ends_with_two(
    tmp_path: Path,
    option: str,
    rows: Sequence[Mapping[str, Any]],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert replayed(tmp_path, option, str(lines(tmp_path / "pairs.jsonl", rows))) == 2
    assert said in capsys.readouterr().err


def test_outputs_need_a_policy_that_reads_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = outputs(tmp_path, bad=0.0)
    without = POLICY.partition("quality:")[0]
    assert replayed(tmp_path, "--outputs", str(path), policy=without) == 2
    assert "--outputs: the policy has no `quality.live`" in capsys.readouterr().err


def test_deployments_may_be_named_for_records_beside_a_scenario(tmp_path: Path) -> None:
    source = "/workspaces/w/onlineEndpoints/e/deployments/{}"
    rows = [
        {
            "source": source.format(name),
            "time": f"2026-01-31T10:{minute:02}:30Z",
            "data": [{"score": 0.5} if name == "blue" else {"error": "no"} for _ in range(20)],
        }
        for minute in range(5)
        for name in ("blue", "green")
    ]
    path = lines(tmp_path / "outputs.jsonl", rows)
    named = ["--stable", "blue", "--candidate", "green"]
    assert replayed(tmp_path, "--outputs", str(path), *named, "--expect", "rollback") == 0


def test_pairs_without_minutes_come_as_fast_as_probes_are_sent(tmp_path: Path) -> None:
    policy = Policy("f", "e", "m", probes=Probes(rate=4), quality=Quality())
    found = read_predicted(policy, pairs(tmp_path, 10), None, AT, Sides())
    minute = timedelta(minutes=1)
    sent = [(seen.at - AT, len(seen.pairs), seen.inputs) for seen in found.passes]
    assert sent == [(0 * minute, 4, 10), (minute, 4, 10), (2 * minute, 2, 10)]


def test_pairs_with_minutes_come_in_their_order(tmp_path: Path) -> None:
    answer = {"candidate": 1, "stable": 1, "candidateMs": 5, "stableMs": 5}
    rows = [{**answer, "minute": minute, "input": "a"} for minute in (2, 0, 2)]
    policy = Policy("f", "e", "m", quality=Quality())
    found = read_predicted(policy, lines(tmp_path / "p.jsonl", rows), None, AT, Sides())
    assert [(seen.at.minute, len(seen.pairs), seen.inputs) for seen in found.passes] == [
        (0, 1, 1),
        (2, 2, 1),
    ]
    assert found.timed


def test_where_nothing_is_judged_nothing_is_read(tmp_path: Path) -> None:
    policy = Policy("f", "e", "m")
    assert read_predicted(policy, pairs(tmp_path, 2), None, AT, Sides()) == NOTHING

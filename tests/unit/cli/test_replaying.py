"""`rollout replay`: recorded and bundled minutes judged on the command line."""

import json
from pathlib import Path

import pytest

from rollout.cli import main
from rollout.cli.scenarios import SCENARIOS, play
from rollout.core.gate.history.documents import minute_document
from rollout.core.policy.model import Stage

POLICY = """\
endpoint: fraud-endpoint
model: {name: fraud}
stages:
  - {weight: 10, bake: 15m}
  - {weight: 50, bake: 15m}
  - {weight: 100, bake: 15m}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return policy_file(tmp_path, POLICY)


def policy_file(folder: Path, text: str) -> Path:
    path = folder / "rollout.yaml"
    path.write_text(text)
    return path


def table(folder: Path, rows: str, head: str = "minute,side,requests,failures,weight") -> Path:
    path = folder / "minutes.csv"
    path.write_text(f"{head}\n{rows}")
    return path


def steady(minutes: int, *, failures: int = 0, weight: int = 10, first: int = 0) -> str:
    return "".join(
        f"{at},stable,{10 * (100 - weight)},{100 - weight},{weight}\n"
        f"{at},candidate,{10 * weight},{failures},{weight}\n"
        for at in range(first, first + minutes)
    )


@pytest.mark.parametrize(
    ("scenario", "verdict"),
    [
        ("healthy", "advance"),
        ("broken", "rollback"),
        ("five-points-worse", "rollback"),
        # Within the default limit of 1.5 times and three points: advanced by design.
        ("double-errors", "advance"),
        ("slow", "rollback"),
        ("shared-outage", "hold"),
        ("dark", "rollback"),
        ("silent", "inconclusive"),
        ("bursty", "advance"),
        ("low-traffic", "inconclusive"),
    ],
)
def test_the_default_policy_judges_each_bundled_scenario(
    policy: Path, scenario: str, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["replay", "--policy", str(policy), "--scenario", scenario, "--expect", verdict]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.splitlines()[-1].startswith(f"{verdict} at 10 %, with ")


def test_every_scenario_is_bundled_and_the_same_each_time() -> None:
    for name in SCENARIOS:
        assert play(name, Stage(10), 3) == play(name, Stage(10), 3)
    assert play("healthy", Stage(10), 3).minutes != play("healthy", Stage(50), 3).minutes


def test_each_look_is_printed_with_its_reason(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["replay", "--policy", str(policy), "--scenario", "healthy"])
    lines = capsys.readouterr().out.splitlines()
    first = "31 10:01   10 %  continue      candidate 0 of 0 failed; harm 1.0:1 of 100:1 (errors)"
    assert lines[0].startswith(first)
    assert "31 10:15   10 %  advance       healthy: candidate" in lines[-3]


def test_a_verdict_that_was_not_expected_ends_with_one(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["replay", "--policy", str(policy), "--scenario", "broken", "--expect", "advance"]
    assert main(arguments) == 1
    assert capsys.readouterr().err == "expected advance, but the verdict is rollback\n"


def test_a_tables_weights_are_the_stages(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy_file(tmp_path, POLICY + "gate: {latency: false}\n")
    rows = steady(20) + steady(20, weight=50, first=20) + steady(20, weight=100, first=40)
    arguments = ["replay", "--policy", str(policy), "--minutes", str(table(tmp_path, rows))]
    assert main([*arguments, "--json", "--expect", "advance"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert {look["weight"] for look in document["looks"]} == {10, 50, 100}
    assert document["verdict"] == document["expected"] == "advance"
    assert document["reason"] == document["looks"][-1]["reason"]
    assert document["looks"][-1]["numbers"]["stage"] == 2
    assert "stable's history is not known (--history)" in told.err


MIRRORED = POLICY.replace("{weight: 10,", "{mirror: 20,")


def test_minutes_at_weight_0_are_the_mirror(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy_file(tmp_path, MIRRORED + "gate: {latency: false}\n")
    rows = "".join(f"{at},stable,1000,5,0\n{at},candidate,200,1,0\n" for at in range(20))
    arguments = ["replay", "--policy", str(policy), "--minutes", str(table(tmp_path, rows))]
    assert main([*arguments, "--json", "--expect", "advance"]) == 0
    looks = json.loads(capsys.readouterr().out)["looks"]
    assert {(look["weight"], look["mirror"]) for look in looks} == {(0, 20)}
    assert main(arguments) == 0
    assert "advance at 20 % mirrored, with" in capsys.readouterr().out


def test_a_scenario_plays_the_mirror_where_it_comes_first(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy_file(tmp_path, MIRRORED)
    arguments = ["replay", "--policy", str(policy), "--scenario"]
    assert main([*arguments, "broken", "--expect", "rollback"]) == 0
    assert "rollback at 20 % mirrored" in capsys.readouterr().out
    assert main([*arguments, "dark", "--expect", "inconclusive"]) == 0
    assert "Azure Monitor shows no mirrored requests" in capsys.readouterr().out


def test_a_history_makes_stable_known(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = tmp_path / "history.jsonl"
    played = play("healthy", Stage(10), 30)
    history.write_text("".join(json.dumps(minute_document(m)) + "\n" for m in played.history))
    minutes = tmp_path / "minutes.jsonl"
    minutes.write_text("".join(json.dumps(minute_document(m)) + "\n" for m in played.minutes))
    arguments = ["replay", "--policy", str(policy), "--minutes", str(minutes)]
    files = [*arguments, "--history", str(history), "--stage-weight", "10", "--json"]
    assert main(files) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert json.loads(told.out)["verdict"] == "advance"
    main(["replay", "--policy", str(policy), "--scenario", "healthy", "--json"])
    bundled = json.loads(capsys.readouterr().out)
    assert bundled["looks"] == json.loads(told.out)["looks"]


def test_immediate_needs_neither_settle_time_nor_delay(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, steady(3, failures=50))
    arguments = ["replay", "--policy", str(policy), "--minutes", str(path)]
    assert main(arguments) == 2
    assert "no minute counts: all lie in the settle time of 3 min" in capsys.readouterr().err
    assert main([*arguments, "--immediate", "--expect", "rollback"]) == 0
    out = capsys.readouterr().out
    assert "rollback at 10 %, with 3 settled and 0 provisional minutes" in out


def test_minutes_without_latency_are_noted_where_the_policy_checks_it(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, steady(8))
    main(["replay", "--policy", str(policy), "--minutes", str(path)])
    assert "have no latency, but the policy checks it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "healthy", "--stage-weight", "20"], "its stages are 10 %, 50 %, 100 %."),
        (["--scenario", "healthy", "--history", "x.csv"], "--history goes with --minutes"),
        (["--minutes", "missing.csv"], "missing.csv: it cannot be read as text"),
    ],
)
def test_wrong_usage_is_explained(
    policy: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--policy", str(policy), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_table_without_weights_needs_the_stage_said(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, "0,stable,9,0\n", "minute,side,requests,failures")
    assert main(["replay", "--policy", str(policy), "--minutes", str(path)]) == 2
    assert "add a column `weight`, or use --stage-weight" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "rollout.yaml:1: This is not YAML"),
        ("endpoint: fraud-endpoint\n", "model: This field is missing"),
        (POLICY + "gate: {max_bake: soon}\n", "gate.max_bake"),
        (POLICY.replace("100, bake", "90, bake"), "stages[2].weight"),
        (POLICY + "gates: {}\n", "There is no such field"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_its_faults(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = policy_file(tmp_path, text)
    assert main(["replay", "--policy", str(path), "--scenario", "healthy"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(str(path))
    assert said in told


def test_a_policy_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere.yaml"
    assert main(["replay", "--policy", str(path), "--scenario", "healthy"]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err


def test_a_folder_in_place_of_a_policy_is_told_what_to_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--policy", str(tmp_path), "--scenario", "healthy"]) == 2
    assert "is a folder: name the rollout.yaml in it" in capsys.readouterr().err


def test_a_policy_is_tried_without_its_services_files(policy: Path, tmp_path: Path) -> None:
    """The policy names inputs and needs a template; a replay needs none of them."""
    named = (
        "service: fraud\nvalidate: {requests: [{file: a.json}]}\nprobes: {inputs: b.jsonl}\n"
        "quality: {golden: {file: c.csv}}\n"
    )
    policy_file(tmp_path, POLICY + named)
    arguments = ["replay", "--policy", str(policy), "--scenario", "broken", "--expect", "rollback"]
    assert main(arguments) == 0

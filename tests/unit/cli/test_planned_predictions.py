"""What `rollout plan` says of predictions: a table by stage, and the golden set."""

from pathlib import Path

import pytest

from rollout.cli import main
from rollout.core.policy.model import Policy
from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality

GOLDEN = Golden("golden.jsonl", Labelled(Metric.ACCURACY, "label", "y"))
POLICY = Policy("fraud", "fraud", "fraud-model", quality=Quality(golden=GOLDEN))
PROBED = """\
endpoint: fraud-endpoint
model: {name: fraud}
validate: {requests: [{file: sample.json}]}
probes: {inputs: inputs.jsonl}
stages: [{weight: 10, bake: 15m}, {weight: 100, bake: 15m}]
"""
QUALITY = """\
quality:
  probed: {metric: accuracy, answer: label, label: y}
  live: {outputs: [{path: score}]}
"""


def golden(folder: Path, rows: int) -> Path:
    (folder / "golden.jsonl").write_text('{"x": 1, "y": 1}\n' * rows)
    return folder


def service(folder: Path, policy: str) -> Path:
    fraud = folder / "services" / "fraud"
    fraud.mkdir(parents=True)
    (fraud / "deployment.yml").write_text("$schema: x\n")
    (fraud / "sample.json").write_text("{}")
    rows = (f'{{"input": {{"x": {number}}}, "y": 1}}\n' for number in range(60))
    (fraud / "inputs.jsonl").write_text("".join(rows))
    (fraud / "rollout.yaml").write_text(policy)
    return folder / "services"


@pytest.fixture
def minutes(tmp_path: Path) -> Path:
    path = tmp_path / "stable.csv"
    rows = "".join(f"{at},stable,100,0,100,190,230,320\n" for at in range(600))
    path.write_text(f"minute,side,requests,failures,p50,p90,p95,p99\n{rows}")
    return path


def planned(
    folder: Path, policy: str, minutes: Path, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    services = service(folder, policy)
    main(["plan", "fraud", "--services", str(services), "--minutes", str(minutes)])
    lines = capsys.readouterr().out.splitlines()
    head = "predictions, by the end of max_bake:"
    return lines[lines.index(head) + 1 :][:3] if head in lines else []


def test_a_stage_has_a_row_with_what_there_is_what_it_takes_and_what_it_finds(
    tmp_path: Path, minutes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, first, last = planned(tmp_path, PROBED + QUALITY, minutes, capsys)
    assert head.split()[0] == "stage"
    for name in ("differ from", "labelled", "worse by", "outputs", "0.2 takes", "bad from"):
        assert name in head
    cells = first.split()
    # 60 inputs, 60 labelled ones, and two hours of ten requests a minute.
    assert cells[:4] == ["10", "%", "60", "35"]
    assert cells[5:7] == ["60", "60"]
    assert cells[8] == "1,200"
    assert last.split()[-4:] == ["12,000", "-", "none", "none"]


def test_a_question_that_nobody_asks_has_no_column(
    tmp_path: Path, minutes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, *_ = planned(tmp_path, PROBED, minutes, capsys)
    assert head.split() == ["stage", "inputs", "to", "pass", "differ", "from"]


def test_without_predictions_there_is_no_table(
    tmp_path: Path, minutes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = PROBED.replace("probes: {inputs: inputs.jsonl}", "probes: {when: never}")
    assert planned(tmp_path, policy, minutes, capsys) == []

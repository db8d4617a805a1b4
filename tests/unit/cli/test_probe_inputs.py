"""Whether lint warns of too few inputs for probes."""

from dataclasses import replace
from pathlib import Path

import pytest

from rollout.cli.probe_inputs import probe_warnings
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import Policy, SampleRequest, Validate
from rollout.core.policy.probes_model import Probes, ProbesWhen

POLICY = Policy("fraud", "fraud", "fraud-model", probes=Probes(inputs="requests.jsonl"))


def lines(folder: Path, *bodies: str) -> Path:
    (folder / "requests.jsonl").write_text("\n".join(bodies))
    return folder


def test_few_lines_are_warned_of_where_the_policy_names_them(tmp_path: Path) -> None:
    (found,) = probe_warnings(lines(tmp_path, '{"a": 1}', "", '{"a": 2}', '{"a": 1}'), POLICY)
    assert found.warning
    assert (found.file, found.field) == ("rollout.yaml", "probes")
    assert "and 2 inputs, counted " in found.sentence


def test_many_lines_are_enough(tmp_path: Path) -> None:
    assert not probe_warnings(lines(tmp_path, *map(str, range(200))), POLICY)


def test_files_of_a_folder_are_counted(tmp_path: Path) -> None:
    (tmp_path / "inputs" / "more").mkdir(parents=True)
    for name in ("a.json", "more/b.json"):
        (tmp_path / "inputs" / name).write_text(f'{{"of": "{name}"}}')
    policy = replace(POLICY, probes=Probes(inputs="inputs"))
    (found,) = probe_warnings(tmp_path, policy)
    assert "and 2 inputs, counted " in found.sentence


def test_without_a_name_the_sample_requests_are_counted(tmp_path: Path) -> None:
    refused = SampleRequest("bad.json", Expectation(status=400))
    requests = (SampleRequest("good.json"), refused)
    (tmp_path / "good.json").write_text("{}")
    policy = replace(POLICY, probes=Probes(), validate=Validate(requests))
    (found,) = probe_warnings(tmp_path, policy)
    assert "and 1 input, counted " in found.sentence


@pytest.mark.parametrize(
    "probes", [None, Probes(), Probes(inputs="requests.jsonl", when=ProbesWhen.NEVER)]
)
def test_where_nothing_is_sent_nothing_is_missing(tmp_path: Path, probes: Probes | None) -> None:
    assert not probe_warnings(lines(tmp_path, "{}"), replace(POLICY, probes=probes))

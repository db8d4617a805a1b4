"""The inputs of probes: which there are, whose turn it is, and which lines cannot be sent."""

from dataclasses import replace
from pathlib import Path

import pytest

from rollout.adapters.bundle import probe_inputs as module
from rollout.adapters.bundle.probe_inputs import count_inputs, input_faults, probe_inputs
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import Policy, SampleRequest, Validate
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import Labelled, Quality
from rollout.errors import ServicesUnavailableError
from rollout.ports import ProbeInput

JSON = "application/json"


def policy(inputs: str | None = None, *samples: SampleRequest) -> Policy:
    return Policy(
        "fraud", "fraud-endpoint", "fraud-model", validate=Validate(samples), probes=Probes(inputs)
    )


def write(folder: Path, file: str, content: bytes) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def faults(folder: Path, inputs: str) -> list[tuple[str, int | None, str]]:
    found = input_faults(folder, policy(inputs))
    return [(each.file, each.line, each.sentence) for each in found]


LINES = b'{"a": 1}\r\n\n  {"a": 2} \n{"a": 1}\n\xef'[:-1] + b'{"a": 3}'


def test_each_distinct_line_is_an_input_and_has_its_turn(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", LINES)

    found = probe_inputs(tmp_path, policy("in.jsonl"), 2, 4)

    assert found.distinct == 3
    bodies = [b'{"a": 3}', b'{"a": 1}', b'{"a": 2}', b'{"a": 3}']
    assert found.chosen == tuple(ProbeInput(body, JSON) for body in bodies)


def test_a_folders_files_are_sent_as_what_they_are(tmp_path: Path) -> None:
    write(tmp_path, "probes/b.csv", b"1,2")
    write(tmp_path, "probes/a/x.json", b"{}")
    write(tmp_path, "probes/copy.json", b"{}")
    write(tmp_path, "probes/.hidden.json", b"[]")
    write(tmp_path, "other.json", b"[1]")
    (tmp_path / "probes" / "link.json").symlink_to(tmp_path / "other.json")

    found = probe_inputs(tmp_path, policy("probes"), 0, 2)

    assert found.distinct == 2
    assert found.chosen == (ProbeInput(b"{}", JSON), ProbeInput(b"1,2", "text/csv"))


def test_without_inputs_the_sample_requests_that_are_to_succeed_are_sent(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c.bin"):
        write(tmp_path, name, name.encode())
    refused = SampleRequest("b.json", Expectation(status=400))
    samples = (SampleRequest("a.json"), refused, SampleRequest("c.bin", content_type="x/y"))

    found = probe_inputs(tmp_path, policy(None, *samples), 0, 2)

    assert found.chosen == (ProbeInput(b"a.json", JSON), ProbeInput(b"c.bin", "x/y"))


def test_what_a_sample_request_expects_of_a_body_goes_with_it(tmp_path: Path) -> None:
    write(tmp_path, "a.json", b"{}")
    expect = Expectation(absent=("error",))

    found = probe_inputs(tmp_path, policy(None, SampleRequest("a.json", expect)), 0, 1)

    assert found.chosen == (ProbeInput(b"{}", JSON, expect=expect),)


def labelled(inputs: str, probed: Labelled | None = None) -> Policy:
    return replace(policy(inputs), quality=Quality(probed=probed or Labelled()))


ROWS = """{"input": {"a": 1}, "label": 0}
{"label": "x", "input": [1.50, "ä"]}

{"input": {"a": 1}, "label": 1}
""".encode()


def test_a_labelled_line_is_sent_without_its_label(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", ROWS)

    found = probe_inputs(tmp_path, labelled("in.jsonl"), 1, 2)

    assert found.distinct == 2
    second = ProbeInput('[1.5, "ä"]'.encode(), JSON, "x")
    assert found.chosen == (second, ProbeInput(b'{"a": 1}', JSON, 0))
    assert count_inputs(tmp_path, labelled("in.jsonl")) == 2
    assert "label" not in repr(second)


def test_a_row_without_its_label_may_be_the_input(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", b'{"a": 1, "b": null, "churned": true}')

    flat = labelled("in.jsonl", Labelled(label="churned", input=""))

    assert probe_inputs(tmp_path, flat, 0, 1).chosen == (
        ProbeInput(b'{"a": 1, "b": null}', JSON, label=True),
    )


BAD_ROWS = b"""{"input": 1, "label": 2}
[1]
{"input": 1}
{"label": 1}
{"input": 1, "label": null}
{a}
{"input": NaN, "label": 1}
"""


def test_lines_that_are_no_labelled_rows_are_named(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", BAD_ROWS)

    found = input_faults(tmp_path, labelled("in.jsonl"))

    assert [(each.line, each.sentence.split(":")[0]) for each in found] == [
        (2, "This line is no JSON object with an input and a label."),
        (3, "The row has no label"),
        (4, "The row has no input"),
        (5, "The row cannot be scored"),
        (6, "This line is not JSON."),
        (7, "This line is not JSON."),
    ]
    with pytest.raises(ServicesUnavailableError, match=r"in\.jsonl, line 2: "):
        probe_inputs(tmp_path, labelled("in.jsonl"), 0, 1)
    assert count_inputs(tmp_path, labelled("in.jsonl")) == 0


def test_a_labelled_file_in_the_wrong_format_does_not_name_all_its_lines(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", b"\n".join(b"%d" % number for number in range(1000)))

    assert len(input_faults(tmp_path, labelled("in.jsonl"))) == module.MAX_FAULTS


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_no_input_is_said(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "in.jsonl", content)

    with pytest.raises(ServicesUnavailableError, match="no input"):
        probe_inputs(tmp_path, policy("in.jsonl"), 0, 1)
    assert faults(tmp_path, "in.jsonl")[0][2].startswith("There is no request in it")


def test_an_input_that_cannot_be_read_now_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(ServicesUnavailableError, match="cannot be read"):
        probe_inputs(tmp_path, policy("in.jsonl"), 0, 1)
    assert faults(tmp_path, "in.jsonl") == []


def test_lines_that_are_not_json_are_named(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", b'{"a": 1}\n{a}\n\n{"b": NaN}\n\xff\n' + b"[" * 100_000)

    found = faults(tmp_path, "in.jsonl")

    assert [line for _, line, _ in found] == [2, 4, 5, 6]
    assert {file for file, _, _ in found} == {"in.jsonl"}
    assert all("one request body a line" in sentence for _, _, sentence in found)


def test_a_file_in_the_wrong_format_does_not_name_all_its_lines(tmp_path: Path) -> None:
    write(tmp_path, "in.jsonl", b"\n".join(b"a;%d" % number for number in range(1000)))

    assert len(faults(tmp_path, "in.jsonl")) == module.MAX_FAULTS


def test_a_body_that_is_too_long_is_named(tmp_path: Path) -> None:
    most = b'"' + b"x" * (module.MAX_INPUT_BYTES - 2) + b'"'
    write(tmp_path, "in.jsonl", b"1\n" + most + b"\r\n" + most + b" 1\n")
    write(tmp_path, "probes/a.bin", most + b"1")

    ((file, line, sentence),) = faults(tmp_path, "in.jsonl")
    assert (file, line) == ("in.jsonl", 3)
    assert "1024 KiB" in sentence
    ((file, line, _),) = faults(tmp_path, "probes")
    assert (file, line) == ("probes/a.bin", None)
    for inputs, place in (("in.jsonl", "in.jsonl, line 3: "), ("probes", "probes/a.bin: ")):
        with pytest.raises(ServicesUnavailableError, match=place):
            probe_inputs(tmp_path, policy(inputs), 0, 1)


@pytest.mark.parametrize(("limit", "value"), [("MAX_INPUTS", 2), ("MAX_INPUTS_BYTES", 2)])
def test_more_inputs_than_a_pass_may_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(module, limit, value)
    write(tmp_path, "in.jsonl", b"1\n2\n1\n3\n")

    ((_, line, sentence),) = faults(tmp_path, "in.jsonl")
    assert line == 4
    assert "take a sample" in sentence


def test_a_policy_without_inputs_of_its_own_has_no_faulty_ones(tmp_path: Path) -> None:
    assert input_faults(tmp_path, policy()) == []
    assert input_faults(tmp_path, Policy("fraud", "fraud-endpoint", "fraud-model")) == []


def test_distinct_inputs_are_counted_and_none_where_they_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path, "lines.jsonl", b'{"a": 1}\n\n{"a": 2}\n{"a": 1}\n')
    assert count_inputs(tmp_path, policy("lines.jsonl")) == 2
    assert count_inputs(tmp_path, policy("missing.jsonl")) == 0
    assert count_inputs(tmp_path, policy()) == 0

"""A golden set on disk: its rows in order, and which of them cannot be used."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.bundle import golden_rows as module
from rollout.adapters.bundle.golden_rows import (
    contract_rows,
    count_golden,
    golden_faults,
    golden_files,
    golden_rows,
)
from rollout.core.policy.model import Policy, SampleRequest, Validate
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality
from rollout.text.file_faults import MAX_FAULTS

EXACT = Labelled(Metric.EXACT)
FLAT = Labelled(Metric.ACCURACY, label="y", input="")


def policy(golden: Golden | None, *samples: SampleRequest) -> Policy:
    return Policy(
        "fraud",
        "fraud-endpoint",
        "fraud-model",
        validate=Validate(samples),
        probes=Probes(),
        quality=Quality(golden=golden),
    )


def write(folder: Path, file: str, content: bytes) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def read(folder: Path, golden: Golden, first: int = 0, count: int = 100) -> list[tuple[Any, Any]]:
    found = golden_rows(folder, golden, first, count)
    assert found.fault == ""
    assert {row.what.content_type for row in found.rows} <= {"application/json"}
    return [(json.loads(row.what.body), row.label) for row in found.rows]


def fault(folder: Path, golden: Golden) -> tuple[str, int | None, str]:
    (found,) = golden_faults(folder, policy(golden))
    assert not found.warning
    return found.file, found.line, found.sentence


def test_a_lines_input_is_sent_and_its_label_is_not(tmp_path: Path) -> None:
    write(tmp_path, "g.jsonl", lines({"input": [1, 2], "label": "a"}, {"input": {}, "label": 0}))

    assert read(tmp_path, Golden("g.jsonl")) == [([1, 2], "a"), ({}, 0)]


def test_a_row_without_an_input_field_is_sent_whole_but_for_its_label(tmp_path: Path) -> None:
    write(tmp_path, "g.jsonl", lines({"a": 1, "b": None, "y": 2}))

    assert read(tmp_path, Golden("g.jsonl", FLAT)) == [({"a": 1, "b": None}, 2)]


def test_a_tables_rows_are_objects_of_its_columns(tmp_path: Path) -> None:
    table = b'\xef\xbb\xbfa,b,y,c\r\n1.5,DE,1,"x,\ny"\r\n,007,0,true\r\n\r\n'
    write(tmp_path, "g.csv", table)

    assert read(tmp_path, Golden("g.csv", FLAT)) == [
        ({"a": 1.5, "b": "DE", "c": "x,\ny"}, 1),
        ({"a": None, "b": "007", "c": True}, 0),
    ]


def test_slices_of_a_folder_go_on_where_the_one_before_ended(tmp_path: Path) -> None:
    write(tmp_path, "golden/b.jsonl", lines(*({"a": n, "y": n} for n in range(4))))
    write(tmp_path, "golden/a.csv", b"a,y\n10,10\n11,11\n")
    golden = Golden("golden", FLAT)

    slices = [golden_rows(tmp_path, golden, first, 2) for first in (0, 2, 4, 6)]

    assert [[row.label for row in each.rows] for each in slices] == [[10, 11], [0, 1], [2, 3], []]
    assert {each.total for each in slices} == {6}
    assert count_golden(tmp_path, golden) == 6
    assert golden_files(tmp_path, policy(golden)) == ["golden/a.csv", "golden/b.jsonl"]


def test_a_slice_ends_where_it_would_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "g.jsonl", lines(*({"input": "x" * 30, "label": n} for n in range(9))))
    monkeypatch.setattr(module, "MAX_SLICE_BYTES", 64)

    found = golden_rows(tmp_path, Golden("g.jsonl"), 2, 5)

    assert ([row.label for row in found.rows], found.total) == ([2, 3], 9)


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    write(tmp_path, "g.jsonl", b'\n{"input": 1, "label": 1}\n   \n{"input": 2, "label": 2}')

    assert [label for _, label in read(tmp_path, Golden("g.jsonl"))] == [1, 2]


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (b'{"input": 1, "label": 2}\n{"input": NaN, "label": 2}', 2, "not JSON"),
        (b"[1, 2]", 1, "no JSON object"),
        (b'\n\n{"input": 1}', 3, "has no label: write it as 'label'"),
        (b'{"label": 1}', 1, "has no input: write it as 'input'"),
        (b'{"input": 1, "label": null}', 1, "its label is null"),
        (b"", None, "There is no row"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes, line: int | None, sentence: str
) -> None:
    write(tmp_path, "g.jsonl", content)
    golden = Golden("g.jsonl", EXACT)

    assert fault(tmp_path, golden)[:2] == ("g.jsonl", line)
    assert sentence in fault(tmp_path, golden)[2]
    place = "g.jsonl" if line is None else f"g.jsonl, line {line}"
    found = golden_rows(tmp_path, golden, 0, 100)
    assert found.fault.startswith(f"{place}: ")
    assert sentence in found.fault


def test_blank_lines_before_a_tables_header_are_no_header(tmp_path: Path) -> None:
    write(tmp_path, "g.csv", b"\r\n\na,y\n1,2\n")

    assert read(tmp_path, Golden("g.csv", FLAT)) == [({"a": 1}, 2)]


def test_a_cell_may_be_as_large_as_a_body(tmp_path: Path) -> None:
    image = "x" * 200_000
    write(tmp_path, "g.csv", f"a,y\n{image},1\n".encode())

    assert read(tmp_path, Golden("g.csv", FLAT)) == [({"a": image}, 1)]


def test_half_a_character_is_sent_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, "g.jsonl", b'{"input": "\\ud800", "label": 1}\n')

    assert read(tmp_path, Golden("g.jsonl", EXACT)) == [("\ud800", 1)]
    assert golden_faults(tmp_path, policy(Golden("g.jsonl", EXACT))) == []


def test_files_of_another_kind_are_not_read_as_rows(tmp_path: Path) -> None:
    write(tmp_path, "golden/a.csv", b"a,y\n1,\n")
    write(tmp_path, "golden/README.md", b"About this set.\n")

    assert golden_faults(tmp_path, policy(Golden("golden", FLAT))) == []


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (b"a,b\n1,2\n", 1, "no column 'y'"),
        (b"\na,b\n1,2\n", 2, "no column 'y'"),
        (b"a,a,y\n1,2,3\n", 1, "the same name"),
        (b"a,y\n1,2\n1,2,3\n", 3, "3 cells, and the first line has 2"),
        (b'a,y\n1,"2\n', 2, "cannot be read as CSV"),
        (b"a,y\n\xff,2\n", 1, "cannot be read as CSV"),
        (b"a,y\n1,\n", 2, "its label is null"),
        (b"a,y\n", None, "There is no row"),
        (b"", 1, "no column 'y'"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes, line: int | None, sentence: str
) -> None:
    write(tmp_path, "g.csv", content)

    assert fault(tmp_path, Golden("g.csv", FLAT))[:2] == ("g.csv", line)
    assert sentence in fault(tmp_path, Golden("g.csv", FLAT))[2]


def test_labels_that_the_metric_does_not_take_are_named(tmp_path: Path) -> None:
    write(tmp_path, "g.jsonl", lines({"input": 1, "label": "high"}, {"input": 1, "label": 1}))

    for metric, said in ((Metric.MAE, "no number"), (Metric.AUC, "not 0 or 1")):
        golden = Golden("g.jsonl", Labelled(metric))
        assert said in fault(tmp_path, golden)[2]
        # Rows before the slice were looked at when the bundle was read.
        assert golden_rows(tmp_path, golden, 1, 1).fault == ""


def test_a_file_in_the_wrong_format_does_not_name_each_of_its_lines(tmp_path: Path) -> None:
    write(tmp_path, "g.jsonl", b"a\n" * 1000)

    assert len(golden_faults(tmp_path, policy(Golden("g.jsonl")))) == MAX_FAULTS


@pytest.mark.parametrize("file", ["g.jsonl", "g.csv"])
def test_a_row_that_is_larger_than_a_body_may_be_is_named(
    tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_INPUT_BYTES", 100)
    long = "x" * 101
    content = lines({"a": long, "y": 1}) if file == "g.jsonl" else f"a,y\n{long},1\n".encode()
    write(tmp_path, file, content)

    assert "larger than" in fault(tmp_path, Golden(file, FLAT))[2]


def test_a_set_larger_than_20_mib_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "golden/a.jsonl", b"not JSON" * 8)
    write(tmp_path, "golden/b.jsonl", b"not JSON" * 8)
    monkeypatch.setattr(module, "MAX_GOLDEN_BYTES", 100)
    golden = Golden("golden")

    assert fault(tmp_path, golden)[:2] == ("golden", None)
    assert "larger than" in golden_rows(tmp_path, golden, 0, 1).fault
    assert count_golden(tmp_path, golden) == 0


def test_without_a_set_or_its_file_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert golden_faults(tmp_path, policy(None)) == []
    assert golden_files(tmp_path, policy(None)) == []
    # The policy's own check names it.
    assert golden_faults(tmp_path, policy(Golden("g.jsonl"))) == []


def test_a_file_that_cannot_be_read_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, "g.jsonl", lines({"input": 1, "label": 1}))
    monkeypatch.setattr(Path, "open", refused)

    assert fault(tmp_path, Golden("g.jsonl"))[2] == "It cannot be read (Permission denied)."


def test_a_contract_is_learnt_from_samples_and_then_from_the_set(tmp_path: Path) -> None:
    write(tmp_path, "sample.json", b'{"sample": 1}')
    write(tmp_path, "g.jsonl", lines(*({"input": n, "label": n} for n in range(9))))
    with_set = policy(Golden("g.jsonl"), SampleRequest("sample.json"))

    found = contract_rows(tmp_path, with_set, 5)

    bodies = [row.what.body for row in found.rows]
    assert bodies == [b'{"sample": 1}', b"0", b"1", b"2", b"3"]
    assert found.total == 5
    assert {row.label for row in found.rows} == {None}
    assert contract_rows(tmp_path, with_set, 1).total == 1


@pytest.mark.parametrize(("when", "count"), [(ProbesWhen.AUTO, 3), (ProbesWhen.NEVER, 1)])
def test_a_contract_is_learnt_from_inputs_of_probes_where_there_may_be_probes(
    tmp_path: Path, when: ProbesWhen, count: int
) -> None:
    write(tmp_path, "sample.json", b"{}")
    write(tmp_path, "probes.jsonl", b"1\n2\n")
    probed = replace(
        policy(None, SampleRequest("sample.json")), probes=Probes("probes.jsonl", when)
    )

    assert contract_rows(tmp_path, probed, 9).total == count


def test_without_an_input_there_is_nothing_to_learn_from(tmp_path: Path) -> None:
    assert contract_rows(tmp_path, policy(None), 5).total == 0

"""What a policy says of predictions must fit together, and what it names must be there."""

from typing import Any

import pytest

from rollout.core.policy.parsing import ServiceFolder, parse_policy
from tests.support.policy_documents import FILES, a_document, shape_faults

FOLDER = FILES | {
    "golden/a.jsonl",
    "golden/deep/b.csv",
    "odd/a.jsonl",
    "odd/a.json",
    "GOLDEN.CSV",
    "probes/a.json",
}
GOLDEN = {"file": "golden.csv"}


def faults_of(quality: dict[str, Any], **changes: Any) -> dict[str, str]:
    document = a_document(quality=quality, **changes)
    assert shape_faults(document) == ()
    _, faults = parse_policy(ServiceFolder("fraud", document, FOLDER))
    return {place.removeprefix("fraud/rollout.yaml: "): text for place, text in faults}


def golden(metric: str = "accuracy", **fields: Any) -> dict[str, Any]:
    return {"golden": {**GOLDEN, "labelled": {"metric": metric}, **fields}}


@pytest.mark.parametrize(
    ("quality", "place", "words"),
    [
        ({"compared": {"limit": "5%"}}, "compared.limit", "above quality.compared.tolerance"),
        ({"compared": {"limit": 1}}, "compared.limit", "below 100%"),
        ({"compared": {"tolerance": 0, "limit": 0}}, "compared.limit", "above 0%"),
        (
            {"contract": {"fields": {"p": {"range": [1, 0]}}}},
            "contract.fields.p.range",
            "from 1 to 0: swap them",
        ),
        (
            {"contract": {"fields": {"p": {"type": "number", "shape": [3]}}}},
            "contract.fields.p.shape",
            "cannot go with type number: leave type out, or write list",
        ),
        (
            {"contract": {"fields": {"p": {"type": "text", "range": [0, 1]}}}},
            "contract.fields.p.range",
            "number or integer or list",
        ),
        (
            {"contract": {"fields": {"p": {"type": "object", "labels": ["a"]}}}},
            "contract.fields.p.labels",
            "cannot go with type object",
        ),
        (
            {"contract": {"fields": {"p": {"type": "null", "sums_to": 1}}}},
            "contract.fields.p.sums_to",
            "cannot go with type null",
        ),
        ({"expect": {"range": {"p": [1, 0]}}}, "expect.range.p", "swap them"),
        (
            {"expect": {"absent": ["error"], "present": ["error"]}},
            "expect.absent",
            "absent and there at once",
        ),
        ({"golden": {"file": "none.csv"}}, "golden.file", 'no file or folder "none.csv"'),
        ({"golden": {"file": "/golden.csv"}}, "golden.file", "inside this folder"),
        ({"golden": {"file": "../golden.csv"}}, "golden.file", "inside this folder"),
        ({"golden": {"file": "golden\\a.jsonl"}}, "golden.file", "inside this folder"),
        ({"golden": {"file": "."}}, "golden.file", "inside this folder"),
        ({"golden": {"file": "sample.json"}}, "golden.file", "neither a .jsonl nor a .csv"),
        ({"golden": {"file": "odd"}}, "golden.file", "odd/a.json is neither"),
        (golden(most=0.1), "golden.most", "Of accuracy more is better: write least"),
        (golden(least=1.5), "golden.least", "a number from 0 to 1"),
        (golden("auc", least=-0.5), "golden.least", "a number from 0 to 1"),
        (golden("exact", worse_by=2), "golden.worse_by", "a number from 0 to 1"),
        (golden("mae", least=1), "golden.least", "Of mae less is better: write most"),
        (golden("log_loss", most=-1), "golden.most", "No log_loss is below 0"),
        (
            golden(worse_by=False),
            "golden.worse_by",
            "Nothing could fail the set: write it, or least",
        ),
        (golden("rmse", worse_by=False), "golden.worse_by", "write it, or most"),
        ({"probed": {}}, "probed", "name a .jsonl file in probes.inputs"),
        (
            {"live": {"collection": "request", "outputs": [{"path": "a"}]}},
            "live.collection",
            "what clients sent",
        ),
        (
            {"live": {"collection": "rows", "inputs": "rows", "outputs": [{"path": "a"}]}},
            "live.inputs",
            "cannot be the same collection",
        ),
        ({"live": {"sampling": 0, "outputs": [{"path": "a"}]}}, "live.sampling", "above 0%"),
        ({"live": {"expect": {"range": {"p": [1, 0]}}}}, "live.expect.range.p", "swap them"),
        (
            {"live": {"outputs": [{"path": "a"}, {"path": "a"}]}},
            "live.outputs[1].path",
            '"a" is listed twice',
        ),
        (
            {"live": {"outputs": [{"path": "a", "tolerance": 0}]}},
            "live.outputs[0].tolerance",
            "above 0%",
        ),
        (
            {"live": {"outputs": [{"path": "a", "range": [2, 1]}]}},
            "live.outputs[0].range",
            "from 2 to 1: swap them",
        ),
        (
            {"live": {"outputs": [{"path": "a", "kind": "label", "range": [0, 1]}]}},
            "live.outputs[0].range",
            "Only numbers have a range",
        ),
        ({"live": {}}, "live.outputs", "Nothing would be looked at"),
    ],
)
def test_a_contradiction_is_named_where_it_is(
    quality: dict[str, Any], place: str, words: str
) -> None:
    found = faults_of(quality)

    assert words in found[f"quality.{place}"]
    assert len(found) == 1


@pytest.mark.parametrize(
    "quality",
    [
        {},
        {"compared": {"tolerance": 0, "limit": "0.1%"}},
        {"contract": False, "golden": False, "probed": False, "live": False},
        {"contract": {"fields": {"p": {"type": "list", "shape": [-1, 3], "sums_to": 1}}}},
        {"contract": {"fields": {"p": {"labels": ["a"], "range": [0, 0]}}}},
        {"golden": {"file": "golden"}},
        {"golden": {"file": "GOLDEN.CSV"}},
        golden(least=0.9, worse_by=False),
        golden("mae", most=100, worse_by=50),
        {"live": {"outputs": [{"path": "a"}, {"path": "b"}]}},
        {"live": {"collection": "response", "expect": {"absent": ["error"]}}},
    ],
)
def test_what_fits_together_has_no_fault(quality: dict[str, Any]) -> None:
    assert faults_of(quality) == {}


@pytest.mark.parametrize(
    ("quality", "place"),
    [
        ({"compared": {"paths": ["ok", "$.score"]}}, "compared.paths[1]"),
        ({"contract": {"fields": {"$.score": {}}}}, "contract.fields.$.score"),
        ({"expect": {"present": ["$.score"]}}, "expect.present"),
        ({"expect": {"close": {"$.score": [1, 2]}}}, "expect.close"),
        ({"golden": {**GOLDEN, "labelled": {"answer": "$.score"}}}, "golden.labelled.answer"),
        ({"live": {"outputs": [{"path": "$.score"}]}}, "live.outputs[0].path"),
        ({"live": {"expect": {"type": {"$.score": "number"}}}}, "live.expect.type"),
    ],
)
def test_a_path_in_another_language_is_translated(quality: dict[str, Any], place: str) -> None:
    assert faults_of(quality) == {
        f"quality.{place}": '"$.score" begins with a name here: write "score".'
    }


@pytest.mark.parametrize("path", ["scores[-1]", "a['b']", 'a["b"].c'])
def test_a_step_that_leads_nowhere_is_a_fault(path: str) -> None:
    (found,) = faults_of({"compared": {"paths": ["scores[0].a", "b[*]", path]}}).items()
    assert found[0] == "quality.compared.paths[2]"
    assert "leads nowhere" in found[1]


def test_a_star_is_written_where_every_item_is_meant() -> None:
    found = faults_of({"probed": {"answer": "rows[].y"}}, probes={"inputs": "inputs.jsonl"})

    assert found == {"quality.probed.answer": 'Every item is "[*]": write "rows[*].y".'}


def test_labels_of_probes_stand_in_a_file_of_lines() -> None:
    lines = {"inputs": "inputs.jsonl"}

    assert faults_of({"probed": {}}, probes=lines) == {}
    assert (
        "name a .jsonl file"
        in faults_of({"probed": {}}, probes={"inputs": "probes"})["quality.probed"]
    )
    # A fault of the probes is told once.
    assert "quality.probed" not in faults_of({"probed": {}}, probes={"inputs": "sample.json"})


def test_a_probe_s_label_has_a_loss_of_its_own() -> None:
    lines = {"inputs": "inputs.jsonl"}

    auc = faults_of({"probed": {"metric": "auc"}}, probes=lines)
    assert "log_loss" in auc["quality.probed.metric"]
    same = faults_of({"probed": {"label": "x", "input": "x"}}, probes=lines)
    assert "cannot be the same field" in same["quality.probed.label"]


def test_a_golden_line_s_label_is_not_its_input() -> None:
    same = {"label": "x", "input": "x"}
    found = faults_of({"golden": {"file": "inputs.jsonl", "labelled": same}})
    assert "cannot be the same field" in found["quality.golden.labelled.label"]
    # A table's input is the rest of its row.
    of_table = faults_of({"golden": {"file": "golden.csv", "labelled": same}})
    assert "quality.golden.labelled.label" not in of_table


def test_a_fault_of_shape_is_not_told_twice() -> None:
    document = a_document(quality={"compared": {"limit": "5%", "rtol": 7}})
    _, faults = parse_policy(ServiceFolder("fraud", document, FOLDER))

    assert [place for place, _ in faults] == ["fraud/rollout.yaml: quality.compared.rtol"]

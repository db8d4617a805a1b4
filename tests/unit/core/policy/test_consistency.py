"""Policy documents whose fields cannot work together, though each of them may be written."""

from typing import Any

import pytest

from rollout.core.policy.parsing import ServiceFolder
from tests.support.policy_documents import a_document, a_folder, faults_of, shape_faults

WORKSPACE_ID = "00000000-0000-0000-0000-000000000001"

BAD_SENSE: list[tuple[dict[str, Any], str, str]] = [
    (
        {"stages": [{"weight": 50}, {"weight": 50}, {"weight": 100}]},
        "stages[1].weight",
        "must rise",
    ),
    ({"stages": [{"weight": 50}]}, "stages[0].weight", "must have the weight 100"),
    ({"stages": [{"mirror": 50}]}, "stages[0].weight", "must have the weight 100"),
    (
        {"stages": [{"weight": 50}, {"mirror": 10}, {"weight": 100}]},
        "stages[1].mirror",
        "Only the first stage can be a mirror",
    ),
    (
        {"stages": [{"mirror": 5}, {"mirror": 10}, {"weight": 100}]},
        "stages[1].mirror",
        "Only the first stage can be a mirror",
    ),
    ({"stages": [{"mirror": 5, "bake": "8m"}, {"weight": 100}]}, "stages[0].bake", "at least 12m"),
    ({"stages": [{"weight": 100, "bake": "8m"}]}, "stages[0].bake", "at least 12m"),
    ({"gate": {"settle": "90s"}, "stages": [{"weight": 100, "bake": "1m"}]},
     "stages[0].bake", "at least 630s"),
    ({"gate": {"max_bake": "5m"}}, "stages[0].bake", "gate.max_bake (5m)"),
    ({"gate": {"errors": {"limit": {"ratio": 1.1}}}}, "gate.errors.limit", "beyond the tolerance"),
    ({"gate": {"errors": {"limit": {"points": 0}}}}, "gate.errors.limit", "beyond the tolerance"),
    ({"gate": {"errors": {"slo": 0}}}, "gate.errors.slo", "above 0% and up to 90%"),
    ({"gate": {"latency": {"limit": 1.1}}}, "gate.latency.limit", "above gate.latency.tolerance"),
    ({"gate": {"gap": "3m"}}, "gate.gap", "gate.ingestion_delay"),
    ({"gate": {"gap": "20m"}}, "gate.gap", "shorter than gate.stale + gate.ingestion_delay"),
    ({"gate": {"logs": {"workspace": WORKSPACE_ID}}}, "gate.ingestion_delay", "at least 10m"),
    ({"gate": {"stale": "1h"}}, "gate.stale_limit", "not be shorter"),
    ({"gate": {"history": "25h"}}, "gate.history", "write 24h at most"),
    ({"gate": {"split": {"tolerance": 0}}}, "gate.split.tolerance", "from 0.1% to 90%"),
    ({"gate": {"split": {"tolerance": "95%"}}}, "gate.split.tolerance", "from 0.1% to 90%"),
    ({"gate": {"observe_only": ["errors", "majority", "slo", "latency"]}},
     "gate.observe_only", "Nothing is left"),
    ({"gate": {"ingestion_delay": "10m",
               "logs": {"workspace": WORKSPACE_ID, "checks": [{"name": "slo", "query": "x"}]}}},
     "gate.logs.checks[0].name", '"slo" is taken'),
    ({"deadline": "80m"}, "deadline", "(90m)"),
    ({"create": {"deadline": "5m"}}, "create.call_timeout", "shorter than create.deadline"),
    ({"validate": {"timeout": "15m"}}, "validate.timeout", "shorter than validate.deadline"),
    (
        {"create": {"from": "copy", "endpoint": True}},
        "create.endpoint",
        "no deployment to copy",
    ),
    (
        {"validate": {"requests": [{"file": "missing.json"}]}},
        "validate.requests[0].file",
        'no file "missing.json"',
    ),
    (
        {"validate": {"requests": [{"file": "../sample.json"}]}},
        "validate.requests[0].file",
        "inside this folder",
    ),
    (
        {"validate": {"requests": [{"file": "/etc/passwd"}]}},
        "validate.requests[0].file",
        "inside this folder",
    ),
    (
        {"validate": {"requests": [{"file": "..\\x"}]}},
        "validate.requests[0].file",
        "inside this folder",
    ),
    (
        {"validate": {"requests": [{"file": "sample"}]}},
        "validate.requests[0].content_type",
        "does not say what it is",
    ),
    (
        {"validate": {"requests": [{"file": "sample.json", "expect": {"range": {"a": [1, 0]}}}]}},
        "validate.requests[0].expect.range.a",
        "swap them",
    ),
    (
        {"validate": {"requests": [
            {"file": "sample.json", "expect": {"absent": ["a", "b"], "type": {"b": "text"}}}]}},
        "validate.requests[0].expect.absent",
        '"b" must be absent and there at once',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "words"), BAD_SENSE)
def test_fields_that_cannot_work_together_are_named(
    change: dict[str, Any], place: str, words: str
) -> None:
    assert words in faults_of(a_folder(**change))[place]
    assert shape_faults(a_document(**change)) == ()


def test_missing_templates_are_named() -> None:
    document = a_document(create={"from": "template", "endpoint": True})

    faults = faults_of(ServiceFolder("fraud", document, {"rollout.yaml"}))

    assert "no deployment.yml" in faults["create.from"]
    assert "no endpoint.yml" in faults["create.endpoint"]


def test_a_copied_deployment_needs_no_template() -> None:
    folder = ServiceFolder("fraud", a_document(create={"from": "copy"}), {"rollout.yaml"})

    assert faults_of(folder) == {}

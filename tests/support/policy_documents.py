"""Policy documents to start from."""

from typing import Any

from rollout.core.policy.document import DOCUMENT
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.policy.values import Faults

FILES = frozenset(
    {"rollout.yaml", "deployment.yml", "endpoint.yml", "sample.json", "inputs.jsonl", "golden.csv"}
)


def a_document(**changes: Any) -> dict[str, Any]:
    """The shortest document without a fault, with some fields set."""
    return {"endpoint": "fraud-endpoint", "model": {"name": "fraud-model"}, **changes}


def shape_faults(document: Any) -> tuple[tuple[str, str], ...]:
    """Only the faults that the JSON Schema knows too; places are without a file."""
    faults = Faults()
    DOCUMENT.read(document, "", faults)
    return tuple(faults.found)


def a_folder(name: str = "fraud", **changes: Any) -> ServiceFolder:
    return ServiceFolder(name, a_document(**changes), FILES)


FULL_DOCUMENT: dict[str, Any] = {
    "service": "fraud",
    "endpoint": "fraud-endpoint",
    "workspace": {
        "subscription": "00000000-0000-0000-0000-000000000000",
        "resource_group": "rg-ml",
        "name": "ws-production",
    },
    "model": {"name": "fraud-model", "tags": {"approved": "yes"}},
    "start_on": "manual",
    "create": {"from": "template", "endpoint": True, "deadline": "45m", "call_timeout": "4m"},
    "validate": {
        "requests": [
            {
                "file": "sample.json",
                "content_type": "application/json; charset=utf-8",
                "expect": {
                    "status": 201,
                    "present": ["predictions"],
                    "absent": ["error"],
                    "values": {"result.kind": "score", "result.parts": [1, None, {"a": True}]},
                    "type": {"result": "object"},
                    "length": {"[0].parts": 3},
                    "range": {"result.score": [0, 1.5]},
                    "close": {"0": [0.93, 0.01]},
                    "latency": "500ms",
                },
            }
        ],
        "deadline": "10m",
        "timeout": "5s",
    },
    "stages": [
        {"mirror": 20, "bake": "30m"},
        {"weight": 5, "bake": "20m", "approval": "second-person"},
        {"weight": 100, "bake": "1h"},
    ],
    "gate": {
        "settle": "2m",
        "settle_requests": 20,
        "ingestion_delay": "11m",
        "gap": "12m",
        "min_minutes": 6,
        "min_requests": 60,
        "max_bake": "3h",
        "history": "12h",
        "short_history": "2h",
        "correlation_floor": "2%",
        "errors": {
            "tolerance": {"ratio": 1.1, "points": "0.1%"},
            "limit": {"ratio": 2, "points": 0.05},
            "slo": "2.5%",
        },
        "rejected": {"tolerance": {"ratio": 1.3, "points": "2%"}},
        "split": {"tolerance": "20%"},
        "creep": "hold",
        "latency": {"tolerance": 1.05, "limit": 1.5, "slo": "800ms"},
        "budget": {
            "errors": 0.02,
            "majority": 0.001,
            "slo": 0.002,
            "latency": 0.003,
            "latency_slo": 0.004,
            "probes": 0.006,
            "split": 0.007,
            "creep": 0.008,
            "answers": 0.011,
            "losses": 0.012,
            "faults": 0.013,
            "constant": 0.014,
            "bodies": 0.015,
            "outputs": 0.016,
            "odd": 0.017,
            "rejected": 0.05,
            "advance": 0.01,
        },
        "observe_only": ["latency", "dark"],
        "logs": {
            "workspace": "00000000-0000-0000-0000-000000000001",
            "slow_counts": False,
            "checks": [
                {
                    "name": "empty-answers",
                    "query": "AmlOnlineEndpointTrafficLog\n| summarize total = count()",
                    "tolerance": {"ratio": 1, "points": "3%"},
                    "alpha": 0.002,
                    "on_harm": "rollback",
                }
            ],
        },
        "stale": "15m",
        "stale_limit": "45m",
        "dark": "20m",
        "dark_requests": 30,
        "source_failures": 7,
        "unknown": "2%",
    },
    "probes": {
        "inputs": "inputs.jsonl",
        "when": "always",
        "rate": 30,
        "max": 900,
        "concurrency": 3,
        "repeats": 3,
        "timeout": "1500ms",
        "warm_up": 40,
    },
    "quality": {
        "difference": "rollback",
        "compared": {
            "paths": ["predictions[*].label", "score"],
            "rtol": "2%",
            "atol": 0.001,
            "tolerance": "2%",
            "limit": "8%",
        },
        "contract": {
            "learn": False,
            "added": False,
            "fields": {
                "label": {"type": "text", "labels": ["ok", "fraud"], "nullable": True},
                "probabilities": {
                    "type": "list",
                    "shape": [-1, 3],
                    "range": [0, 1],
                    "sums_to": 1,
                },
            },
        },
        "expect": {
            "present": ["score"],
            "absent": ["error"],
            "values": {"kind": "score"},
            "type": {"score": "number"},
            "length": {"parts": 3},
            "range": {"score": [0, 1]},
            "close": {"sum": [1, 0.01]},
        },
        "golden": {
            "file": "golden.csv",
            "labelled": {
                "metric": "accuracy",
                "answer": "[0].label",
                "label": "fraud",
                "input": False,
            },
            "least": 0.9,
            "worse_by": 0.02,
            "rate": 60,
            "time": "20m",
        },
        "probed": {"metric": "log_loss", "answer": "score", "label": "y", "input": "x"},
        "live": {
            "collection": "outputs",
            "inputs": "inputs",
            "outputs": [
                {"path": "score", "kind": "number", "tolerance": "12%", "range": [0, 1]},
                {"path": "label", "kind": "label"},
            ],
            "expect": {"absent": ["error"]},
            "sampling": "50%",
            "datastore": "collected",
        },
    },
    "keep": "2d",
    "on_inconclusive": "rollback",
    "on_newer_version": "queue",
    "rollback": {"keep": "0s", "logs": True},
    "deadline": "6h",
    "shift_deadline": "20m",
    "hold_expires": "12h",
    "alert": {"clock_allowance": "90s"},
    "notify": [
        {"channel": "fraud-team", "about": ["attention", "held", "promoted"]},
        {"channel": "audit", "about": ["notice"]},
    ],
    "freeze": [
        {"days": ["fri", "sat"], "from": "18:30", "to": "24:00", "zone": "Europe/Berlin"},
    ],
}


def faults_of(folder: ServiceFolder) -> dict[str, str]:
    """Place without the file -> sentence."""
    prefix = f"{folder.name}/rollout.yaml: "
    return {place.removeprefix(prefix): text for place, text in parse_policy(folder)[1]}


WORKSPACE_ID = "00000000-0000-0000-0000-000000000001"

BAD_SHAPES: list[tuple[dict[str, Any], str, str]] = [
    ({"endpoint": "1abc"}, "endpoint", "3 to 32 letters"),
    ({"endpoint": "a--b"}, "endpoint", "single dashes"),
    ({"endpoint": "abc\n"}, "endpoint", '"abc?"'),
    ({"endpoint": "ab"}, "endpoint", "3 to 32"),
    ({"endpoint": None}, "endpoint", "An empty value"),
    ({"endpoint": "x" * 200}, "endpoint", "..."),
    ({"model": {"name": "../x"}}, "model.name", "letters, digits, dots"),
    ({"model": {}}, "model.name", "missing"),
    ({"model": "m"}, "model", "write name, tags"),
    ({"model": {"name": "m", "tags": ["a"]}}, "model.tags", "A list"),
    ({"model": {"name": "m", "tags": {"a": True}}}, "model.tags.a", "true"),
    ({"model": {"name": "m", "tags": {str(n): "" for n in range(26)}}}, "model.tags", "at most 25"),
    ({"service": "Fraud"}, "service", "lower-case"),
    ({"service": "other"}, "service", '"fraud"'),
    ({"workspace": {"subscription": "x"}}, "workspace.resource_group", "missing"),
    ({"start_on": "registred"}, "start_on", 'did you mean "registered"'),
    ({"start_on": 7}, "start_on", "registered, manual"),
    ({"stages": []}, "stages", "from 1 to 20"),
    ({"stages": {}}, "stages", "write a list"),
    ({"stages": [10, 100]}, "stages[0]", "write weight"),
    ({"stages": [{"weight": 0}]}, "stages[0].weight", "from 1 to 100"),
    ({"stages": [{"weight": 100.5}]}, "stages[0].weight", "whole number"),
    ({"stages": [{"mirror": 51}, {"weight": 100}]}, "stages[0].mirror", "from 1 to 50"),
    ({"stages": [{"mirror": 0}, {"weight": 100}]}, "stages[0].mirror", "from 1 to 50"),
    ({"stages": [{"mirror": 5, "weight": 5}]}, "stages[0]", "Both weight and mirror are"),
    ({"stages": [{"bake": "20m"}]}, "stages[0]", "Neither is written here: write either weight"),
    ({"stages": [{"weight": float("nan")}]}, "stages[0].weight", "whole number"),
    ({"stages": [{"weight": True}]}, "stages[0].weight", '"true"'),
    ({"stages": [{"weight": 100, "bake": 10}]}, "stages[0].bake", '"10m"'),
    ({"stages": [{"weight": 100, "bake": "10 m"}]}, "stages[0].bake", "not a duration"),
    ({"stages": [{"weight": 100, "bake": "0m"}]}, "stages[0].bake", "positive"),
    ({"stages": [{"weight": 100, "approval": "yes"}]}, "stages[0].approval", "true, second-person"),
    ({"stages": [{"weight": 100, "wieght": 1}]}, "stages[0].wieght", 'mean "weight"'),
    ({"gate": {"errors": {"slo": 5}}}, "gate.errors.slo", '"5%"'),
    ({"gate": {"errors": {"slo": "101%"}}}, "gate.errors.slo", "not a share"),
    ({"gate": {"errors": {"limit": {"points": False}}}}, "gate.errors.limit.points", '"false"'),
    ({"gate": {"errors": None}}, "gate.errors", "An empty value"),
    ({"gate": {"latency": True}}, "gate.latency", '"true"'),
    ({"gate": {"latency": {"limit": 0.5}}}, "gate.latency.limit", "from 1 to 100"),
    ({"gate": {"latency": {"limit": float("inf")}}}, "gate.latency.limit", "number"),
    ({"gate": {"budget": {"errors": 0}}}, "gate.budget.errors", "from 1e-06 to 0.1"),
    ({"gate": {"observe_only": ["latence"]}}, "gate.observe_only[0]", 'did you mean "latency"'),
    ({"gate": {"logs": {"workspace": "/x"}}}, "gate.logs.workspace", "not the ARM id"),
    ({"gate": {"logs": {"workspace": WORKSPACE_ID, "checks": [{"name": "a", "query": "\x00"}]}}},
     "gate.logs.checks[0].query", "KQL"),
    ({"keep": -1}, "keep", "not a duration"),
    ({"keep": "-1h"}, "keep", "not a duration"),
    ({"validate": {"requests": [{}]}}, "validate.requests[0].file", "missing"),
    ({"validate": {"requests": [{"file": "sample.json", "content_type": "json"}]}},
     "validate.requests[0].content_type", "a content type such as"),
    ({"validate": {"requests": [{"file": "a\x00b"}]}}, "validate.requests[0].file", "control"),
    ({"zzz": 1}, "zzz", "the fields here are"),
]  # fmt: skip

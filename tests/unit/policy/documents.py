"""Policy documents to start from."""

from typing import Any

from rollout.core.policy_parsing import ServiceFolder

FILES = frozenset({"rollout.yaml", "deployment.yml", "endpoint.yml", "sample.json"})


def a_document(**changes: Any) -> dict[str, Any]:
    """The shortest document without a fault, with some fields set."""
    return {"endpoint": "fraud-endpoint", "model": {"name": "fraud-model"}, **changes}


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
                "expect": {
                    "status": 201,
                    "present": ["predictions"],
                    "absent": ["error"],
                    "values": {"result.kind": "score", "result.parts": [1, None, {"a": True}]},
                    "latency": "500ms",
                },
            }
        ],
        "deadline": "10m",
        "timeout": "5s",
    },
    "stages": [
        {"weight": 5, "bake": "15m", "approval": True},
        {"weight": 100, "bake": "1h"},
    ],
    "gate": {
        "settle": "2m",
        "ingestion_delay": "4m",
        "min_minutes": 5,
        "min_requests": 50,
        "failures": {"limit": "2.5%", "margin": 0.005},
        "latency_p95": {"limit": "800ms", "ratio": 2, "slow_minutes": 2, "of": 4},
        "max_bake": "3h",
        "source_failures": 7,
    },
    "keep": "2d",
    "on_inconclusive": "rollback",
    "on_newer_version": "queue",
    "rollback": {"keep": "0s", "logs": True},
    "deadline": "6h",
    "shift_deadline": "20m",
    "hold_expires": "12h",
    "alert": {"clock_allowance": "90s"},
}

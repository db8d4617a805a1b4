"""Policies of the stories: short bakes, so that whole rollouts fit into an hour of virtual time."""

from dataclasses import replace
from datetime import timedelta

from rollout.core.policy.gate_model import ErrorsCheck, GatePolicy, Margin
from rollout.core.policy.model import Create, Policy, RollbackPolicy, SampleRequest, Stage, Validate

MODEL = "fraud-model"

POLICY = Policy(
    service="fraud",
    endpoint="fraud-endpoint",
    model=MODEL,
    create=Create(endpoint=True),
    validate=Validate((SampleRequest("sample.json"),)),
    stages=(
        Stage(10, timedelta(minutes=3)),
        Stage(50, timedelta(minutes=3)),
        Stage(100, timedelta(minutes=3)),
    ),
    gate=GatePolicy(
        settle=timedelta(minutes=1),
        ingestion_delay=timedelta(minutes=1),
        min_minutes=1,
        min_requests=50,
        # So wide that one minute of a story's traffic can exclude it.
        errors=ErrorsCheck(limit=Margin(1.5, 0.2)),
        latency=None,
    ),
    keep=timedelta(minutes=5),
    rollback=RollbackPolicy(keep=timedelta(minutes=3)),
)

MIRRORING = replace(POLICY, stages=(Stage(0, timedelta(minutes=3), mirror=20), *POLICY.stages))
"""The same with a stage before the first weight in which requests are mirrored."""

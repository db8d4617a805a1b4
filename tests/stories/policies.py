"""Policies of the stories: short bakes, so that whole rollouts fit into an hour of virtual time."""

from datetime import timedelta

from rollout.core.policy import (
    Create,
    GatePolicy,
    Policy,
    RollbackPolicy,
    SampleRequest,
    Stage,
    Validate,
)

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
    ),
    keep=timedelta(minutes=5),
    rollback=RollbackPolicy(keep=timedelta(minutes=3)),
)

"""Policy documents: what is read, and the default of what is left out."""

from datetime import timedelta

from rollout.core.policy.document import UNASKED
from rollout.core.policy.expectation import Expectation, Interval, JsonType, Near
from rollout.core.policy.freeze_model import Day, FreezeWindow
from rollout.core.policy.gate_model import (
    Budget,
    Check,
    CustomCheck,
    ErrorsCheck,
    GatePolicy,
    LatencyCheck,
    LogQueries,
    Margin,
    OnCreep,
    OnHarm,
    RejectedCheck,
    SplitCheck,
)
from rollout.core.policy.model import (
    Approval,
    Create,
    CreateFrom,
    OnInconclusive,
    OnNewerVersion,
    Policy,
    RollbackPolicy,
    SampleRequest,
    Stage,
    StartOn,
    Validate,
    WorkspaceName,
)
from rollout.core.policy.notify_model import About, Route
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import (
    Compared,
    Contract,
    Difference,
    FieldRule,
    Golden,
    Labelled,
    Live,
    Metric,
    Output,
    OutputKind,
    Quality,
)
from tests.support.policy_documents import (
    FILES,
    FULL_DOCUMENT,
    a_folder,
)

MINUTE = timedelta(minutes=1)


HOUR = timedelta(hours=1)


EVERY_QUALITY = Quality(
    Difference.ROLLBACK,
    Compared(("predictions[*].label", "score"), 0.02, 0.001, 0.02, 0.08),
    Contract(
        learn=False,
        added=False,
        fields={
            "label": FieldRule(JsonType.TEXT, labels=("ok", "fraud"), nullable=True),
            "probabilities": FieldRule(JsonType.LIST, (-1, 3), Interval(0, 1), sums_to=1),
        },
    ),
    Expectation(
        present=("score",),
        absent=("error",),
        values={"kind": "score"},
        types={"score": JsonType.NUMBER},
        lengths={"parts": 3},
        ranges={"score": Interval(0, 1)},
        close={"sum": Near(1, 0.01)},
    ),
    Golden(
        "golden.csv",
        Labelled(Metric.ACCURACY, "[0].label", "fraud", ""),
        least=0.9,
        worse_by=0.02,
        rate=60,
        time=20 * MINUTE,
    ),
    Labelled(Metric.LOG_LOSS, "score", "y", "x"),
    Live(
        "outputs",
        "inputs",
        (
            Output("score", OutputKind.NUMBER, 0.12, Interval(0, 1)),
            Output("label", OutputKind.LABEL),
        ),
        Expectation(absent=("error",)),
        0.5,
        "collected",
    ),
)


def test_the_shortest_document_takes_every_default() -> None:
    policy, faults = parse_policy(a_folder())

    assert faults == ()
    assert policy == Policy(
        "fraud",
        "fraud-endpoint",
        "fraud-model",
        probes=Probes(),
        quality=UNASKED,
        max_bake_auto=True,
    )


def test_every_field_reaches_the_policy() -> None:
    policy, faults = parse_policy(ServiceFolder("fraud", FULL_DOCUMENT, FILES))

    assert faults == ()
    assert policy == Policy(
        service="fraud",
        endpoint="fraud-endpoint",
        model="fraud-model",
        tags={"approved": "yes"},
        workspace=WorkspaceName("00000000-0000-0000-0000-000000000000", "rg-ml", "ws-production"),
        start_on=StartOn.MANUAL,
        create=Create(CreateFrom.TEMPLATE, True, 45 * MINUTE, 4 * MINUTE),
        validate=Validate(
            (
                SampleRequest(
                    "sample.json",
                    Expectation(
                        201,
                        ("predictions",),
                        ("error",),
                        {"result.kind": "score", "result.parts": [1, None, {"a": True}]},
                        timedelta(milliseconds=500),
                        {"result": JsonType.OBJECT},
                        {"[0].parts": 3},
                        {"result.score": Interval(0.0, 1.5)},
                        {"0": Near(0.93, 0.01)},
                    ),
                    "application/json; charset=utf-8",
                ),
            ),
            10 * MINUTE,
            timedelta(seconds=5),
        ),
        stages=(
            Stage(0, 30 * MINUTE, mirror=20),
            Stage(5, 20 * MINUTE, Approval.SECOND_PERSON),
            Stage(100, HOUR),
        ),
        gate=GatePolicy(
            settle=2 * MINUTE,
            settle_requests=20,
            ingestion_delay=11 * MINUTE,
            gap=12 * MINUTE,
            min_minutes=6,
            min_requests=60,
            max_bake=3 * HOUR,
            history=12 * HOUR,
            short_history=2 * HOUR,
            correlation_floor=0.02,
            errors=ErrorsCheck(Margin(1.1, 0.001), Margin(2.0, 0.05), 0.025),
            rejected=RejectedCheck(Margin(1.3, 0.02)),
            latency=LatencyCheck(1.05, 1.5, timedelta(milliseconds=800)),
            split=SplitCheck(0.2),
            creep=OnCreep.HOLD,
            budget=Budget(
                *(0.02, 0.001, 0.002, 0.003, 0.004, 0.05, 0.006, 0.007, 0.008),
                *(0.011, 0.012, 0.013, 0.014, 0.015, 0.016, 0.017, 0.01),
            ),
            observe_only=(Check.LATENCY, Check.DARK),
            logs=LogQueries(
                "00000000-0000-0000-0000-000000000001",
                False,
                (
                    CustomCheck(
                        "empty-answers",
                        "AmlOnlineEndpointTrafficLog\n| summarize total = count()",
                        Margin(1.0, 0.03),
                        0.002,
                        OnHarm.ROLLBACK,
                    ),
                ),
            ),
            stale=15 * MINUTE,
            stale_limit=45 * MINUTE,
            dark=20 * MINUTE,
            dark_requests=30,
            source_failures=7,
            unknown=0.02,
        ),
        keep=48 * HOUR,
        on_inconclusive=OnInconclusive.ROLLBACK,
        on_newer_version=OnNewerVersion.QUEUE,
        rollback=RollbackPolicy(timedelta(0), True),
        deadline=6 * HOUR,
        shift_deadline=20 * MINUTE,
        hold_expires=12 * HOUR,
        alert_clock_allowance=timedelta(seconds=90),
        freeze=(FreezeWindow(18 * 60 + 30, 24 * 60, "Europe/Berlin", (Day.FRI, Day.SAT)),),
        probes=Probes(
            "inputs.jsonl", ProbesWhen.ALWAYS, 30, 900, 3, 3, timedelta(milliseconds=1500), 40
        ),
        quality=EVERY_QUALITY,
        notify=(
            Route("fraud-team", (About.ATTENTION, About.HELD, About.PROMOTED)),
            Route("audit", (About.NOTICE,)),
        ),
    )


def test_predictions_are_not_judged_where_the_part_is_switched_off() -> None:
    policy, faults = parse_policy(a_folder(quality=False))

    assert faults == ()
    assert policy is not None
    assert policy.quality is None


def test_a_part_that_is_written_holds_on_different_answers() -> None:
    policy, faults = parse_policy(a_folder(quality={"contract": False}))

    assert faults == ()
    assert policy is not None
    assert policy.quality == Quality(Difference.HOLD, contract=None)


def test_a_check_that_is_off_is_none() -> None:
    gate = {"errors": {"slo": False}, "rejected": False, "latency": False}

    policy, faults = parse_policy(a_folder(gate=gate))

    assert faults == ()
    assert policy is not None
    assert policy.gate.errors == ErrorsCheck(slo=None)
    assert (policy.gate.rejected, policy.gate.latency) == (None, None)


def test_half_a_margin_keeps_the_default_of_the_other_half() -> None:
    gate = {"errors": {"limit": {"points": "5%"}, "tolerance": {"ratio": 1.1}}}

    policy, _ = parse_policy(a_folder(gate=gate))

    assert policy is not None
    assert policy.gate.errors.limit == Margin(1.5, 0.05)
    assert policy.gate.errors.tolerance == Margin(1.1, 0.0002)

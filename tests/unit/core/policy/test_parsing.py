"""Policy documents: what is read, and every way in which one is refused."""

from datetime import timedelta
from typing import Any

import pytest

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
from rollout.core.policy.parsing import ServiceFolder, parse_policy, parse_services
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
    a_document,
    a_folder,
    faults_of,
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


WORKSPACE_ID = "00000000-0000-0000-0000-000000000001"


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


@pytest.mark.parametrize(("change", "place", "words"), BAD_SHAPES)
def test_a_faulty_field_is_named_with_what_to_write(
    change: dict[str, Any], place: str, words: str
) -> None:
    assert words in faults_of(a_folder(**change))[place]


@pytest.mark.parametrize(
    ("expect", "place"),
    [
        ({"present": ["a..b"]}, "present[0]"),
        ({"absent": [7]}, "absent[0]"),
        ({"values": {"": 1}}, "values."),
        ({"values": {"a": b"x"}}, "values.a"),
        ({"values": {"a": {1: 2}}}, "values.a"),
        ({"values": {"a": [object()]}}, "values.a"),
        ({"status": 99}, "status"),
        ({"type": {"a": "string"}}, "type.a"),
        ({"length": {"a": -1}}, "length.a"),
        ({"range": {"a": [1]}}, "range.a"),
        ({"range": {"a": [0, "x"]}}, "range.a"),
        ({"range": {"a": [0, float("inf")]}}, "range.a"),
        ({"close": {"a": [1, -0.1]}}, "close.a"),
        ({"close": {"a": 1}}, "close.a"),
        ({"close": {"a": [float("nan"), 1]}}, "close.a"),
        ({"latency": "soon"}, "latency"),
    ],
)
def test_a_faulty_expectation_is_named(expect: dict[str, Any], place: str) -> None:
    folder = a_folder(validate={"requests": [{"file": "sample.json", "expect": expect}]})

    assert f"validate.requests[0].expect.{place}" in faults_of(folder)


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: Any = 1
    for _ in range(20):
        value = [value]
    expect = {"values": {"a": value}}
    folder = a_folder(validate={"requests": [{"file": "sample.json", "expect": expect}]})

    assert "not a JSON value" in faults_of(folder)["validate.requests[0].expect.values.a"]


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_a_document_that_is_no_mapping_is_refused(document: Any) -> None:
    policy, faults = parse_policy(ServiceFolder("fraud", document, FILES))

    assert policy is None
    assert faults[0][0] == "fraud/rollout.yaml"


def test_a_part_with_faults_is_not_judged_further() -> None:
    folder = a_folder(
        stages=[{"weight": "ten"}],
        gate={"min_minutes": 0},
        create={"deadline": 5},
        validate={"timeout": 5},
        deadline="1m",
    )

    assert set(faults_of(folder)) == {
        "stages[0].weight",
        "gate.min_minutes",
        "create.deadline",
        "validate.timeout",
    }


def test_a_folder_name_that_cannot_be_a_service_is_refused() -> None:
    _, faults = parse_policy(ServiceFolder("My Service", a_document(), FILES))

    assert faults[0][0] == "My Service/rollout.yaml"
    assert "cannot name a service" in faults[0][1]


def test_faults_of_reading_the_file_are_passed_on_alone() -> None:
    folder = ServiceFolder("fraud", None, FILES, ("The file is not UTF-8 text (byte 0).",))

    policy, faults = parse_policy(folder)

    assert policy is None
    assert faults == (("fraud/rollout.yaml", "The file is not UTF-8 text (byte 0)."),)


def test_names_of_fields_are_shown_on_one_line_without_control_characters() -> None:
    hostile = "x\n##vso[a]\x1b[31m\u202e"
    parsed = parse_services([a_folder("one", **{hostile: 1})])

    assert all(place.isprintable() for place, _ in parsed.broken["one"])
    assert len(parsed.broken["one"]) == 1

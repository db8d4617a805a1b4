"""Log Analytics: what is asked, and answers that the local one does not give."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies

from localazure.logs.kql_tokens import tokens
from rollout.adapters.metrics.log_analytics import LogAnalytics, scope_of
from rollout.adapters.metrics.log_queries import LogCounts, custom_query, slow_query, text_literal
from rollout.adapters.metrics.minute_spans import Asked
from rollout.core.policy.gate_model import CustomCheck, LogQueries
from rollout.core.records.observation import SlowCounts, SlowThresholds, Tally
from rollout.errors import ArmThrottledError, InvalidInputError, MetricsUnavailableError
from rollout.ports import MetricsQuestion
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import TOKEN, FixedCredential, Reply, Script

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
WORKSPACE = "0f3a6f0e-8f1c-4f4c-9a53-7d2a4b1d9c11"
PATH = f"/v1/workspaces/{WORKSPACE}/query"
CHECK = CustomCheck("low scores", "Scores | summarize total = 1")
ALL = LogQueries(WORKSPACE, checks=(CHECK,))
SLOW = LogQueries(WORKSPACE)
CUSTOM = LogQueries(WORKSPACE, slow_counts=False, checks=(CHECK,))
THRESHOLDS = SlowThresholds((20, 30, 40, 50.5), (22, 33, 44, 55.55), (24, 36, 48, 60.6), 100)
COUNTS = [f"{name}_{index}" for name in ("over", "limit") for index in range(4)]


@pytest.fixture
def logs(script: Script) -> Iterator[LogCounts]:
    client = LogAnalytics(FixedCredential(), base_url=f"{script.url}/")
    yield LogCounts(client)
    client.close()


def asked(
    endpoint: str = ENDPOINT, *, stable: str | None = "Blue", candidate: str | None = "green-7"
) -> Asked:
    end = AT + timedelta(minutes=5)
    question = MetricsQuestion(stable, candidate, start=AT, end=end, latency=False)
    return Asked.of(endpoint, question, 5)


def table(columns: list[str], *rows: list[Any], **more: Any) -> Reply:
    named = [{"name": name, "type": "string"} for name in columns]
    found = {"name": "PrimaryResult", "columns": named, "rows": rows}
    return Reply(200, json.dumps({"tables": [found], **more}))


def tallies(*rows: list[Any]) -> Reply:
    return table(["minute", "deployment", "total", "bad"], *rows)


def test_one_question_counts_slow_requests_and_each_check_asks_one(
    logs: LogCounts, script: Script
) -> None:
    script.on(
        "POST",
        PATH,
        table(
            ["deployment", "minute", "total", *COUNTS, "slo"],
            ["blue", "2026-01-31T10:01:00Z", 90, *range(8), 3],
        ),
        tallies(["2026-01-31T10:02:00.0000000Z", "Green-7", 10, 1.5]),
    )
    found = logs.read(asked(), ALL, THRESHOLDS)
    assert found.slow == {
        ("blue", AT + timedelta(minutes=1)): SlowCounts(90, (0, 1, 2, 3), (4, 5, 6, 7), 3)
    }
    assert found.custom == {"low scores": {("green-7", AT + timedelta(minutes=2)): Tally(10, 1.5)}}
    first, second = script.heard
    assert first.headers["Authorization"] == f"Bearer {TOKEN}"
    assert first.headers["Prefer"] == "wait=5"
    assert json.loads(first.body) == {
        "query": slow_query(asked(), THRESHOLDS),
        "timespan": "2026-01-31T10:00:00Z/2026-01-31T10:05:00Z",
    }
    assert json.loads(second.body)["query"] == custom_query(asked(), CHECK)


def test_the_slow_query_compares_each_side_with_its_own_thresholds() -> None:
    text = slow_query(asked(), THRESHOLDS)
    assert "over_0 = countif(TotalDurationMs > iff(of_candidate, 22.000000, 20.000000))" in text
    assert "over_3 = countif(TotalDurationMs > iff(of_candidate, 55.550000, 50.500000))" in text
    assert "limit_3 = countif(TotalDurationMs > 60.600000)" in text
    assert "slo = countif(TotalDurationMs > 100.000000)" in text
    assert 'of_candidate = deployment == "green-7"' in text


def test_a_custom_query_is_told_what_is_asked_before_its_own_text() -> None:
    *lets, own = custom_query(asked(), CHECK).splitlines()
    assert own == CHECK.query
    workspace = ENDPOINT.partition("/onlineendpoints/")[0].replace(
        "microsoft.machinelearningservices", "Microsoft.MachineLearningServices"
    )
    assert lets == [
        "let start = datetime(2026-01-31T10:00:00Z);",
        "let end = datetime(2026-01-31T10:05:00Z);",
        f'let endpoint = "{ENDPOINT.rpartition("/")[2]}";',
        'let deployments = dynamic(["blue", "green-7"]);',
        f'let mlworkspace = "{workspace.replace("resourcegroups", "resourceGroups")}/";',
    ]


def test_what_could_end_a_literal_is_escaped() -> None:
    endpoint = ENDPOINT.replace("ml-local", 'a"b\\c')
    question = asked(endpoint, stable="blue", candidate=None)
    assert '/resourceGroups/a\\"b\\\\c/' in custom_query(question, CHECK)


@given(strategies.text())
def test_a_literal_says_what_went_into_it_or_is_refused(text: str) -> None:
    try:
        literal = text_literal(text)
    except MetricsUnavailableError:
        assert not text.isprintable()
        return
    # Read by the local Log Analytics, which shares no code with this product.
    found, _end = tokens(literal)
    assert found.value == text


def test_a_line_break_in_a_name_is_refused() -> None:
    endpoint = ENDPOINT.replace("ml-local", "a\nb")
    question = asked(endpoint, stable="blue", candidate=None)
    with pytest.raises(MetricsUnavailableError, match="control characters"):
        custom_query(question, CHECK)


@pytest.mark.parametrize("name", ['x"; T', "a b", "-", "x" * 40])
def test_a_deployment_that_cannot_be_is_not_asked_for(name: str) -> None:
    with pytest.raises(InvalidInputError):
        asked(candidate=name)


def test_a_threshold_that_is_no_number_is_refused() -> None:
    with pytest.raises(MetricsUnavailableError, match="is not a time"):
        slow_query(asked(), SlowThresholds((float("nan"),), (1,), (1,)))


@pytest.mark.parametrize("reply", [Reply(204), tallies()])
def test_no_rows_are_no_counts(logs: LogCounts, script: Script, reply: Reply) -> None:
    script.on("POST", PATH, reply)
    assert logs.read(asked(), CUSTOM, None).custom == {"low scores": {}}


def test_rows_of_other_minutes_are_left_out(logs: LogCounts, script: Script) -> None:
    script.on(
        "POST",
        PATH,
        tallies(
            ["2026-01-31T09:59:00Z", "blue", 1, 0],
            ["2026-01-31T10:05:00Z", "blue", 1, 0],
            ["2026-01-31T10:04:00Z", "blue", 2, 0],
        ),
    )
    found = logs.read(asked(), CUSTOM, None).custom["low scores"]
    assert found == {("blue", AT + timedelta(minutes=4)): Tally(2, 0)}


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (table(["minute", "total"], ["2026-01-31T10:00:00Z", 1]), "it must return minute, depl"),
        (tallies(["2026-01-31T10:00:30Z", "blue", 1, 0]), r"use `minute = bin\(TimeGenerated"),
        (tallies([None, "blue", 1, 0]), "use `minute"),
        (tallies(["soon", "blue", 1, 0]), "the minute 'soon'"),
        (tallies(["2026-01-31T10:00:00Z", None, 1, 0]), "is not text"),
        (tallies(["2026-01-31T10:00:00Z", "blue", "1", 0]), "'1' in total: use a number"),
        (tallies(["2026-01-31T10:00:00Z", "blue", True, 0]), "use a number"),
        (tallies(["2026-01-31T10:00:00Z", "blue", 1, None]), "None in bad"),
        (tallies(["2026-01-31T10:00:00Z", "blue", 1, -1]), "use a count"),
        (tallies(["2026-01-31T10:00:00Z", "blue", 1, 2]), "2 bad of 1"),
        (tallies(*[["2026-01-31T10:00:00Z", name, 1, 0] for name in ("blue", "BLUE")]), "two rows"),
    ],
)
def test_a_custom_query_that_returns_something_else_is_told_what_to_return(
    logs: LogCounts, script: Script, reply: Reply, says: str
) -> None:
    script.on("POST", PATH, reply)
    with pytest.raises(MetricsUnavailableError, match=says) as caught:
        logs.read(asked(), CUSTOM, None)
    assert "'low scores'" in str(caught.value)


SEMANTIC = {
    "message": "The request had some invalid properties",
    "code": "BadArgumentError",
    "innererror": {
        "code": "SemanticError",
        "message": "A semantic error occurred.",
        "innererror": {"code": "SEM0100", "message": "Failed to resolve table"},
    },
}
PARTIAL = {"code": "PartialError", "details": [{"innererror": {"message": "too many rows"}}]}


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(400, json.dumps({"error": SEMANTIC})), "400 BadArgumentError: Failed to resolve t"),
        (Reply(400, json.dumps({"error": SEMANTIC})), "Does the endpoint's diagnostic setting"),
        (Reply(403, '{"error": {"code": "InsufficientAccessError"}}'), "Log Analytics Reader on"),
        (Reply(404, '{"error": {"code": "PathNotFoundError"}}'), "404 PathNotFoundError"),
        (Reply(504, "no"), "504"),
        (table(["minute"], error=PARTIAL), "only a part: PartialError: too many rows"),
        (Reply(200, ""), "not the documented one"),
        (Reply(200, '{"tables": []}'), "not the documented one"),
        (Reply(200, '{"tables": [{"columns": [{"name": "a"}], "rows": [[1, 2]]}]}'), "documented"),
        (Reply(drops=True), "slow requests failed: no answer"),
    ],
)
def test_logs_that_cannot_be_read_say_why_and_what_to_do(
    logs: LogCounts, script: Script, reply: Reply, says: str
) -> None:
    script.on("POST", PATH, reply)
    with pytest.raises(MetricsUnavailableError, match=says):
        logs.read(asked(), SLOW, THRESHOLDS)


def test_logs_that_take_no_more_queries_say_how_long_to_wait(
    logs: LogCounts, script: Script
) -> None:
    script.on("POST", PATH, Reply(429, "{}", {"Retry-After": "7"}))
    with pytest.raises(ArmThrottledError) as caught:
        logs.read(asked(), SLOW, THRESHOLDS)
    assert caught.value.wait == timedelta(seconds=7)


def test_a_custom_query_that_is_refused_is_to_be_mended(logs: LogCounts, script: Script) -> None:
    script.on("POST", PATH, Reply(400, json.dumps({"error": SEMANTIC})))
    with pytest.raises(MetricsUnavailableError, match=r"'low scores' failed.*Correct the query"):
        logs.read(asked(), CUSTOM, None)


def test_secrets_in_an_error_are_not_repeated(logs: LogCounts, script: Script) -> None:
    error = {"code": "X", "message": "denied to https://h/?sig=abcdef123456"}
    script.on("POST", PATH, Reply(400, json.dumps({"error": error})))
    with pytest.raises(MetricsUnavailableError) as caught:
        logs.read(asked(), SLOW, THRESHOLDS)
    assert "abcdef123456" not in str(caught.value)


def test_a_workspace_that_is_no_guid_is_not_asked(logs: LogCounts, script: Script) -> None:
    with pytest.raises(MetricsUnavailableError, match="Workspace ID"):
        logs.read(asked(), LogQueries("../../subscriptions"), THRESHOLDS)
    assert script.heard == []


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("https://api.loganalytics.io", "https://api.loganalytics.io/.default"),
        ("https://api.loganalytics.azure.com", "https://api.loganalytics.io/.default"),
        ("https://api.loganalytics.us", "https://api.loganalytics.us/.default"),
        ("https://api.loganalytics.azure.cn", "https://api.loganalytics.azure.cn/.default"),
        ("https://127.0.0.1:4711", "https://api.loganalytics.io/.default"),
    ],
)
def test_the_token_is_for_the_cloud_of_the_address(url: str, scope: str) -> None:
    assert scope_of(url) == scope

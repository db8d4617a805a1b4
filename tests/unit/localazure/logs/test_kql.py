"""The subset of KQL that the local Log Analytics supports, and how it refuses the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localazure.logs.errors import QueryError, QuerySyntaxError, UnresolvedError
from localazure.logs.kql import Table, run

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
COLUMNS = {"t": "datetime", "name": "string", "code": "int", "ms": "real", "model": "int"}
ROWS: list[dict[str, Any]] = [
    {"t": AT, "name": "blue", "code": 200, "ms": 10.0, "model": 200},
    {"t": AT + timedelta(seconds=59), "name": "Blue", "code": 424, "ms": 30.5, "model": 500},
    {"t": AT + timedelta(minutes=1), "name": "green", "code": 429, "ms": 1.0, "model": None},
]


def rows(text: str) -> list[dict[str, Any]]:
    return [dict(row) for row in run(text, {"T": Table(COLUMNS, ROWS)}).rows]


def codes(condition: str) -> list[int]:
    return [row["code"] for row in rows(f"T | where {condition} | project code")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("true", [200, 424, 429]),
        ("name == 'blue'", [200]),
        ('name =~ "BLUE"', [200, 424]),
        ("name !~ 'blue'", [429]),
        ("name != 'blue'", [424, 429]),
        ("name startswith 'b'", [200, 424]),
        ("name contains 'REE'", [429]),
        ("name in ('blue', 'green')", [200, 429]),
        ("name in~ ('blue')", [200, 424]),
        ("name !in ('blue')", [424, 429]),
        ("name !in~ (dynamic(['blue', 'x']))", [429]),
        ("code >= 424 and code < 429", [424]),
        ("code == 200 or code == 429", [200, 429]),
        ("code == 200 or code == 424 and ms > 100", [200]),
        ("(code == 200 or code == 424) and ms > 100", []),
        ("not(code == 200)", [424, 429]),
        ("code + 5 == 429", [424]),
        ("code - 2 * 100 == 0", [200]),
        ("code / 100 == 4", [424, 429]),
        ("ms / 0 > 1", []),
        ("-ms < -20", [424]),
        ("model == 200", [200]),
        ("model != 200", [424]),
        ("not(model == 200)", [424]),
        ("t >= datetime(2026-01-31T10:01:00Z)", [429]),
        ("t < datetime(2026-01-31)", []),
        ("bin(t, 1m) == datetime(2026-01-31 10:00)", [200, 424]),
        ("tolower(name) == 'blue'", [200, 424]),
        ("toupper(strcat(name, '!')) == 'BLUE!'", [200, 424]),
        ("ms > iff(name == 'blue', 20, 0.5)", [424, 429]),
        ("name == 'a\\'b' // never", []),
    ],
)
def test_a_condition_keeps_the_rows_it_is_true_for(condition: str, expected: list[int]) -> None:
    assert codes(condition) == expected


def test_lets_are_known_to_later_statements() -> None:
    text = """
        let limit = 5;
        let higher = limit + 15.0; // a let may use those before it
        let names = dynamic(["blue", 'green']);
        T | where ms > higher or name in (names) | project name, twice = ms * 2"""
    assert rows(text) == [
        {"name": "blue", "twice": 20.0},
        {"name": "Blue", "twice": 61.0},
        {"name": "green", "twice": 2.0},
    ]


def test_a_summary_counts_by_groups() -> None:
    text = """
        T
        | extend deployment = tolower(name)
        | summarize total = count(), bad = countif(code != 200), sum(ms), countif(ms > 5)
            by minute = bin(t, 1m), deployment"""
    found = run(text, {"T": Table(COLUMNS, ROWS)})
    assert found.columns == {
        "minute": "datetime",
        "deployment": "string",
        "total": "long",
        "bad": "long",
        "sum_": "real",
        "countif_": "long",
    }
    assert [tuple(row.values()) for row in found.rows] == [
        (AT, "blue", 2, 1, 40.5, 2),
        (AT + timedelta(minutes=1), "green", 1, 1, 1.0, 0),
    ]


def test_a_summary_of_nothing_has_a_row_only_without_groups() -> None:
    assert rows("T | where false | summarize count()") == [{"count_": 0}]
    assert rows("T | where false | summarize count() by bin(t, 1m)") == []
    assert rows("T | summarize by name") == [{"name": "blue"}, {"name": "Blue"}, {"name": "green"}]


def test_a_table_alone_is_a_query() -> None:
    assert rows("T;") == ROWS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a name"),
        ("T | take 5", "'take' is not supported here"),
        ("T | where", "is not expected"),
        ("T | where name ==", "is not expected"),
        ("T | where (true", "expected '\\)'"),
        ("T where true", "'where' is not expected"),
        ("T | where name == 'open", "cannot be read at"),
        ("T | where t > datetime(soon)", "is not a datetime"),
        ("T | where code in dynamic([1])", "expected '\\('"),
        ("let x = dynamic([a]); T", "takes literals"),
        ("let x = 1 T", "expected ';'"),
        ("T | project name name", "is not expected"),
        ("T | where #", "cannot be read"),
    ],
)
def test_an_unsupported_query_is_a_syntax_error(text: str, says: str) -> None:
    with pytest.raises(QuerySyntaxError, match=says) as caught:
        rows(text)
    error = caught.value.document()["error"]
    assert error["code"] == "BadArgumentError"
    assert error["innererror"]["code"] == "SyntaxError"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("U | where true", "'where' operator: Failed to resolve table or column expression"),
        ("T | where nobody == 1", "Failed to resolve column or scalar expression named 'nobody'"),
        ("T | project name | where code == 1", "named 'code'"),
        ("T | extend x = median(ms)", "Unknown function: 'median'"),
    ],
)
def test_an_unknown_name_is_a_semantic_error_even_without_rows(text: str, says: str) -> None:
    with pytest.raises(UnresolvedError, match=says) as caught:
        run(text, {"T": Table(COLUMNS, [])})
    inner = caught.value.document()["error"]["innererror"]
    assert (inner["code"], inner["innererror"]["code"]) == ("SemanticError", "SEM0100")


@pytest.mark.parametrize(
    "text",
    [
        "T | where code",
        "T | where name > 5",
        "T | where code =~ 'x'",
        "T | where code and true",
        "T | where name startswith 5",
        "T | extend x = name + 1",
        "T | extend x = -name",
        "T | extend x = tolower(code)",
        "T | extend x = tolower()",
        "T | extend x = bin(code, 5)",
        "T | extend x = iff(code, 1, 2)",
        "T | extend x = iff(true, 1, 'a')",
        "T | extend x = not(1)",
        "T | extend x = bin(t)",
        "T | summarize dcount(name)",
        "T | summarize sum(name)",
        "T | summarize countif(code)",
    ],
)
def test_types_that_do_not_match_are_an_error(text: str) -> None:
    with pytest.raises(QueryError):
        run(text, {"T": Table(COLUMNS, [])})

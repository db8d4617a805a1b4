"""Saved queries and the workbook read what the app writes, by the names that it writes.

Whether they are KQL, and have tables and columns that there are, is said in `test_queries.py`.
"""

import re
from pathlib import Path

import pytest

from rollout.adapters.app_log import DECISION_EVENT_ID
from rollout.core.records.decision_fields import DECISION_FIELDS
from rollout.core.records.phases import Phase
from tests.support.paths import PROJECT

QUERIES = sorted((PROJECT / "infra" / "queries").glob("*.kql"))
MODULE = (PROJECT / "infra" / "modules" / "reading.bicep").read_text(encoding="utf-8")
PAGE = (PROJECT / "docs" / "telemetry.md").read_text(encoding="utf-8")
MARKED = f"{DECISION_EVENT_ID}: "

SOURCE = "\n".join(
    file.read_text(encoding="utf-8") for file in sorted((PROJECT / "rollout").rglob("*.py"))
)
FUNCTIONS = (PROJECT / "function_app.py").read_text(encoding="utf-8")


def text_of(query: Path) -> str:
    """The query without its remarks."""
    lines = query.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//"))


@pytest.fixture(params=QUERIES, ids=lambda query: query.stem)
def query(request: pytest.FixtureRequest) -> str:
    found: Path = request.param
    return text_of(found)


def test_each_field_is_one_that_the_app_writes(query: str) -> None:
    assert set(re.findall(r"\bdecision\.(\w+)", query)) <= set(DECISION_FIELDS)


def test_each_looks_at_this_app_alone(query: str) -> None:
    tables = re.findall(r"\bApp[A-Z]\w+(?=\s*\n\|)", query)
    assert len(tables) == query.count("| where AppRoleName =~ 'FUNCTION_APP'") > 0


def test_the_mark_is_cut_off_whole(query: str) -> None:
    assert set(re.findall(r"substring\(Message, (\d+)\)", query)) <= {str(len(MARKED))}
    if "decision." in query:
        assert f"startswith '{MARKED}'" in query


def test_each_line_that_is_looked_for_is_written_somewhere(query: str) -> None:
    for wanted in re.findall(r"startswith '([^']+)'", query):
        mark, _, rest = wanted.partition(":")
        text = rest.strip() if mark.startswith("Rollout") else wanted
        assert text in SOURCE, wanted
        assert not mark.startswith("Rollout") or f'"{mark}"' in SOURCE, wanted


def test_each_phase_and_function_is_one_of_the_app(query: str) -> None:
    named = re.findall(r"'([A-Z_]+)'", query)
    assert set(named) <= {phase.value for phase in Phase} | {"FUNCTION_APP", "CHOSEN_SERVICE"}
    for name in re.findall(r"Name == '(\w+)'", query):
        assert f'@app.function_name("{name}")' in FUNCTIONS


def test_every_file_is_deployed() -> None:
    loaded = re.findall(r"loadTextContent\('\.\./queries/(\w+)\.kql'\)", MODULE)
    assert sorted(loaded) == [query.stem for query in QUERIES]


def test_every_saved_query_is_on_the_page() -> None:
    titles = re.findall(r"^    title: '((?:[^'\\]|\\')+)'$", MODULE, re.MULTILINE)
    told = re.findall(r"^\| `(Rollouts: [^`]+)` \|", PAGE, re.MULTILINE)
    assert told == [title.replace("\\'", "'") for title in titles]


def test_what_going_back_prevented_says_what_it_assumes() -> None:
    remarks = (PROJECT / "infra" / "queries" / "prevented.kql").read_text(encoding="utf-8")
    assert "That assumes" in remarks

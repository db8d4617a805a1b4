"""Every query is read by Microsoft's language service, over the columns that its tables have."""

import json

import pytest

from infra_check.profiles import written
from rollout.adapters.bundle.files import read_bundle
from rollout.cli.kql.policy_queries import ReadQueries, read_queries
from tests.support.infra import queries
from tests.support.infra.made import own_snapshots
from tests.support.paths import PROJECT

# A profile, a text of its snapshot, what each place of it becomes, and what must be said. They are
# an unknown column, function or table, a word that is none, a wrong type, something left open.
SLIPS = [
    ("wiring-default", "where Message startswith", "where Mesage startswith", "KS142"),
    ("wiring-default", "ago(6m)", "agoo(6m)", "KS211"),
    ("wiring-default", "AppTraces\\n", "AppTrace\\n", "nothing is known of AppTrace:"),
    ("wiring-default", "| where AppRoleName", "| wher AppRoleName", "KS176"),
    ("wiring-default", "ingestion_time() > ago(6m)", "ingestion_time() > 6", "KS106"),
    ("wiring-default", "startswith 'RolloutNotice:'", "startswith 'RolloutNotice:", "KS001"),
    ("wiring-default", "lastTick = maxif(", "lastTick = max(", "KS119"),
    ("wiring-default", "AppTraces\\n", ".show tables // \\n", "KS"),
    # A word of the language is no name, if only since its newest version.
    ("main-default", "let newest = ", "let latest = ", "KS142"),
    # In the workbook the same text stands within a text.
    ("main-default", "\\\\n| sort by service asc", "\\\\n| sort by servce asc", "KS142"),
]


def changed(profile: str, old: str, new: str) -> queries.Queries:
    text = written(dict(own_snapshots()[profile]))
    assert old in text, f"{profile} no longer has {old!r}: rewrite the change"
    return queries.of_snapshots({profile: json.loads(text.replace(old, new))})


@pytest.fixture(scope="module", autouse=True)
def read_at_once() -> None:
    """One process for all: to start costs more than to read."""
    if why_not := queries.why_not():
        pytest.skip(why_not)
    groups = [
        queries.of_snapshots(own_snapshots()),
        *(queries.of_files(), queries.of_the_gate(), queries.of_documents()),
        *(changed(profile, old, new) for profile, old, new, _ in SLIPS),
    ]
    queries.complaints(
        {f"{n} {place}": text for n, group in enumerate(groups) for place, text in group.items()}
    )


def test_alert_rules_saved_queries_and_the_workbook_are_understood() -> None:
    assert queries.complaints(queries.of_snapshots(own_snapshots())) == []


def test_files_of_queries_are_understood_as_they_stand() -> None:
    assert queries.complaints(queries.of_files()) == []


def test_the_gates_own_query_is_understood() -> None:
    assert queries.complaints(queries.of_the_gate()) == []


def test_examples_in_the_pages_are_understood() -> None:
    found = queries.of_documents()

    assert {place.partition(",")[0] for place in found} == {
        "docs/operations.md",
        "docs/telemetry.md",
    }
    assert queries.complaints(found) == []


def test_queries_of_the_examples_policies_are_understood() -> None:
    services = PROJECT / "services"

    assert read_queries(services, read_bundle(services, None).comparable) == ReadQueries()


@pytest.mark.parametrize(
    ("profile", "old", "new", "said"), SLIPS, ids=[f"{number}" for number, _ in enumerate(SLIPS)]
)
def test_a_slip_is_named(profile: str, old: str, new: str, said: str) -> None:
    assert any(said in each for each in queries.complaints(changed(profile, old, new)))

"""Every query in KQL that this project has, and what the language service says about them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from rollout.adapters.metrics.log_queries import slow_query
from rollout.adapters.metrics.minute_spans import Asked
from rollout.cli.kql.analysis import Analysis, NotInstalledError, analyse
from rollout.cli.kql.policy_queries import complete
from rollout.core.policy.gate_model import CustomCheck
from rollout.core.records.observation import SlowThresholds
from rollout.ports import MetricsQuestion
from tests.doubles.records import ENDPOINT
from tests.support.infra.made import INFRA, Snapshots, named, resources
from tests.support.paths import PROJECT

type Queries = Mapping[str, str]
"""Where a query stands -> its text."""

_WORKBOOK = "Microsoft.Insights/workbooks"
_FENCED = re.compile(r"^( *)```\w*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_QUERY = re.compile(r"\A\s*(?:let \w+ =|[A-Z]\w+\s*\n\s*\|)")
_THRESHOLDS = (
    SlowThresholds((20, 30, 40, 50.5), (22, 33, 44, 55.55), (24, 36, 48, 60.6), 100),
    SlowThresholds((20,), (22,), (24,), None),
)
_AT = datetime(2026, 1, 31, 10, tzinfo=UTC)


def of_snapshots(snapshots: Snapshots) -> Queries:
    """Those of alert rules, saved queries and workbooks, of every profile."""
    found: dict[str, str] = {}
    for each in resources(snapshots):
        body = [each.body]
        if each.type == _WORKBOOK:
            body.append(json.loads(each.value("properties", "serializedData")))
        texts = [text for text in named(body, "query") if isinstance(text, str)]
        found |= {f"{each}, query {number}": text for number, text in enumerate(texts)}
    return found


def of_files() -> Queries:
    """Those of infra/queries, as they stand."""
    return {each.name: each.read_text(encoding="utf-8") for each in INFRA.glob("queries/*.kql")}


def of_documents() -> Queries:
    """Examples in the pages, each with what it is given where it stands in a policy."""
    pages = (*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"))
    return {
        f"{page.relative_to(PROJECT)}, example {number}": complete(CustomCheck("", text))
        for page in pages
        for number, (_, text) in enumerate(_FENCED.findall(page.read_text(encoding="utf-8")))
        if _QUERY.match(text)
    }


def of_the_gate() -> Queries:
    """The gate's own, which counts slow requests."""
    sides: Sequence[tuple[str | None, str | None]] = (("Blue", "green-7"), ("Blue", None))
    return {
        f"slow requests of {stable} and {candidate}, {number}": slow_query(
            Asked.of(ENDPOINT, _question(stable, candidate), 5), thresholds
        )
        for stable, candidate in sides
        for number, thresholds in enumerate(_THRESHOLDS)
    }


def _question(stable: str | None, candidate: str | None) -> MetricsQuestion:
    end = _AT + timedelta(minutes=5)
    return MetricsQuestion(stable, candidate, start=_AT, end=end, latency=False)


def complaints(queries: Queries) -> list[str]:
    """Return a sentence for each thing that the language service does not understand or know."""
    return [
        f"{place}: {sentence}"
        for (place, _), read in zip(queries.items(), _read(tuple(queries.values())), strict=True)
        for sentence in _sentences(read)
    ]


def _sentences(read: Analysis) -> Iterator[str]:
    for each in read.findings:
        yield f"{each.line}:{each.column}: {each.code}: {each.text}"
    for name in read.unknown:
        yield f"nothing is known of {name}: add it to rollout/cli/kql/tables.json"
    if not (read.findings or read.columns):
        yield "it returns no table"


_ANSWERS: dict[str, Analysis] = {}


def _read(texts: tuple[str, ...]) -> list[Analysis]:
    # Most profiles have the same ones, and most slips leave most of them as they are.
    new = list(dict.fromkeys(text for text in texts if text not in _ANSWERS))
    _ANSWERS.update(zip(new, analyse(new), strict=True))
    return [_ANSWERS[text] for text in texts]


@cache
def why_not() -> str:
    """Return why nothing can be analysed here; empty: it can."""
    try:
        analyse(["print 1"])
    except NotInstalledError as error:
        return f"KQL is not analysed: {error}; run make setup"
    return ""

"""The queries of policies (`gate.logs.checks`), as Azure would read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.bundle.policy_yaml import read_policy_yaml
from rollout.adapters.metrics.log_queries import COLUMNS, custom_query
from rollout.adapters.metrics.minute_spans import Asked, Span
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import line_of
from rollout.cli.kql.analysis import Analysis, NotAnalysedError, analyse, known_tables
from rollout.core.policy.gate_model import CustomCheck
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE
from rollout.units import MINUTE

_CUSTOM = "_CL"
"""Log Analytics ends the name of each table of one's own with it; only its owner knows columns."""
_NUMBERS = ("int", "long", "real")
_OPEN = ("dynamic", "unknown")
"""What such a column holds shows when the query runs."""
_TYPES = dict(zip(COLUMNS, (("datetime",), ("string",), _NUMBERS, _NUMBERS), strict=True))
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
# Of nobody: a query is read with values in place of the parts of the question.
_ENDPOINT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/endpoint"
)


@dataclass(frozen=True)
class ReadQueries:
    """Faults and warnings by service; `note` says, where there is one, why there are none."""

    faults: Mapping[str, Sequence[Fault]] = field(default_factory=dict)
    note: str = ""


def read_queries(services: Path, policies: Mapping[str, Policy]) -> ReadQueries:
    """Return what is wrong with the queries of these policies, whose folders are in `services`."""
    places = [
        (name, f"gate.logs.checks[{index}].query", check)
        for name, policy in policies.items()
        for index, check in enumerate(policy.gate.logs.checks if policy.gate.logs else ())
    ]
    # Services often have the same ones.
    texts = list(dict.fromkeys(complete(check) for _, _, check in places))
    try:
        read = dict(zip(texts, analyse(texts), strict=True))
    except NotAnalysedError as error:
        return ReadQueries(note=f"The queries of gate.logs were not analysed: {error}.")
    faults: dict[str, list[Fault]] = {}
    for name, place, check in places:
        found = list(_told(read[complete(check)]))
        line = _line(services / name / POLICY_FILE, place) if found else None
        faults.setdefault(name, []).extend(
            Fault(POLICY_FILE, sentence, place, line, warning=not wrong)
            for sentence, wrong in found
        )
    return ReadQueries(faults)


def complete(check: CustomCheck) -> str:
    """Return the query as it is sent, about an endpoint of nobody."""
    asked = Asked(
        parse_endpoint_id(_ENDPOINT),
        "blue",
        "green",
        Span(_NOON, _NOON + MINUTE),
        # Nothing is sent.
        Deadline(0),
    )
    return custom_query(asked, check)


_LINES_BEFORE = complete(CustomCheck("", "")).count("\n")


def _line(policy: Path, place: str) -> int | None:
    return line_of(read_policy_yaml(policy.read_bytes()).lines, place)


def _told(read: Analysis) -> Iterator[tuple[str, bool]]:
    for each in read.findings:
        where = f"line {each.line - _LINES_BEFORE}, column {each.column} of the query"
        yield f"{each.text} ({each.code}, {where})", each.error
    strangers = [each for each in read.unknown if not each.endswith(_CUSTOM)]
    if strangers:
        sentence = (
            f"Columns of {', '.join(strangers)} are not known here and were not checked; known are "
            f"those of {', '.join(known_tables())}."
        )
        yield sentence, False
    if read.columns is not None:
        yield from ((sentence, True) for sentence in _returned(read.columns, more=read.more))
    elif not read.findings:
        yield f"It returns no table: it must return {', '.join(COLUMNS)}.", True


def _returned(columns: Mapping[str, str], *, more: bool) -> Iterator[str]:
    missing = [name for name in COLUMNS if name not in columns]
    if missing and not more:
        returned = ", ".join(columns) or "no columns"
        yield f"It returns {returned}: it must return {', '.join(missing)} too."
    for name, types in _TYPES.items():
        if name in columns and columns[name] not in (*types, *_OPEN):
            yield f"{name} is of the type {columns[name]}: it must be {' or '.join(types)}."

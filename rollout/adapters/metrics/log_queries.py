"""Counts from logs, and nothing but counts: slow requests, and a policy's own queries.

Slow requests come from table AmlOnlineEndpointTrafficLog (its reference in Azure Monitor's tables:
TimeGenerated, EndpointName, DeploymentName, TotalDurationMs, _ResourceId), counted there by minute
and deployment, so that single requests never leave the workspace.

A minute without a row is left absent (None), never zero: logs arrive minutes after metrics, so a
missing row may mean "not yet". The gate then uses the minute's percentiles, which do not need logs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rollout.adapters.metrics.log_analytics import LogAnalytics, Row
from rollout.adapters.metrics.minute_spans import Asked, Span, floor_minute, stamp
from rollout.core.policy.gate_model import CustomCheck, LogQueries
from rollout.core.records.observation import SideMinute, SlowCounts, SlowThresholds, Tally
from rollout.errors import (
    AccessDeniedError,
    ArmRefusedError,
    ArmThrottledError,
    ArmUnavailableError,
    MetricsUnavailableError,
    RolloutError,
)
from rollout.text.redaction import redacted_line

TABLE = "AmlOnlineEndpointTrafficLog"
COLUMNS = ("minute", "deployment", "total", "bad")
"""The columns that a custom query must return."""

_PERMISSION = "The app's identity needs Log Analytics Reader on workspace {workspace}."
_DIAGNOSTICS = (
    f"Does the endpoint's diagnostic setting send {TABLE} to workspace {{workspace}}, and did the "
    "endpoint have a request since? Else set gate.logs.slow_counts to false."
)

Key = tuple[str, datetime]
"""A deployment, in lower case, and a minute."""


@dataclass(frozen=True)
class Counted:
    """What logs say: slow requests, and tallies by custom check."""

    slow: Mapping[Key, SlowCounts] = field(default_factory=dict)
    custom: Mapping[str, Mapping[Key, Tally]] = field(default_factory=dict)

    def added_to(self, minute: SideMinute, deployment: str, at: datetime) -> SideMinute:
        """Return a deployment's minute with its counts from logs."""
        key = deployment, at
        return replace(
            minute,
            slow=self.slow.get(key),
            custom={name: found[key] for name, found in self.custom.items() if key in found},
        )


class LogCounts:
    """Asks one Log Analytics workspace for counts by minute and deployment."""

    def __init__(self, client: LogAnalytics) -> None:
        self._client = client

    def read(self, asked: Asked, logs: LogQueries, thresholds: SlowThresholds | None) -> Counted:
        """Count slow requests, where there are thresholds, and what each custom check counts.

        Raises:
            MetricsUnavailableError: A query failed, or returned what it should not; the text says
                which and what to do.
        """
        slow: Mapping[Key, SlowCounts] = {}
        if logs.slow_counts and thresholds is not None:
            rows = self._ask(asked, logs, slow_query(asked, thresholds), "slow requests")
            slow = _slow_counts(rows, asked.span, thresholds)
        return Counted(
            slow,
            {check.name: self._tallies(asked, logs, check) for check in logs.checks},
        )

    def _tallies(self, asked: Asked, logs: LogQueries, check: CustomCheck) -> Mapping[Key, Tally]:
        what = f"the custom check '{check.name}'"
        rows = self._ask(asked, logs, custom_query(asked, check), what)
        return _tallies(rows, asked.span, what)

    def _ask(self, asked: Asked, logs: LogQueries, text: str, what: str) -> list[Row]:
        try:
            return self._client.query(logs.workspace, text, asked.span, asked.deadline)
        except AccessDeniedError as error:
            raise _unavailable(what, error, _PERMISSION, logs) from error
        except ArmRefusedError as error:
            raise _unavailable(what, error, _hint(text), logs) from error
        except ArmThrottledError:
            # It says nothing of the source, only that the look must wait.
            raise
        except ArmUnavailableError as error:
            raise _unavailable(what, error, "", logs) from error


def slow_query(asked: Asked, thresholds: SlowThresholds) -> str:
    """Return the query that counts requests beyond each threshold.

    Its columns are `minute`, `deployment`, `total`, `over_<i>`, `limit_<i>` and, with an absolute
    time, `slo`. Durations of exactly a threshold are not beyond it.
    """
    sides = zip(thresholds.stable, thresholds.candidate, strict=True)
    counts = [
        f"over_{index} = countif(TotalDurationMs > "
        f"iff(of_candidate, {_real(candidate)}, {_real(stable)}))"
        for index, (stable, candidate) in enumerate(sides)
    ]
    counts += (
        f"limit_{index} = countif(TotalDurationMs > {_real(limit)})"
        for index, limit in enumerate(thresholds.limit)
    )
    if thresholds.slo is not None:
        counts.append(f"slo = countif(TotalDurationMs > {_real(thresholds.slo)})")
    return "\n".join(
        (
            *_prelude(asked),
            TABLE,
            "| where TimeGenerated >= start and TimeGenerated < end",
            # Several Azure ML workspaces may log to one place, with endpoints of the same name.
            '| where EndpointName =~ endpoint and strcat(_ResourceId, "/") startswith mlworkspace',
            "| where DeploymentName in~ (deployments)",
            "| extend minute = bin(TimeGenerated, 1m), deployment = tolower(DeploymentName)",
            f"| extend of_candidate = deployment == {text_literal(asked.candidate or '')}",
            "| summarize total = count(),",
            "    " + ",\n    ".join(counts),
            "    by minute, deployment",
        )
    )


def custom_query(asked: Asked, check: CustomCheck) -> str:
    """Return a policy's own query, after `let` statements with the parts of the question.

    They are `start` and `end` (datetime), `endpoint` (its name), `deployments` (a dynamic list of
    names in lower case) and `mlworkspace` (the Azure ML workspace's ARM id and a slash).
    """
    return "\n".join((*_prelude(asked), check.query))


def _prelude(asked: Asked) -> Sequence[str]:
    names = ", ".join(text_literal(name) for name in asked.deployments)
    return (
        f"let start = datetime({stamp(asked.span.start)});",
        f"let end = datetime({stamp(asked.span.end)});",
        f"let endpoint = {text_literal(asked.endpoint.name)};",
        f"let deployments = dynamic([{names}]);",
        f"let mlworkspace = {text_literal(f'{asked.endpoint.workspace.arm_id}/')};",
    )


def text_literal(value: str) -> str:
    """Return a KQL string literal.

    Raises:
        MetricsUnavailableError: It has control characters, which no name has.
    """
    if not value.isprintable():
        raise MetricsUnavailableError("a name with control characters cannot be queried for")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _real(value: float) -> str:
    """Return a KQL real literal, to the nanosecond."""
    if not math.isfinite(value):
        raise MetricsUnavailableError(f"{value} is not a time to compare with")
    return f"{value:.6f}"


def _slow_counts(
    rows: Sequence[Row], span: Span, thresholds: SlowThresholds
) -> Mapping[Key, SlowCounts]:
    indexes = range(len(thresholds.limit))
    return {
        key: SlowCounts(
            total=_count(row, "total"),
            over=tuple(_count(row, f"over_{index}") for index in indexes),
            over_limit=tuple(_count(row, f"limit_{index}") for index in indexes),
            over_slo=None if thresholds.slo is None else _count(row, "slo"),
        )
        for key, row in _by_key(rows, span, "slow requests").items()
    }


def _tallies(rows: Sequence[Row], span: Span, what: str) -> Mapping[Key, Tally]:
    found = {}
    for key, row in _by_key(rows, span, what).items():
        tally = Tally(_count(row, "total", what), _count(row, "bad", what))
        if tally.bad > tally.total:
            raise _wrong(what, f"counts {tally.bad:g} bad of {tally.total:g}: bad is a part")
        found[key] = tally
    return found


def _by_key(rows: Sequence[Row], span: Span, what: str) -> dict[Key, Row]:
    found: dict[Key, Row] = {}
    for row in rows:
        at, deployment = _moment(row, what), _value(row, "deployment", what)
        if not isinstance(deployment, str):
            raise _wrong(what, "has a deployment that is not text")
        key = deployment.lower(), at
        if key in found:
            raise _wrong(
                what,
                f"has two rows for {deployment} at {stamp(at)}: end it with "
                "`| summarize total = ..., bad = ... by minute, deployment`",
            )
        if at in span:
            found[key] = row
    return found


def _moment(row: Row, what: str) -> datetime:
    value = _value(row, "minute", what)
    try:
        at = datetime.fromisoformat(str(value))
        whole = floor_minute(at) == at
    except ValueError:
        whole = False
    if not whole:
        raise _wrong(
            what,
            f"has the minute {redacted_line(repr(value))}: use `minute = bin(TimeGenerated, 1m)`",
        )
    return at


def _count(row: Row, column: str, what: str = "slow requests") -> float:
    value = _value(row, column, what)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(what, f"has {redacted_line(repr(value))} in {column}: use a number")
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise _wrong(what, f"has {number:g} in {column}: use a count")
    return number


def _value(row: Row, column: str, what: str) -> Any:
    if column not in row:
        raise _wrong(
            what, f"returns {', '.join(row) or 'no columns'}: it must return {', '.join(COLUMNS)}"
        )
    return row[column]


def _wrong(what: str, why: str) -> MetricsUnavailableError:
    return MetricsUnavailableError(f"the query for {what} {why}")


def _unavailable(
    what: str, error: RolloutError, hint: str, logs: LogQueries
) -> MetricsUnavailableError:
    text = f"the query for {what} failed: {error} {hint.format(workspace=logs.workspace)}"
    return MetricsUnavailableError(text.strip())


def _hint(query: str) -> str:
    return _DIAGNOSTICS if TABLE in query else "Correct the query or the workspace's id."

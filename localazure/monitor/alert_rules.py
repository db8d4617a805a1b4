"""The alert engine: evaluates metric alert rules on a schedule, with a memory of each series.

A rule with a dimension value `'*'` (or several values) watches each such series separately. By
default a series sends `Fired` once, and `Resolved` after three evaluations in a row in which the
condition did not hold; with `autoMitigate: false` it sends `Fired` at each evaluation and never
resolves (Azure Monitor's page on troubleshooting metric alerts). A window without any data counts
as one in which the condition does not hold; what Azure does then is not documented.
"""

import asyncio
import zlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from localazure.monitor.alert_bodies import (
    AlertRule,
    Criterion,
    InvalidAlertRuleError,
    parse_alert_rule,
)
from localazure.monitor.recorder import Recorder, floor_to_minute
from localazure.monitor.series import Series, read_series

CLEAN_EVALUATIONS_TO_RESOLVE = 3
LOOP_SECONDS = 1.0
"""How often the loop checks which rules are due."""


@dataclass(frozen=True)
class CriterionValue:
    """What one criterion of one series measured: its dimension values and the window's average."""

    criterion: Criterion
    dimensions: tuple[tuple[str, str], ...]
    value: float


@dataclass(frozen=True)
class AlertNotice:
    """A notice for a rule's action groups. `resolved_at` is `None` for Fired."""

    rule: AlertRule
    alert_id: str
    origin_id: str
    values: tuple[CriterionValue, ...]
    window_start: datetime
    window_end: datetime
    fired_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True)
class _Firing:
    since: datetime
    alert_id: str
    values: tuple[CriterionValue, ...]
    clean: int = 0


@dataclass
class _RuleState:
    rule: AlertRule
    body: dict[str, Any]
    due: datetime | None = None
    evaluations: int = 0
    firing: dict[tuple[str, ...], _Firing] = field(default_factory=dict)


class AlertEngine:
    """Holds the rules and evaluates them. ARM ids are compared without case.

    `evaluate_every` is a dial: when set, every rule is evaluated that often, whatever its own
    `evaluationFrequency`; the window stays the rule's.
    """

    def __init__(self, recorder: Recorder, evaluate_every: timedelta | None = None) -> None:
        self.evaluate_every = evaluate_every
        self._recorder = recorder
        self._states: dict[str, _RuleState] = {}

    def put(self, resource_id: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """ARM PUT of a rule: 201 or 200 with the body, 400 with ARM's error document.

        A changed rule starts with no memory of which series fired, like a new one.
        """
        try:
            rule = parse_alert_rule(resource_id, body)
        except InvalidAlertRuleError as error:
            return 400, {"error": {"code": "BadRequest", "message": str(error)}}
        status = 200 if resource_id.lower() in self._states else 201
        stored = dict(body) | {
            "id": resource_id,
            "name": rule.name,
            "type": "Microsoft.Insights/metricAlerts",
        }
        self._states[resource_id.lower()] = _RuleState(rule, stored)
        return status, stored

    def get(self, resource_id: str) -> tuple[int, dict[str, Any]]:
        """ARM GET of a rule: 200 with the body or 404."""
        state = self._states.get(resource_id.lower())
        if state is None:
            message = f"The metric alert {resource_id} was not found."
            return 404, {"error": {"code": "ResourceNotFound", "message": message}}
        return 200, state.body

    def delete(self, resource_id: str) -> tuple[int, dict[str, Any]]:
        """ARM DELETE of a rule: 200, or 204 when there is none."""
        return (204 if self._states.pop(resource_id.lower(), None) is None else 200), {}

    def evaluate_due(self, now: datetime) -> list[AlertNotice]:
        """Evaluate every enabled rule that is due; return the notices to send."""
        notices: list[AlertNotice] = []
        for state in self._states.values():
            if not state.rule.enabled or (state.due is not None and now < state.due):
                continue
            state.due = now + (self.evaluate_every or state.rule.evaluation_frequency)
            notices += self._evaluate(state, now)
        return notices

    async def run(
        self,
        send: Callable[[AlertNotice], Coroutine[Any, Any, None]],
        loop_seconds: float = LOOP_SECONDS,
    ) -> None:
        """Evaluate until cancelled. Each notice is sent in its own task: none waits for another."""
        async with asyncio.TaskGroup() as sending:
            while True:
                for notice in self.evaluate_due(self._recorder.present()):
                    sending.create_task(send(notice))
                await asyncio.sleep(loop_seconds)

    def _evaluate(self, state: _RuleState, now: datetime) -> list[AlertNotice]:
        rule = state.rule
        state.evaluations += 1
        # Whole minutes that have arrived: an incomplete one would make rules flap.
        end = floor_to_minute(now - self._recorder.ingestion_delay)
        measured = self._measure(rule, end - rule.window_size, end)
        notices = []
        for key in sorted({*measured, *state.firing}):
            values = measured.get(key)
            met = values is not None and all(v.criterion.is_met(v.value) for v in values)
            if met and values is not None:
                notice = _fire(state, key, values, end, now)
            else:
                notice = _calm(state, key, values, end, now)
            if notice is not None:
                notices.append(notice)
        return notices

    def _measure(
        self, rule: AlertRule, start: datetime, end: datetime
    ) -> dict[tuple[str, ...], tuple[CriterionValue, ...]]:
        by_criterion = [
            {
                one.values: _window_value(criterion, one)
                for one in read_series(
                    self._recorder,
                    rule.endpoint,
                    criterion.metric,
                    criterion.filter,
                    start=start,
                    end=end,
                )
            }
            for criterion in rule.criteria
        ]
        if len(by_criterion) == 1:
            return {key: (value,) for key, value in by_criterion[0].items() if value is not None}
        # Several criteria name single values only: at most one series each, and one for the rule.
        values = [value for series in by_criterion for value in series.values()]
        known = tuple(value for value in values if value is not None)
        return {("",): known} if len(known) == len(rule.criteria) else {}


def _window_value(criterion: Criterion, series: Series) -> CriterionValue | None:
    known = [value for _, value in series.points if value is not None]
    if not known:
        return None
    dimensions = tuple(zip(criterion.filter.dimensions, series.values, strict=True))
    return CriterionValue(criterion, dimensions, sum(known) / len(known))


def _fire(
    state: _RuleState,
    key: tuple[str, ...],
    values: tuple[CriterionValue, ...],
    end: datetime,
    now: datetime,
) -> AlertNotice | None:
    before = state.firing.get(key)
    if before is not None and state.rule.auto_mitigate:
        state.firing[key] = _Firing(before.since, before.alert_id, values)
        return None
    alert_id = _alert_id(state, key)
    if state.rule.auto_mitigate:
        state.firing[key] = _Firing(now, alert_id, values)
    return _notice(state.rule, alert_id, values, end, (now, None))


def _calm(
    state: _RuleState,
    key: tuple[str, ...],
    values: tuple[CriterionValue, ...] | None,
    end: datetime,
    now: datetime,
) -> AlertNotice | None:
    firing = state.firing.get(key)
    if firing is None:
        return None
    last = firing.values if values is None else values
    if firing.clean + 1 < CLEAN_EVALUATIONS_TO_RESOLVE:
        state.firing[key] = _Firing(firing.since, firing.alert_id, last, firing.clean + 1)
        return None
    del state.firing[key]
    return _notice(state.rule, firing.alert_id, last, end, (firing.since, now))


def _notice(
    rule: AlertRule,
    alert_id: str,
    values: tuple[CriterionValue, ...],
    end: datetime,
    times: tuple[datetime, datetime | None],
) -> AlertNotice:
    subscription, group = _subscription_and_group(rule.resource_id)
    return AlertNotice(
        rule=rule,
        alert_id=f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/"
        f"alerts/{alert_id}",
        # Azure ends this with a number of its own that stays the same for one rule.
        origin_id=f"{subscription}_{group}_microsoft.insights_metricAlerts_{rule.name}_"
        f"{zlib.crc32(rule.resource_id.lower().encode())}",
        values=values,
        window_start=end - rule.window_size,
        window_end=end,
        fired_at=times[0],
        resolved_at=times[1],
    )


def _alert_id(state: _RuleState, key: tuple[str, ...]) -> str:
    name = "|".join((state.rule.resource_id.lower(), str(state.evaluations), *key))
    return str(uuid5(NAMESPACE_URL, name))


def _subscription_and_group(resource_id: str) -> tuple[str, str]:
    parts = resource_id.strip("/").split("/")
    named = {name.lower(): value for name, value in zip(parts[::2], parts[1::2], strict=False)}
    return named.get("subscriptions", ""), named.get("resourcegroups", "")

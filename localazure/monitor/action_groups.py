"""Action groups: the call a fired or resolved alert makes, in the common alert schema.

Payload as in Microsoft's samples of the common alert schema; the retry rules are those of the
action groups page: a first call and up to five more after 5, 20, 5, 40 and 5 seconds, only for
408, 429, 503, 504 or no answer at all, and after the last failure no call to that address for 15
minutes. A 500 is not retried. That these rules hold for Function receivers too is an assumption.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from localazure.monitor.alert_rules import AlertNotice, CriterionValue
from localazure.monitor.metrics_api import NAMESPACE

RETRIED_STATUSES = frozenset({408, 429, 503, 504})
RESPONSE_TIMEOUT_SECONDS = 10.0
"""How long a receiver may take to answer. Azure's current value is not documented."""

_SUCCESSES = range(200, 300)
_LOG = logging.getLogger("localazure.action_groups")
_FUNCTION_RECEIVERS = ("azureFunctionReceivers", "httpTriggerUrl")
_WEBHOOK_RECEIVERS = ("webhookReceivers", "serviceUri")


class RetrySchedule(NamedTuple):
    """Waits between calls and the silence after the last, in seconds. Scale it for a demo."""

    delays: tuple[float, ...] = (5.0, 20.0, 5.0, 40.0, 5.0)
    silence: float = 15 * 60.0

    def scaled(self, factor: float) -> "RetrySchedule":
        """Return the schedule with every time multiplied by `factor`."""
        return RetrySchedule(tuple(one * factor for one in self.delays), self.silence * factor)


@dataclass(frozen=True)
class Receiver:
    """An address of an action group."""

    name: str
    url: str


@dataclass(frozen=True)
class Call:
    """What became of one notice to one receiver: the answers in order (`None`: no answer)."""

    receiver: Receiver
    condition: str
    answers: tuple[int | None, ...]
    silenced: bool

    @property
    def delivered(self) -> bool:
        """Whether the last call was answered with a success."""
        return bool(self.answers) and self.answers[-1] in _SUCCESSES


class ActionGroups:
    """Holds action groups and calls their receivers. ARM ids are compared without case.

    `session` makes the calls; `sleep` and `clock` are injected so that tests do not wait.
    `calls` records what became of each notice, for the control surface.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        schedule: RetrySchedule | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.schedule = schedule or RetrySchedule()
        self.calls: list[Call] = []
        self._session = session
        self._sleep = sleep
        self._clock = clock
        self._groups: dict[str, tuple[dict[str, Any], tuple[Receiver, ...]]] = {}
        self._silent_until: dict[str, datetime] = {}

    def put(self, resource_id: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """ARM PUT of an action group: 201 or 200 with the body, 400 with ARM's error document."""
        properties = body.get("properties")
        if not isinstance(properties, Mapping) or not properties.get("groupShortName"):
            return _bad_request("properties.groupShortName is required.")
        receivers: list[Receiver] = []
        for kind, url_name in (_WEBHOOK_RECEIVERS, _FUNCTION_RECEIVERS):
            for one in properties.get(kind) or []:
                url = str(one.get(url_name, ""))
                if not url.startswith(("http://", "https://")):
                    return _bad_request(f"{kind}: {url_name} must be an http(s) address.")
                if one.get("useCommonAlertSchema") is not True:
                    return _bad_request(
                        f"{kind}: set useCommonAlertSchema to true; only that schema is imitated."
                    )
                receivers.append(Receiver(str(one.get("name", "")), url))
        status = 200 if resource_id.lower() in self._groups else 201
        stored = dict(body) | {
            "id": resource_id,
            "name": resource_id.rstrip("/").rsplit("/", 1)[-1],
            "type": "Microsoft.Insights/actionGroups",
        }
        enabled = properties.get("enabled", True) is True
        self._groups[resource_id.lower()] = (stored, tuple(receivers) if enabled else ())
        return status, stored

    def get(self, resource_id: str) -> tuple[int, dict[str, Any]]:
        """ARM GET of an action group: 200 with the body or 404."""
        found = self._groups.get(resource_id.lower())
        if found is None:
            message = f"The action group {resource_id} was not found."
            return 404, {"error": {"code": "ResourceNotFound", "message": message}}
        return 200, found[0]

    def delete(self, resource_id: str) -> tuple[int, dict[str, Any]]:
        """ARM DELETE of an action group: 200, or 204 when there is none."""
        return (204 if self._groups.pop(resource_id.lower(), None) is None else 200), {}

    async def send(self, notice: AlertNotice) -> None:
        """Notify every receiver in every action group of the notice's rule, concurrently."""
        async with asyncio.TaskGroup() as calls:
            for action in notice.rule.actions:
                _, receivers = self._groups.get(action.action_group_id.lower(), ({}, ()))
                if not receivers:
                    _LOG.warning(
                        "alert rule %s: action group %s has no receiver to call",
                        notice.rule.name,
                        action.action_group_id,
                    )
                payload = common_alert(notice, action.properties)
                for receiver in receivers:
                    calls.create_task(self._tell(receiver, payload))

    async def _tell(self, receiver: Receiver, payload: Mapping[str, Any]) -> None:
        condition = str(payload["data"]["essentials"]["monitorCondition"])
        silent_until = self._silent_until.get(receiver.url)
        if silent_until is not None and self._clock() < silent_until:
            self.calls.append(Call(receiver, condition, (), silenced=True))
            return
        answers = [await self._call(receiver, payload)]
        for delay in self.schedule.delays:
            if answers[-1] is not None and answers[-1] not in RETRIED_STATUSES:
                break
            await self._sleep(delay)
            answers.append(await self._call(receiver, payload))
        call = Call(receiver, condition, tuple(answers), silenced=False)
        self.calls.append(call)
        if call.delivered:
            return
        _LOG.warning("alert receiver %s was not reached: %s", receiver.name, call.answers)
        if answers[-1] is None or answers[-1] in RETRIED_STATUSES:
            silence = timedelta(seconds=self.schedule.silence)
            self._silent_until[receiver.url] = self._clock() + silence

    async def _call(self, receiver: Receiver, payload: Mapping[str, Any]) -> int | None:
        try:
            async with self._session.post(
                # The stored address carries an access key that must not be quoted again.
                URL(receiver.url, encoded=True),
                data=json.dumps(payload).encode(),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=aiohttp.ClientTimeout(total=RESPONSE_TIMEOUT_SECONDS),
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None


def common_alert(notice: AlertNotice, properties: Mapping[str, str]) -> dict[str, Any]:
    """Return the common alert schema's document for a notice.

    As in Microsoft's samples: the target's id is in lower case, the threshold is a text and the
    value a number, and `properties` (the action's `webHookProperties`) appear in two places.
    """
    rule = notice.rule
    essentials: dict[str, Any] = {
        "alertId": notice.alert_id,
        "alertRule": rule.name,
        "severity": f"Sev{rule.severity}",
        "signalType": "Metric",
        "monitorCondition": "Fired" if notice.resolved_at is None else "Resolved",
        "monitoringService": "Platform",
        "alertTargetIDs": [rule.scope.lower()],
        "configurationItems": [rule.endpoint.lower()],
        "originAlertId": notice.origin_id,
        "firedDateTime": _stamp(notice.fired_at),
    }
    if notice.resolved_at is not None:
        essentials["resolvedDateTime"] = _stamp(notice.resolved_at)
    essentials |= {
        "description": rule.description,
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    context = {
        "properties": dict(properties) or None,
        "conditionType": "SingleResourceMultipleMetricCriteria",
        "condition": {
            "windowSize": rule.window_text,
            "allOf": [_condition(value) for value in notice.values],
            "windowStartTime": _stamp(notice.window_start),
            "windowEndTime": _stamp(notice.window_end),
        },
    }
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": essentials,
            "alertContext": context,
            "customProperties": dict(properties) or None,
        },
    }


def _condition(measured: CriterionValue) -> dict[str, Any]:
    criterion = measured.criterion
    return {
        "metricName": criterion.metric.name,
        "metricNamespace": NAMESPACE,
        "operator": criterion.operator,
        "threshold": f"{criterion.threshold:g}",
        "timeAggregation": "Average",
        "dimensions": [{"name": name, "value": value} for name, value in measured.dimensions],
        "metricValue": measured.value,
        "webTestName": None,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _bad_request(message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"code": "BadRequest", "message": message}}

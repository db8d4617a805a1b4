"""Alerts that cannot be acted on although they speak of something of ours."""

from collections.abc import Iterator

from rollout.addresses import ENDPOINTS
from rollout.core.records.signals import StrayAlert
from rollout.errors import UnreadableRowError
from rollout.ports import Log, RolloutStore


class StrayAlerts:
    """Says of an alert without a target of ours whether somebody meant a rollout with it."""

    def __init__(self, store: RolloutStore, log: Log) -> None:
        self._store = store
        self._log = log

    def note(self, alert: StrayAlert) -> None:
        """Write it down: for an operator if it fired and names what a live rollout is about.

        Raises:
            StoreUnavailableError: Answer 503; the action group tries again.
        """
        names = sorted(set(self._ours(alert))) if alert.fired else []
        if not names:
            self._log.info("an alert is ignored", rule=alert.rule, reason=alert.reason)
            return
        self._log.attention(
            f"an alert names {', '.join(names)} and is ignored: {alert.reason} "
            "Make the online endpoint the rule's scope, or split the rule by it.",
            rule=alert.rule,
        )

    def _ours(self, alert: StrayAlert) -> Iterator[str]:
        if not alert.endpoints and not alert.deployments:
            return
        for row in self._store.live():
            endpoint = row.endpoint.rpartition(ENDPOINTS)[2]
            if alert.endpoints and endpoint not in alert.endpoints:
                continue
            named = set(alert.deployments) & self._deployments(row.endpoint)
            yield from named or ([endpoint] if endpoint in alert.endpoints else [])

    def _deployments(self, endpoint: str) -> set[str]:
        try:
            stored = self._store.load(endpoint)
        except UnreadableRowError:
            return set()  # The pass over that endpoint asks for an operator itself.
        rollout = None if stored is None else stored.current.rollout
        return set() if rollout is None else {rollout.candidate, rollout.stable or ""}

"""Which alerts get a history row, and how often alerts may save the owner row at all.

Whoever may send alerts can send any number of them. One that changes the rollout always has its
row; such changes are few by themselves. One that moves nothing may neither fill the history nor
keep saving the row: each save takes the row from a pass that is looking at the endpoint.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rollout.core.machine.draft import Draft
from rollout.core.records.alert_tally import AlertTally, NotedAlert
from rollout.core.records.signals import AlertFired

REPEATS_WITHIN = timedelta(minutes=10)
"""The same alert with the same outcome within this time is a repeat."""

MAX_ROWS = 200
"""Rows of one rollout for alerts that moved nothing; a Held or PhaseChanged comes with the rest."""

SAVES_A_SPAN, SPAN = 2, timedelta(minutes=1)
"""How often alerts that move nothing may save the row. Fewer than a pass has attempts at its own
save (`Limits.races`), so that no flood keeps a pass from it for longer than one tick."""

NOTED = 20
"""Rows remembered for recognising repeats: all that `SAVES_A_SPAN` allows in `REPEATS_WITHIN`."""


def note_acting(draft: Draft, alert: AlertFired, outcome: str, text: str) -> None:
    """Write down an alert that changes the rollout."""
    _write(draft, alert, outcome, text)


def note_idle(draft: Draft, alert: AlertFired, outcome: str, text: str) -> bool:
    """Write down an alert that moves nothing, unless it is one of too many; then count it.

    Returns:
        Whether it has a row now.
    """
    tally = draft.current.alerts
    if _saved_lately(tally, draft.now) >= SAVES_A_SPAN:
        return False
    _save_for(draft)
    known = any(
        (each.alert_id, each.outcome) == (alert.alert_id, outcome)
        and draft.now - each.at < REPEATS_WITHIN
        for each in tally.noted
    )
    if known or tally.rows >= MAX_ROWS:
        _count(draft)
        return False
    _write(draft, alert, outcome, text)
    return True


def count_ignored(draft: Draft) -> None:
    """Count an alert that concerns nobody: at most one a span, which leaves room for rows."""
    if not _saved_lately(draft.current.alerts, draft.now):
        _save_for(draft)
        _count(draft)


def _saved_lately(tally: AlertTally, now: datetime) -> int:
    return sum(now - each < SPAN for each in tally.saves)


def _save_for(draft: Draft) -> None:
    tally = draft.current.alerts
    saves = (*tally.saves, draft.now)[-SAVES_A_SPAN:]
    draft.current = replace(draft.current, alerts=replace(tally, saves=saves))


def _count(draft: Draft) -> None:
    tally = draft.current.alerts
    counted = replace(tally, unwritten=tally.unwritten + 1)
    draft.current = replace(draft.current, alerts=counted)


def _write(draft: Draft, alert: AlertFired, outcome: str, text: str) -> None:
    tally = draft.current.alerts
    noted = (*tally.noted, NotedAlert(alert.alert_id, outcome, draft.now))[-NOTED:]
    written = replace(tally, rows=tally.rows + 1, noted=noted)
    draft.current = replace(draft.current, alerts=written)
    data = {"alert": alert.alert_id, "rule": alert.rule, "outcome": outcome}
    draft.note("AlertReceived", f"{outcome}: {text}", data=data)

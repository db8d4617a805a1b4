"""The modes about the running app: publish, and start a version and wait for what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollout.cli.exits import ExitCode
from rollout.cli.live.aims import after_start, order_of
from rollout.cli.live.client import RefusedError, UnreachableError
from rollout.cli.live.look_commands import latest_rows
from rollout.cli.live.ordering import start
from rollout.cli.live.publishing import Publication, await_reading, publish
from rollout.cli.live.session import Session
from rollout.cli.live.waiting import Aim, End, Until, wait
from rollout.cli.pipelines.ended import Ended
from rollout.cli.pipelines.markdown import table, text
from rollout.cli.shown.durations import moment
from rollout.cli.shown.timeline import decision_text

View = Mapping[str, Any]
MAX_ROWS = 200
_OUTCOMES = {
    ExitCode.ROLLED_BACK: "rolled-back",
    ExitCode.HELD: "held",
    ExitCode.FAILED: "failed",
    ExitCode.UNREACHABLE: "unreachable",
    ExitCode.TIMED_OUT: "timed-out",
}


@dataclass(frozen=True)
class Start:
    """What is started. `until` None: nothing is waited for."""

    service: str
    version: str
    reason: str
    until: Until | None
    limit: timedelta | None


def publish_mode(run: Session | None, publication: Publication, limit: timedelta | None) -> Ended:
    """Publish, and wait until the app has read it where there is a session.

    Raises:
        PlaceError: As `publish`.
        RefusedError: The app refuses the question.
        UnreachableError: The storage or the app gave no usable answer.
    """
    done = publish(publication)
    if done.packed is None or done.changes is None:
        return Ended(done.code, "refused", "nothing was published: the log says why")
    code = await_reading(run.app, done, limit, run.tell) if run is not None else ExitCode.GOOD
    outcome = "published" if done.written else "unchanged"
    says = f"bundle {done.packed.digest} {'is' if done.written else 'was already'} at {done.url}"
    if code is ExitCode.TIMED_OUT:
        outcome, says = "timed-out", f"{says}; the app has not read it yet"
    outputs = {"bundle": done.packed.digest, "sha256": done.packed.sha256}
    rows = [(kind, text(name)) for kind, names in _changed(done.document()) for name in names]
    return Ended(code, outcome, says, outputs, (table(("what", "service"), rows),))


def start_mode(run: Session, asked: Start) -> Ended:
    """Offer a version and wait; the summary is the rollout's timeline.

    Raises:
        PlaceError: As `start`.
        RefusedError: The app refuses.
        UnreachableError: It gave no usable answer to the order.
    """
    given = start(run, asked.service, asked.version, asked.reason, yes=True)
    told = str(order_of(given.answer)["text"])
    run.tell(told)
    aim = after_start(given, asked.version, asked.until or Until.PROMOTED)
    if asked.until is None:
        return _with_timeline(run, asked, aim, Ended(ExitCode.GOOD, "offered", told))
    try:
        end = wait(run.app, asked.service, aim, asked.limit, run.tell)
    except UnreachableError as error:
        end = End(ExitCode.UNREACHABLE, str(error))
    good = "stage" if asked.until is Until.STAGE else "promoted"
    return _with_timeline(run, asked, aim, Ended(end.code, _OUTCOMES.get(end.code, good), end.text))


def _with_timeline(run: Session, asked: Start, aim: Aim, ended: Ended) -> Ended:
    """Add what the app shows of the rollout now; without an answer, say nothing of it."""
    try:
        view = run.app.view(asked.service)
        rows = latest_rows(run.app, asked.service, MAX_ROWS)
    except (RefusedError, UnreachableError):
        return ended
    rollout: View = view.get("rollout") or {}
    earlier = rollout.get("id") == aim.rollout and not aim.same
    if earlier or rollout.get("version") != asked.version:
        rollout = {}
    outputs = {"rollout": str(rollout.get("id", "")), "phase": str(rollout.get("phase", ""))}
    own = [row for row in rows if row["rollout"] == rollout.get("id")]
    return Ended(ended.code, ended.outcome, ended.says, outputs, _timeline(view, rollout, own))


def _timeline(view: View, rollout: View, rows: Sequence[View]) -> tuple[str, ...]:
    if not rollout:
        return ()
    sides = f"{rollout.get('stable') or 'nothing'} → {rollout['candidate']}"
    facts = (
        text(view["service"]),
        text(rollout["version"]),
        text(sides),
        text(rollout["phase"]),
        text(rollout["id"]),
    )
    return (
        table(("service", "version", "deployments", "phase", "rollout"), [facts]),
        table(
            ("time (UTC)", "phase", "what happened"),
            [(_time(row), text(row["phase"]), text(decision_text(row))) for row in rows],
        ),
    )


def _time(row: View) -> str:
    at = moment(row["at"])
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"


def _changed(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    return [(kind, document[kind]) for kind in ("added", "changed", "removed")]

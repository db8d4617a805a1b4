"""`--wait`: what became of an order, as an exit code that a pipeline can act on."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from rollout.cli.exits import ExitCode
from rollout.cli.live.client import App, UnreachableError
from rollout.cli.live.place import PlaceError

View = Mapping[str, Any]
POLL_SECONDS = 5.0
SILENT_SECONDS = 120.0
"""An app that gives no answer for this long is unreachable; a restart takes less."""

_PROMOTED = frozenset({"PROMOTED", "RETIRING", "SUCCEEDED"})
_NEVER_SERVED = frozenset({"FAILED", "SUPERSEDED", "LOST"})
_REFUSED = frozenset({"rejected", "quarantined", "superseded"})
_LIVE = "live"
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Until(StrEnum):
    """What is waited for: the promotion, the next stage, or all traffic back on stable."""

    PROMOTED = "promoted"
    STAGE = "stage"
    BACK = "back"


@dataclass(frozen=True)
class Aim:
    """Which rollout is waited for, and from where on.

    `version` "": the one that `rollout` names. `rollout` is the id of the rollout that was there
    at the order ("" none): a new one of the same version has another id, unless `same`. `stage` is
    the index of the stage it was at.
    """

    until: Until
    version: str = ""
    rollout: str = ""
    same: bool = True
    stage: int = -1


@dataclass(frozen=True)
class End:
    """How the waiting ended, and the sentence for it."""

    code: ExitCode
    text: str


def duration(text: str) -> timedelta:
    """Read `90s`, `45m`, `3h` or `2d`.

    Raises:
        ValueError: It is none of these.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no duration: use one such as 90s, 45m or 3h.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def judge(view: View, aim: Aim) -> End | None:
    """Say how a view ends the waiting; None where it does not yet."""
    rollout: View = view.get("rollout") or {}
    says = str(view["says"])
    if aim.version and _is_undecided(view, aim.version):
        return None
    if not _is_meant(rollout, aim):
        return _of_offer(view, aim)
    phase = str(rollout["phase"])
    if rollout["hold"]:
        return None if aim.until is Until.BACK else End(ExitCode.HELD, says)
    if phase in _PROMOTED:
        return End(ExitCode.GOOD, says)
    if phase == "ROLLED_BACK" or (phase == "DISCARDING" and _went_back(view, rollout)):
        good = aim.until is Until.BACK
        return End(ExitCode.GOOD if good else ExitCode.ROLLED_BACK, says)
    if phase in _NEVER_SERVED or phase == "DISCARDING":
        good = aim.until is Until.BACK and phase != "LOST"
        return End(ExitCode.GOOD if good else ExitCode.FAILED, says)
    later = phase == "BAKING" and int(rollout["stage"]) > aim.stage
    return End(ExitCode.GOOD, says) if aim.until is Until.STAGE and later else None


def wait(
    app: App,
    service: str,
    aim: Aim,
    limit: timedelta | None,
    tell: Callable[[str], None],
) -> End:
    """Ask until it has ended.

    Args:
        app: The app.
        service: The service's name.
        aim: What is waited for.
        limit: After this the waiting ends, whatever becomes of the rollout; None: never.
        tell: Is given each sentence that is new.

    Raises:
        RefusedError: The app refuses the question.
    """
    began = heard = time.monotonic()
    said = ""
    while True:
        try:
            view = app.view(service)
            heard = time.monotonic()
        except (UnreachableError, PlaceError) as error:
            # Without a token the app cannot be asked, which says nothing of the rollout.
            if time.monotonic() - heard >= SILENT_SECONDS:
                return End(ExitCode.UNREACHABLE, str(error))
        else:
            end = judge(view, aim)
            if end is not None:
                return end
            if view["says"] != said:
                said = str(view["says"])
                tell(said)
        if limit is not None and time.monotonic() - began >= limit / timedelta(seconds=1):
            return End(ExitCode.TIMED_OUT, f"it has not ended within {limit}; it goes on: {said}")
        time.sleep(POLL_SECONDS)


def _is_meant(rollout: View, aim: Aim) -> bool:
    if not rollout:
        return False
    if not aim.version:
        return bool(rollout["id"] == aim.rollout)
    ours = rollout["version"] == aim.version
    return bool(ours and (aim.same or rollout["id"] != aim.rollout))


def _is_undecided(view: View, version: str) -> bool:
    """Whether the version is yet to become a rollout, or to be refused."""
    pending = [*(view.get("received") or ()), *filter(None, [view.get("waiting")])]
    return any(offer["version"] == version for offer in pending)


def _of_offer(view: View, aim: Aim) -> End | None:
    """What an offer became that has no rollout: refused, or nothing yet."""
    if not aim.version:
        return End(ExitCode.FAILED, f"another rollout has taken its place: {view['says']}")
    for record in view.get("offers") or ():
        told = f"version {aim.version} is {record['state']}: {record['text']}"
        if record["version"] == aim.version and record["state"] in _REFUSED:
            return End(ExitCode.FAILED, told)
        if record["version"] == aim.version and record["state"] == _LIVE:
            return End(ExitCode.GOOD, told)
    return None


def _went_back(view: View, rollout: View) -> bool:
    """Whether clients had its answers: it went through ROLLING_BACK."""
    return any(
        entry["rollout"] == rollout["id"] and entry["phase"] == "ROLLING_BACK"
        for entry in view.get("history") or ()
    )

"""`rollout watch`: one service, kept up to date by asking for what is new."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from rich.console import Group
from rich.live import Live
from rich.text import Text

from rollout.cli.exits import ExitCode
from rollout.cli.live.client import App, UnreachableError, part
from rollout.cli.live.session import Session
from rollout.cli.shown.card import ENDED, Frame, card, one_line
from rollout.cli.shown.forms import as_json_line
from rollout.cli.shown.timeline import decision

View = Mapping[str, Any]
MOVING_SECONDS, RESTING_SECONDS, SILENT_SECONDS = 3.0, 15.0, 10.0
"""How often the app is asked: while a rollout moves, while nothing does, while nobody answers."""

JITTER = 0.2
WATCH_SECONDS = 10.0
"""How long one question may take: the picture stands still meanwhile."""

REDRAWN_SECONDS = 1.0
LINES_BESIDE_DECISIONS = 24
"""What a card takes at most without its decisions, for terminals that are not high."""


@dataclass
class Watched:
    """What is known of a service: the last view, and why no newer one came ("" while one does)."""

    app: App
    service: str
    view: View = field(default_factory=dict)
    silent: str = ""
    _tag: str = ""

    def look(self) -> bool:
        """Ask; say whether the view is new.

        Raises:
            RefusedError: There is no such service, or the caller may not see it.
            PlaceError: No token can be had.
        """
        try:
            answer = self.app.get(f"rollouts/{part(self.service)}", tag=self._tag)
        except UnreachableError as error:
            self.silent = str(error)
            return False
        self.silent = ""
        if answer.body is None:
            return False
        self.view, self._tag = answer.body, answer.tag
        return True

    def pause(self) -> float:
        """Return how many seconds to wait before the next question."""
        rollout = self.view.get("rollout") or {}
        rests = rollout.get("phase", "SUCCEEDED") in ENDED and not self.view.get("waiting")
        seconds = SILENT_SECONDS if self.silent else RESTING_SECONDS if rests else MOVING_SECONDS
        return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads the load


def watch_service(run: Session, service: str) -> int:
    """Show a service until Ctrl-C, which is the way to end this and no failure."""
    run.app.seconds = WATCH_SECONDS
    watched = Watched(run.app, service)
    watched.look()
    if watched.silent:
        raise UnreachableError(watched.silent)
    try:
        if run.form == "table" and run.terminal:
            _picture(run, watched)
        else:
            _lines(run, watched)
    except KeyboardInterrupt:
        return ExitCode.GOOD


def _picture(run: Session, watched: Watched) -> NoReturn:
    with Live(console=run.console, auto_refresh=False, vertical_overflow="crop") as live:
        due = time.monotonic() + watched.pause()
        while True:
            live.update(Group(*_card(run, watched)), refresh=True)
            time.sleep(REDRAWN_SECONDS)
            if time.monotonic() >= due:
                watched.look()
                due = time.monotonic() + watched.pause()


def _card(run: Session, watched: Watched) -> list[Text]:
    room = max(0, run.console.height - LINES_BESIDE_DECISIONS)
    frame = Frame(
        run.app.now(), run.width, run.glyphs, silent=watched.silent, decisions=max(3, min(12, room))
    )
    return card(watched.view, frame)


def _lines(run: Session, watched: Watched) -> NoReturn:
    seen: set[tuple[str, int]] = set()
    said, silent = "", ""
    fresh = True
    while True:
        if fresh and run.form != "table":
            print(as_json_line(watched.view), flush=True)
        elif fresh:
            for entry in watched.view.get("history") or ():
                key = (str(entry["rollout"]), int(entry["sequence"]))
                if key not in seen:
                    seen.add(key)
                    run.show([decision(entry, run.glyphs)])
            line = one_line(watched.view, run.glyphs, run.app.now())
            if watched.view["says"] != said:
                said = watched.view["says"]
                run.show([Text(line)])
        if watched.silent != silent and run.form == "table":
            silent = watched.silent
            run.show([Text(f"the app does not answer: {silent}" if silent else "the app answers")])
        time.sleep(watched.pause())
        fresh = watched.look()

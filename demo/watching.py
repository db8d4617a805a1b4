"""Combines what the app says of the rollout with what clients see, for display."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.json_calls import UnexpectedAnswerError, UnreachableError
from demo.load import Counts, Load
from demo.local_cloud import LocalCloud
from demo.places import SERVICE

View = Mapping[str, Any]
FINAL_PHASES = frozenset({"SUCCEEDED", "ROLLED_BACK", "FAILED", "SUPERSEDED", "LOST"})


@dataclass(frozen=True)
class Decision:
    """One line of the rollout's history. `at` is ISO 8601."""

    at: str
    kind: str
    phase: str
    text: str


@dataclass(frozen=True)
class Picture:
    """One moment. `view` is the app's `showRollout`, empty while the app does not answer.

    `last` is the latest that it answered with, empty before the first. `counts` and `rates`
    (requests a second) are by deployment.
    """

    view: View
    counts: Counts
    rates: Mapping[str, float]
    decisions: tuple[Decision, ...]
    last: View = field(default_factory=dict)

    @property
    def rollout(self) -> View:
        """The latest rollout; empty when there is none or the app does not answer."""
        return self.view.get("rollout") or {}

    @property
    def phase(self) -> str:
        """Its phase; empty when the app does not answer."""
        return str(self.view.get("phase", ""))


@dataclass
class Watcher:
    """Asks the app and the load, and remembers which decisions it has seen."""

    cloud: LocalCloud
    load: Load
    service: str = SERVICE
    _last: View = field(default_factory=dict)
    _decisions: dict[tuple[str, int], Decision] = field(default_factory=dict)

    def look(self) -> tuple[Picture, list[Decision]]:
        """Return the present picture, and the decisions that are new in it."""
        view: View
        try:
            view = self._last = self.cloud.rollouts(f"/{self.service}").expect(200)
        except (UnreachableError, UnexpectedAnswerError):
            # A killed app or a storage hiccup: the story continues and asks again.
            view = {}
        fresh = []
        for entry in view.get("history", ()):
            key = (str(entry["rollout"]), int(entry["sequence"]))
            if key not in self._decisions:
                decision = Decision(
                    str(entry["at"]), str(entry["kind"]), str(entry["phase"]), str(entry["text"])
                )
                self._decisions[key] = decision
                fresh.append(decision)
        decisions = tuple(self._decisions.values())
        return Picture(view, self.load.counts(), self.load.recent(), decisions, self._last), fresh

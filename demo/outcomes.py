"""What an act comes to: claims of the story, and whether each holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from demo.load import Counts, failures, failures_in_words
from demo.scene import Scene
from demo.watching import Picture


@dataclass(frozen=True)
class Fact:
    """A claim of the story, and whether it holds. `seen` is what was really seen."""

    claim: str
    holds: bool
    seen: str


@dataclass(frozen=True)
class Outcome:
    """How an act ended; `ended` is the rollout's last phase and its cause."""

    title: str
    ended: str
    facts: Sequence[Fact]

    @property
    def as_told(self) -> bool:
        """Whether every claim holds."""
        return all(fact.holds for fact in self.facts)


def ending(picture: Picture) -> str:
    """Say in which phase a rollout ended, and why."""
    rollout = picture.rollout
    cause = f": {rollout['cause']} ({rollout['causeText']})" if rollout.get("cause") else ""
    return f"{picture.phase}{cause}"


def same(claim: str, seen: object, expected: object) -> Fact:
    """Claim that what was seen is what was expected."""
    return Fact(claim, seen == expected, str(seen))


def none_failed(claim: str, scene: Scene, seen: Counts, since: datetime) -> Fact:
    """Claim that no client's request failed among these counts, which began at `since`."""
    number = failures(seen)
    told = failures_in_words(number, scene.load.failed_since(since))
    return Fact(claim, number == 0, f"{told}; see {scene.cloud.azure_log}" if number else told)

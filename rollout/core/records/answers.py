"""What the answers to one input had to say, without the answers themselves.

Bodies are compared where they arrive (`core/predictions`); only this leaves the adapter. No value
of a payload is kept, but for the labels that a sentence quotes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CHANGE_CHARACTERS = 60
"""Of a quoted change; longer labels are cut."""


@dataclass(frozen=True)
class Answer:
    """One side's answer to one input, looked at alone.

    `fault` says what no release is meant to answer ("null at 'score'", "has 'error'"), "" if there
    is nothing; it names a path and a kind, never a value. `key` is a digest of what it predicts:
    two answers of the same key predict the same. `loss` is its loss against the label, None
    without a label; of accuracy and exact it is 0 or 1.
    """

    fault: str = ""
    key: str = ""
    loss: float | None = None


@dataclass(frozen=True)
class AnswerPair:
    """Both sides' answers to the same input.

    `input` is its place among the distinct inputs. `differs`: beyond what the policy tolerates of
    numbers. `change` says the first difference in a few words ("label 0 -> 1", "score: number"), ""
    without one. `again`: stable was asked twice, and this is whether its two answers differ; None
    where it was asked once.
    """

    input: int
    candidate: Answer
    stable: Answer
    differs: bool
    change: str = ""
    again: bool | None = None


@dataclass(frozen=True)
class Usual:
    """What each side answers most often, followed input by input, and how often it did not.

    `candidate` and `stable` are a key and its lead, after the pass (Boyer and Moore's majority
    vote: a key that most inputs have is the one that is left). The counts compare with the keys
    from before each input. `telling` inputs were answered otherwise by at least one side; to `same`
    of them the candidate gave its usual answer. `others` were answered otherwise by the candidate.
    """

    candidate: tuple[str, int] = ("", 0)
    stable: tuple[str, int] = ("", 0)
    telling: int = 0
    same: int = 0
    others: int = 0


@dataclass(frozen=True)
class AnswerCounts:
    """A pass's answers, counted: what the gate folds, and what the history keeps of them.

    `pairs` are those with answers of both sides. `faulty` of the candidate's had a fault,
    `stable_faulty` of stable's; `faults` counts the candidate's by their words.

    All else is about `inputs`, those that were compared for the first time in the rollout.
    `differing` of them were answered differently, `changes` counts these by their first difference.
    `twice`: of how many of them stable was asked twice, for how many of those its two answers
    differ, and for how many the candidate's does. `losses` are both sides' (candidate, stable),
    where there are labels.
    """

    pairs: int = 0
    faulty: int = 0
    stable_faulty: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    inputs: tuple[int, ...] = ()
    differing: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)
    twice: tuple[int, int, int] = (0, 0, 0)
    losses: tuple[tuple[float, float], ...] = ()
    usual: Usual = Usual()

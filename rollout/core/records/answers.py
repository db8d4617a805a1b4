"""What the answers to one input had to say, without the answers themselves.

Bodies are compared where they arrive (`core/predictions`); only this leaves the adapter. No value
of a payload is kept, but for the labels that a sentence quotes.
"""

from dataclasses import dataclass

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

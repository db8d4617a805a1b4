"""One fault or warning about a file of a service, with its place."""

from dataclasses import dataclass

from rollout.core.policy.values import shown_place
from rollout.text.plain_text import visible_line

Pair = tuple[str, str]
SENTENCE_CHARACTERS = 1000


@dataclass(frozen=True)
class Fault:
    """A sentence about a file that says what to change.

    Attributes:
        file: Relative to the service's folder, with forward slashes.
        sentence: What is wrong and what to do.
        field: Names joined by dots, `stages[0].weight`; empty for the whole file.
        line: From 1; None where it is unknown.
        warning: It may be right as it is: the file is used all the same.
    """

    file: str
    sentence: str
    field: str = ""
    line: int | None = None
    warning: bool = False

    def place(self, service: str) -> str:
        """Return `service/file:line: field`, without the parts that are unknown."""
        where = f"{service}/{self.file}" + (f":{self.line}" if self.line else "")
        return shown_place(f"{where}: {self.field}" if self.field else where)

    def pair(self, service: str) -> Pair:
        """Return `(place, sentence)`, as `InvalidPolicyError` carries it."""
        return self.place(service), visible_line(self.sentence, SENTENCE_CHARACTERS)

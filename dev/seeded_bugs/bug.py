"""One seeded bug: a line of the product, and that line as somebody might break it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class OutdatedBugError(Exception):
    """The product no longer has the line that an entry breaks, or has it more than once."""


@dataclass(frozen=True, kw_only=True)
class SeededBug:
    """A mistake that passes review when everybody is tired.

    Attributes:
        file: The file of the product, relative to the project.
        was: The whole line as it is, without its indentation; or a few lines in a row, indented
            relative to the first. The file has it exactly once.
        becomes: What stands there instead; "": the line is lost.
        harm: What a user would have to suffer, in one sentence.
        test: The node id of a test that fails with the bug and passes without it.
        hangs: The bug is caught by a test that never ends with it, not by one that fails.
    """

    file: str
    was: str
    becomes: str
    harm: str
    test: str
    hangs: bool = False

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.file.removesuffix(".py").replace("/", ".")

    def place(self) -> str:
        """Say where it is, as `file:line`. Raises as `broken`."""
        source = (PROJECT / self.file).read_text(encoding="utf-8")
        return f"{self.file}:{self._only_line(source.splitlines()) + 1}"

    def broken(self, source: str) -> str:
        """Return the file's text with the bug in it.

        Raises:
            OutdatedBugError: The text does not have the line exactly once.
        """
        lines = source.splitlines()
        begin = self._only_line(lines)
        indent = _indent(lines[begin])
        end = begin + len(self.was.splitlines())
        instead = [f"{indent}{line}" for line in self.becomes.splitlines()]
        return "\n".join([*lines[:begin], *instead, *lines[end:], ""])

    def _only_line(self, lines: Sequence[str]) -> int:
        found = list(_places(lines, self.was.splitlines()))
        if len(found) != 1:
            raise OutdatedBugError(
                f"{self.file} has this {len(found)} times, not once: update its entry in "
                f"dev/seeded_bugs, or take another line:\n{self.was}"
            )
        return found[0]


def _places(lines: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Where `wanted` begins, whatever the indentation of its first line."""
    for at in range(len(lines) - len(wanted) + 1):
        indent = _indent(lines[at])
        if all(
            line == f"{indent}{each}"
            for line, each in zip(lines[at : at + len(wanted)], wanted, strict=True)
        ):
            yield at


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]

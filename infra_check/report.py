"""Collects the findings of one file."""

from bisect import bisect_right
from pathlib import Path

from infra_check.findings import Finding, Rule
from infra_check.nodes import Node, Span


class Report:
    """Turns places in a text into lines and columns; a repeated finding counts once."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = [0, *(at + 1 for at, each in enumerate(text) if each == "\n")]
        self.findings: set[Finding] = set()

    def add(self, rule: Rule, where: Node | Span | int, text: str) -> None:
        """Add a finding at a node, a span or an offset in characters."""
        offset = where if isinstance(where, int) else _start(where)
        line = bisect_right(self._lines, offset)
        column = offset - self._lines[line - 1] + 1
        self.findings.add(Finding(self._path, line, column, rule, text))


def _start(where: Node | Span) -> int:
    return where.start if isinstance(where, Span) else where.span.start

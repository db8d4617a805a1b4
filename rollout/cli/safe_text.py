"""What the commands print: harmless to a terminal, and no command to the pipeline that shows it."""

import re
import sys
from typing import TextIO

from rollout.text.plain_text import visible_line

LINE_CHARACTERS = 2000

# Azure Pipelines obeys `##vso[...]` and `##[...]` anywhere in a line, and GitHub `::...` at the
# beginning of one, after blanks.
_ANYWHERE = re.compile(r"##(?=[A-Za-z]{0,20}\[)")
_AT_THE_START = re.compile(r"^(\s*):(?=:)")


def printable(text: str) -> str:
    """Return one or several lines as they may be printed; names in them are other people's text."""
    lines = (visible_line(line, LINE_CHARACTERS) for line in text.split("\n"))
    return "\n".join(_AT_THE_START.sub(r"\1: ", _ANYWHERE.sub("# #", line)) for line in lines)


def say(text: str, *, error: bool = False) -> None:
    """Print lines, whatever the stream can encode."""
    stream: TextIO = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    print(printable(text).encode(encoding, "backslashreplace").decode(encoding), file=stream)

"""The command line: what people and pipelines run beside the app."""

import sys
from collections.abc import Sequence

from rollout.cli.exits import ExitCode

_EXTRA = frozenset({"typer", "rich"})
_MISSING = (
    "The command line needs {name}, which the app itself does not: "
    "install the extra, in a checkout: pip install '.[cli]' (or pipx)."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, one of `ExitCode`."""
    try:
        from rollout.cli.commands import run  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        if missing.name not in _EXTRA:
            raise
        print(_MISSING.format(name=missing.name), file=sys.stderr)
        return ExitCode.USAGE
    return run(sys.argv[1:] if arguments is None else arguments)

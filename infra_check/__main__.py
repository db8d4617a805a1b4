"""`python -m infra_check [--write]`: compile and lint `infra/`, and compare it with its snapshots.

Without a compiler it says so, and compares digests only.
"""

import argparse
import os
import sys
from pathlib import Path

from infra_check import check, digests, settings
from infra_check.compiler import NOT_FOUND, CompilationError, Compiler, CompilerError, find

_PROJECT = Path(__file__).resolve().parents[1]
_INFRA = _PROJECT / "infra"
_REMEDY = "If the differences are meant: python -m infra_check --write, and commit the snapshots."


def main(arguments: list[str]) -> int:
    """Return 0 if all is well, 1 if something is wrong, 2 if the compiler failed."""
    parser = argparse.ArgumentParser(prog="infra_check", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the snapshots and digests anew")
    write = parser.parse_args(arguments).write
    try:
        program = find(os.environ, _PROJECT)
        if program is None:
            return _without_compiler(needed=write)
        with Compiler(program, settings.example(os.environ, _INFRA)) as compiler:
            return _write(compiler) if write else _check(compiler)
    except CompilerError as error:
        print(f"infra_check: {error}", file=sys.stderr)
        return 2


def _without_compiler(*, needed: bool) -> int:
    print(NOT_FOUND)
    stale = digests.stale(_INFRA)
    print("\n".join(stale), end="\n" if stale else "")
    return 1 if stale or needed else 0


def _check(compiler: Compiler) -> int:
    messages = check.compiled(compiler, _INFRA)
    if messages:
        print("\n".join(map(str, messages)))
        return 1
    differing = check.differing(compiler, _INFRA)
    stale = [*check.lost(_INFRA), *digests.stale(_INFRA)]
    for each in (*differing, *stale):
        print(each)
    if differing:
        print(_REMEDY)
    print(f"Bicep {compiler.version()}: every file compiles without a message.")
    return 1 if differing or stale else 0


def _write(compiler: Compiler) -> int:
    try:
        changed = check.write(compiler, _INFRA)
    except CompilationError:
        print("\n".join(map(str, check.compiled(compiler, _INFRA))))
        return 1
    print(f"Changed: {', '.join(changed) or 'no snapshot'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

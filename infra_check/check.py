"""Compiles and lints every file, and compares every profile with its stored snapshot."""

from pathlib import Path

from infra_check import digests
from infra_check.compiler import Compiler, Message
from infra_check.profiles import difference, profiles_in, written


def compiled(compiler: Compiler, infra: Path) -> list[Message]:
    """Return what the compiler and its linter say about every file below `infra`, in order.

    Warnings count: a name that Azure does not know is one.
    """
    found: set[Message] = set()
    for pattern in ("**/*.bicep", "**/*.bicepparam"):
        for path in sorted(infra.glob(pattern)):
            found |= compiler.messages(path)
    return sorted(found)


def differing(compiler: Compiler, infra: Path) -> list[str]:
    """Return how each profile differs from its stored snapshot."""
    found = (
        difference(each, compiler.snapshot(each.parameters, each.metadata()))
        for each in profiles_in(infra)
    )
    return [each for each in found if each]


def lost(infra: Path) -> list[str]:
    """Return a sentence for each snapshot whose profile is gone."""
    known = {each.stored for each in profiles_in(infra)}
    return [
        f"{path.name} has no profile: delete it"
        for path in sorted(infra.glob("profiles/*.snapshot.json"))
        if path not in known
    ]


def write(compiler: Compiler, infra: Path) -> list[str]:
    """Write all snapshots and the digests; return the names of the snapshots that changed.

    Raises:
        CompilationError: A profile does not compile; nothing was written.
    """
    profiles = profiles_in(infra)
    texts = {
        each: written(compiler.snapshot(each.parameters, each.metadata())) for each in profiles
    }
    changed = [
        each
        for each, text in texts.items()
        if not each.stored.is_file() or each.stored.read_text(encoding="utf-8") != text
    ]
    for each in changed:
        each.stored.write_text(texts[each], encoding="utf-8")
    (infra / digests.STORED).write_text(digests.written(infra), encoding="utf-8")
    return [each.stored.name for each in changed]

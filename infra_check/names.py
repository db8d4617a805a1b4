"""Names that nothing uses, names declared twice, and names that need each other in a circle."""

from infra_check.findings import Rule
from infra_check.nodes import (
    Declaration,
    Module,
    Name,
    Output,
    Parameter,
    Resource,
    Variable,
    body_of,
    walk,
)
from infra_check.program import SourceFile

_SYMBOLS = (Module, Parameter, Resource, Variable)


def check_names(file: SourceFile) -> None:
    uses = {each: _used(each) for each in file.declarations}
    everywhere = {name: sum(name in used for used in uses.values()) for name in _all(uses)}
    for each, used in uses.items():
        # A declaration that only names itself does not count as used.
        count = everywhere.get(each.name, 0) - (each.name in used)
        if count == 0:
            _unused(file, each)
    _check_outputs(file)
    _check_cycles(file, uses)


def _all(uses: dict[Declaration, set[str]]) -> set[str]:
    return set().union(*uses.values())


def _used(node: Declaration) -> set[str]:
    return {each.name for each in walk(node) if isinstance(each, Name)}


def _unused(file: SourceFile, node: Declaration) -> None:
    match node:
        case Parameter():
            file.report.add(Rule.UNUSED_PARAMETER, node, f"Nothing uses parameter {node.name!r}.")
        case Variable():
            file.report.add(Rule.UNUSED_VARIABLE, node, f"Nothing uses variable {node.name!r}.")
        case Resource(existing=True):
            body = body_of(node.value)
            if body is None or not body.resources:
                text = f"Nothing uses the existing resource {node.name!r}."
                file.report.add(Rule.UNUSED_EXISTING, node, text)
        case _:
            pass


def _check_outputs(file: SourceFile) -> None:
    seen: set[str] = set()
    for each in file.all(Output):
        if each.name in seen:
            file.report.add(Rule.DUPLICATE, each, f"The output {each.name!r} is declared twice.")
        seen.add(each.name)


def _check_cycles(file: SourceFile, uses: dict[Declaration, set[str]]) -> None:
    symbols = {each.name: each for each in file.declarations if isinstance(each, _SYMBOLS)}
    needs = {name: uses[each] for name, each in symbols.items()}
    for name, each in symbols.items():
        if name in _reachable(name, needs):
            text = f"{name!r} depends on itself, directly or through others."
            file.report.add(Rule.CYCLE, each, text)


def _reachable(start: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in needs.get(waiting.pop(), ()):
            if name in needs and name not in found:
                found.add(name)
                waiting.append(name)
    return found

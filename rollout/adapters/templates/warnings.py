"""What a template may do as it is and probably should not: told by the command line only.

Scripts are read as syntax trees and never run.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from rollout.adapters.templates.checks import used_templates
from rollout.adapters.templates.collecting import (
    collections_on,
    never_collected,
    not_collected,
    unheard_collectors,
)
from rollout.adapters.templates.confinement import inside, unsafe
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.local_paths import local_paths
from rollout.adapters.templates.needed_rights import needed_rights
from rollout.adapters.templates.plain_yaml import Document
from rollout.adapters.templates.reading import read_template
from rollout.core.policy.consistency import DEPLOYMENT_TEMPLATE, ENDPOINT_TEMPLATE
from rollout.core.policy.model import Policy

MAX_SCRIPT_BYTES = 256 * 1024
_SCRIPT = "scoring_script"
_ENTRY = "run"
_BROAD = frozenset({"Exception", "BaseException"})


def template_warnings(service: Path, policy: Policy) -> list[Fault]:
    """Return what the templates of a service make likely to go wrong, for a person to decide."""
    reads, found = _documents(service, DEPLOYMENT_TEMPLATE, policy), list[Fault]()
    for file, document in (*reads, *_documents(service, ENDPOINT_TEMPLATE, policy)):
        found += needed_rights(file, document, policy)
    there = next(
        (collections_on(each) for file, each in reads if file == DEPLOYMENT_TEMPLATE), None
    )
    for file, document in reads:
        if file == DEPLOYMENT_TEMPLATE:
            found += not_collected(file, document, policy)
        for script, tree in _scripts(service, file, document):
            found += _of_script(script, tree)
            if isinstance(tree, ast.Module):
                found += unheard_collectors(script, tree, there, policy)
                found += never_collected(script, tree, policy)
    return found


def _documents(service: Path, file: str, policy: Policy) -> list[tuple[str, Document]]:
    """Return a template that is used, and the YAML files that it names; none: it is not."""
    template = service / file
    if template.is_symlink() or not template.is_file() or file not in used_templates(policy):
        return []
    return [
        (each.file, each.document)
        for each in read_template(service, file)
        if each.document is not None
    ]


def _scripts(
    service: Path, file: str, document: Document
) -> Iterator[tuple[str, ast.Module | SyntaxError | ValueError]]:
    """Each scoring script with its syntax tree, or with what keeps Python from reading it."""
    for path in local_paths(document.value, file):
        if path.field.rpartition(".")[2] != _SCRIPT or unsafe(service, path):
            continue
        with (service / inside(path)).open("rb") as opened:
            source = opened.read(MAX_SCRIPT_BYTES + 1)
        if len(source) > MAX_SCRIPT_BYTES:
            continue
        try:
            yield inside(path), ast.parse(source)
        except (SyntaxError, ValueError) as error:
            yield inside(path), error
        except (RecursionError, MemoryError):
            continue


def _of_script(file: str, tree: ast.Module | SyntaxError | ValueError) -> Iterator[Fault]:
    if not isinstance(tree, ast.Module):
        line = tree.lineno if isinstance(tree, SyntaxError) else None
        sentence = "Python cannot read this script: no deployment of it can start."
        yield Fault(file, sentence, "", line, warning=True)
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == _ENTRY:
            yield from _swallowed(file, node)


def _swallowed(file: str, run: ast.AST) -> Iterator[Fault]:
    for node in ast.walk(run):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and _returns(node):
            sentence = (
                "run() catches every exception here and returns: callers get status 200, and the "
                'gate sees no failure. Let it raise, or add "absent: [error]" to '
                "validate.requests and a check of the answers to gate.logs."
            )
            yield Fault(file, sentence, "", node.lineno, warning=True)


def _is_broad(caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _BROAD
        case ast.Tuple(elts=several):
            return any(_is_broad(each) for each in several)
    return False


def _returns(handler: ast.ExceptHandler) -> bool:
    """No way through the handler raises; a plain `raise` anywhere in it counts as one that does."""
    return not any(isinstance(node, ast.Raise) for each in handler.body for node in ast.walk(each))

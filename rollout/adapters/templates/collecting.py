"""What a template and its scoring script say of collections that do not fit together.

The package of Azure ML's data collector raises where a script asks for a collection that its
deployment does not have, unless it is given `on_error`: such a deployment never starts. The names
of a deployment's collections are lower-cased before they are compared (azureml-ai-monitoring 1.0).
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import Document, line_of
from rollout.core.policy.model import Policy
from rollout.core.policy.quality_model import Live

BLOCK = "data_collector"
PAYLOADS = frozenset({"request", "response"})
"""Collected by the platform, whatever a script does."""

_COLLECTOR = "Collector"
_HANDLED = "on_error"


def collections_on(document: Document) -> frozenset[str] | None:
    """Return the lower-case names that a template switches on; None where it has no such part."""
    value = document.value if isinstance(document.value, Mapping) else {}
    block = value.get(BLOCK)
    if not isinstance(block, Mapping):
        return None
    collections = block.get("collections")
    listed = collections.items() if isinstance(collections, Mapping) else ()
    return frozenset(str(name).lower() for name, each in listed if _is_on(each))


def not_collected(file: str, document: Document, policy: Policy) -> Iterator[Fault]:
    """What the policy reads and the template's own data collector does not have."""
    live, there = _live(policy), collections_on(document)
    if live is None or there is None:
        return
    for name in filter(None, (live.collection, live.inputs)):
        if name.lower() not in there:
            sentence = (
                f"quality.live needs the collection {name}, which is not switched on here: add "
                f"it with enabled: 'True', or leave {BLOCK} out and the app adds it."
            )
            yield Fault(file, sentence, BLOCK, line_of(document.lines, BLOCK), warning=True)


def unheard_collectors(
    file: str, tree: ast.Module, there: frozenset[str] | None, policy: Policy
) -> Iterator[Fault]:
    """Collectors in a script that raise at its start, because nothing of their name is on.

    Args:
        file: The script.
        tree: What is in it.
        there: What the template switches on (`collections_on`).
        policy: Whose live collections are added to a template that has none.
    """
    live = _live(policy)
    if there is None:
        added = () if live is None else (live.collection, live.inputs)
        there = frozenset(name.lower() for name in added if name)
    for call in _unguarded(tree):
        name = _name_of(call)
        if name is not None and name in there:
            continue
        if name is None and there:
            # It is made elsewhere, and may be one of them.
            continue
        what = f'Collector(name="{name}")' if name is not None else "Collector"
        why = "whose letters must be small" if _is_large(name, there) else "which is not collected"
        sentence = (
            f"{what} raises at the start without on_error, so no deployment of it starts: it asks "
            f"for a collection {why}. Switch it on under {BLOCK} or in quality.live, or give it "
            "on_error."
        )
        yield Fault(file, sentence, "", call.lineno, warning=True)


def never_collected(file: str, tree: ast.Module, policy: Policy) -> Iterator[Fault]:
    """What the policy reads and the script never collects: its name stands nowhere in it."""
    live = _live(policy)
    if live is None or _names_elsewhere(tree):
        return
    texts = {
        node.value.lower()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for name in filter(None, (live.collection, live.inputs)):
        if name.lower() not in PAYLOADS and name.lower() not in texts:
            sentence = (
                f"quality.live reads the collection {name}, and this script has no Collector of "
                f'that name, so nothing will be read: add Collector(name="{name}"), name what it '
                "collects, or read whole answers with `collection: response`."
            )
            yield Fault(file, sentence, warning=True)


def _names_elsewhere(tree: ast.Module) -> bool:
    """Say whether a collector's name may come from outside of the script."""
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes_collector(node.func):
            given = next((each.value for each in node.keywords if each.arg == "name"), None)
            inside = isinstance(given, ast.Name) and given.id in parameters
            if not isinstance(given, ast.Constant) and not inside:
                return True
    return False


def _unguarded(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of `Collector` without `on_error`, but for those inside a `try` with handlers."""
    guarded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and node.handlers
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or node in guarded or not _makes_collector(node.func):
            continue
        if not any(each.arg == _HANDLED for each in node.keywords):
            yield node


def _makes_collector(called: ast.expr) -> bool:
    match called:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == _COLLECTOR
    return False


def _name_of(call: ast.Call) -> str | None:
    for keyword in call.keywords:
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return None


def _is_large(name: str | None, there: frozenset[str]) -> bool:
    return name is not None and name.lower() in there


def _is_on(collection: Any) -> bool:
    return isinstance(collection, Mapping) and str(collection.get("enabled")).lower() == "true"


def _live(policy: Policy) -> Live | None:
    return None if policy.quality is None else policy.quality.live

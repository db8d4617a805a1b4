"""The second opinion on syntax: tree-sitter's Bicep grammar, maintained independently."""

from collections.abc import Iterator
from functools import cache

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bicep.language()))


def faults_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset, in characters, and the text of every ERROR or missing node."""
    encoded = text.encode()
    tree = _parser().parse(encoded)
    if not tree.root_node.has_error:
        return
    for node in _faulty(tree.root_node):
        offset = len(encoded[: node.start_byte].decode())
        what = f"{node.type!r} is missing" if node.is_missing else "this is not Bicep"
        yield offset, f"tree-sitter: {what}."


def _faulty(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
        return
    for child in node.children:
        if child.has_error or child.is_missing:
            yield from _faulty(child)

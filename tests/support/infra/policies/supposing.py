"""What values are when some parameters are supposed to have a value: conditions are followed."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_check.nodes import (
    Binary,
    Call,
    Expression,
    Items,
    Members,
    Name,
    Parameter,
    Ternary,
    Text,
    Truth,
    Unary,
    Variable,
)
from infra_check.program import Program, SourceFile
from tests.support.infra.policies.tracing import callers

type Facts = Mapping[str, bool | str]
type Found = tuple[SourceFile, Expression | None]


class UndecidedError(Exception):
    """A condition hangs on something that was not supposed."""


@dataclass(frozen=True)
class Supposition:
    """A program whose templates are given these; modules get what they are called with."""

    program: Program
    facts: Facts

    def text(self, file: SourceFile, node: Expression | None, *path: str) -> str | None:
        """The text at a path of keys below `node`; None: there is none, or it is not plain."""
        file, node = self.reduced(file, node)
        for key in path:
            below = node.get(key) if isinstance(node, Members) else None
            file, node = self.reduced(file, below)
        if isinstance(node, Name) and isinstance(fact := self.facts.get(node.name), str):
            return fact
        return node.literal if isinstance(node, Text) else None

    def truth(self, file: SourceFile, condition: Expression) -> bool:
        """Whether a condition holds.

        Raises:
            UndecidedError: It hangs on something else.
        """
        file, node = self.reduced(file, condition)
        match node:
            case Truth(value=value):
                return value
            case Name(name=name) if isinstance(fact := self.facts.get(name), bool):
                return fact
            case Unary(operator="!", operand=operand):
                return not self.truth(file, operand)
            case Binary(operator="||", left=left, right=right):
                return self.truth(file, left) or self.truth(file, right)
            case Binary(operator="&&", left=left, right=right):
                return self.truth(file, left) and self.truth(file, right)
            case Call(name="empty", arguments=(argument,)):
                return self._empty(file, argument)
        raise UndecidedError(f"{file.path.name}: {node}")

    def items(self, file: SourceFile, node: Expression) -> set[str]:
        """The texts of a list."""
        file, found = self.reduced(file, node)
        below = found.items if isinstance(found, Items) else ()
        return {text for each in below if (text := self.text(file, each)) is not None}  # type: ignore[arg-type]

    def names(self, file: SourceFile, variable: str) -> set[str]:
        """The names of variables that a list comes to: itself, or what it holds."""
        (found,) = (each for each in file.all(Variable) if each.name == variable)
        value = self._chosen(file, found.value)
        nodes = value.items if isinstance(value, Items) else (value,)
        return {each.name for each in nodes if isinstance(each, Name)}

    def _chosen(self, file: SourceFile, node: Expression) -> Expression:
        while isinstance(node, Ternary):
            node = node.then if self.truth(file, node.condition) else node.otherwise
        return node

    def reduced(self, file: SourceFile, node: Expression | None) -> Found:
        """Follow conditions, variables, and parameters to the one caller that gives them."""
        while node is not None:
            chosen = self._chosen(file, node)
            if not isinstance(chosen, Name):
                return file, chosen
            declared = next((each for each in file.declarations if each.name == chosen.name), None)
            if isinstance(declared, Variable):
                node = declared.value
                continue
            given = list(callers(self.program, file, chosen.name))
            if not isinstance(declared, Parameter) or len(given) != 1:
                return file, chosen
            ((file, node),) = given
        return file, None

    def _empty(self, file: SourceFile, node: Expression) -> bool:
        _, found = self.reduced(file, node)
        if isinstance(found, Name) and found.name in self.facts:
            return self.facts[found.name] == ""
        if isinstance(found, Text):
            return found.literal == ""
        if isinstance(found, Items):
            return not found.items
        raise UndecidedError(f"{file.path.name}: empty({found})")

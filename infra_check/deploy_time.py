"""Values that must be known before the deployment runs: names, scopes, conditions, loops.

Bicep refuses (BCP120, BCP177, BCP178) what is only known once a resource exists. Of a resource,
the properties whose type carries the deploy-time flag are known; of a module, its name.
"""

from infra_check.findings import Rule
from infra_check.functions import RUNTIME
from infra_check.nodes import (
    Call,
    Expression,
    Index,
    Member,
    Members,
    Module,
    Name,
    Nested,
    Node,
    NonNull,
    Resource,
    Variable,
)
from infra_check.report import Report
from infra_check.shapes import Record, Shape
from infra_check.symbols import Symbols

_KNOWN = frozenset({"apiVersion", "id", "name", "type"})


class DeployTime:
    def __init__(self, symbols: Symbols, report: Report) -> None:
        self._symbols = symbols
        self._report = report

    def check_fields(self, body: Members, shape: Shape) -> None:
        """The properties of a body that Azure's type marks as deploy-time, besides its name."""
        if not isinstance(shape, Record):
            return
        for each in body.properties:
            field = shape.fields.get(each.key.literal or "")
            if field is not None and field.deploy_time and each.key.literal != "name":
                self.check(each.value, f"{each.key.literal!r}")

    def check(self, node: Expression, what: str) -> None:
        late = self._late(node, frozenset())
        if late is not None:
            text = f"{what} must be known before the deployment runs; {late} is not."
            self._report.add(Rule.DEPLOY_TIME, node, text)

    def _late(self, node: object, seen: frozenset[str]) -> str | None:
        match node:
            case Member(object=base, name=name):
                found = self._base(base)
                if isinstance(found, Resource):
                    return None if name in _KNOWN else f"{found.name}.{name}"
                if isinstance(found, Module):
                    return None if name == "name" else f"{found.name}.{name}"
            case Call(name=name) if name in RUNTIME:
                return f"{name}()"
            case Name(name=name) if name not in seen:
                declaration = self._symbols.declaration(name)
                if isinstance(declaration, Variable):
                    return self._late(declaration.value, seen | {name})
        return next(filter(None, (self._late(each, seen) for each in _below(node))), None)

    def _base(self, node: Expression) -> Resource | Module | None:
        while isinstance(node, NonNull | Index):
            node = node.object
        if isinstance(node, Nested):
            return self._base(node.object)
        declaration = self._symbols.declaration(node.name) if isinstance(node, Name) else None
        return declaration if isinstance(declaration, Resource | Module) else None


def _below(node: object) -> list[object]:
    if isinstance(node, tuple):
        return list(node)
    return list(vars(node).values()) if isinstance(node, Node) else []

"""Whether an expression fits an expected shape, from the outside in.

An object literal is compared property by property, so that a finding points to the mistake.
"""

import re
from collections.abc import Callable, Mapping

from infra_check.findings import Rule
from infra_check.inference import Inference, Locals
from infra_check.nodes import (
    Binary,
    Call,
    Expression,
    For,
    If,
    Items,
    Lambda,
    Members,
    Name,
    Property,
    Spread,
    Ternary,
    Variable,
)
from infra_check.shapes import (
    Anything,
    Either,
    Field,
    ListOf,
    Record,
    Shape,
    Variants,
    Whole,
    may_be_null,
    named,
    refused_value,
    same_kind,
    without_null,
)
from infra_check.shapes import Text as TextShape

# A body has these besides what its type says; they are checked separately.
LANGUAGE_PROPERTIES = frozenset({"parent", "scope", "dependsOn"})


class Fitting:
    """`variable` gives the declaration of a variable, so that its literal can be inspected."""

    def __init__(self, inference: Inference, variable: Callable[[str], Variable | None]) -> None:
        self._inference = inference
        self._report = inference.report
        self._variable = variable

    def fit(
        self,
        node: Expression,
        target: Shape,
        known: Locals,
        rule: Rule = Rule.TYPE,
        *,
        null: bool = False,
        skip: frozenset[str] = frozenset(),
    ) -> None:
        """Report what does not fit. `null`: null is allowed here. `skip`: names to ignore."""
        inner = without_null(target)
        null = null or may_be_null(target)
        match node:
            case Ternary():
                self._inference.condition(node.condition, known)
                self.fit(node.then, target, known, rule, null=null)
                self.fit(node.otherwise, target, known, rule, null=null)
                return
            case If():
                self._inference.condition(node.condition, known)
                self.fit(node.body, target, known, rule, skip=skip)
                return
            case Binary(operator="??"):
                self._fit_shape(node.left, inner, known, rule, null=True)
                self.fit(node.right, target, known, rule, null=null)
                return
            case Call(target=None, name="concat" | "union") if isinstance(inner, ListOf):
                self._inference.infer(node, known)
                for each in node.arguments:
                    self.fit(each, inner, known, rule)
                return
            case Call(target=None, name="map") if isinstance(inner, ListOf):
                self._fit_map(node, inner, known, rule)
                return
            case Name(name=name) if name not in known and (found := self._variable(name)):
                if isinstance(found.value, Members | Items | Ternary | For):
                    self.fit(found.value, target, {}, rule, null=null)
                    return
        self._fit_literal(node, inner, known, rule, null=null, skip=skip)

    def _fit_literal(
        self,
        node: Expression,
        inner: Shape,
        known: Locals,
        rule: Rule,
        *,
        null: bool,
        skip: frozenset[str],
    ) -> None:
        match node, inner:
            case (Members(), Record()):
                self._fit_record(node, inner, known, skip)
            case (Members(), Variants()):
                self._fit_variants(node, inner, known, skip)
            case (Members(), Either(options=options)):
                records = [each for each in options if isinstance(each, Record | Variants)]
                if len(records) == 1:
                    self.fit(node, records[0], known, rule)
                else:
                    self._fit_shape(node, inner, known, rule, null=null)
            case (Items(), ListOf(item=item)):
                for each in node.items:
                    if isinstance(each, Spread):
                        self._fit_shape(each.value, inner, known, rule, null=False)
                    else:
                        self.fit(each, item, known, rule)
            case (For(), ListOf(item=item)):
                self.fit(node.body, item, self._inference.loop(node, known), rule)
            case _:
                self._fit_shape(node, inner, known, rule, null=null)

    def _fit_map(self, node: Call, target: ListOf, known: Locals, rule: Rule) -> None:
        self._inference.infer(node, known)
        source, *rest = node.arguments or (node,)
        if not rest or not isinstance(rest[0], Lambda):
            return
        shape = without_null(self._inference.infer(source, known))
        item: Shape = shape.item if isinstance(shape, ListOf) else Anything()
        names: dict[str, Shape] = dict.fromkeys(rest[0].parameters, Whole())
        names[rest[0].parameters[0]] = item
        self.fit(rest[0].body, target.item, {**known, **names}, rule)

    def _fit_shape(
        self, node: Expression, target: Shape, known: Locals, rule: Rule, *, null: bool
    ) -> None:
        shape = self._inference.infer(node, known)
        if may_be_null(shape) and not null and not isinstance(target, Anything):
            self._report.add(Rule.NULL, node, f"This may be null where {named(target)} is needed.")
        shape = without_null(shape)
        if not same_kind(shape, target):
            self._report.add(rule, node, f"This is {named(shape)}, but {named(target)} is needed.")
        elif refused := refused_value(shape, target):
            text = f"{refused} is not among the known values: {named(target)}."
            self._report.add(Rule.ENUM, node, text)
        elif fault := _limit_fault(shape, target):
            self._report.add(Rule.ENUM, node, fault)

    def _fit_record(
        self, node: Members, target: Record, known: Locals, skip: frozenset[str]
    ) -> None:
        self._check_duplicates(node)
        for spread in node.spreads:
            self._inference.infer(spread.value, known)
        for each in node.properties:
            key = each.key.literal
            if key is None:
                self._inference.infer(each.key, known)
                self.fit(each.value, target.rest or Anything(), known)
            elif key not in skip:
                self._fit_property(each, key, target, known)
        self._check_required(node, target, skip)

    def _fit_property(self, node: Property, key: str, target: Record, known: Locals) -> None:
        field = target.fields.get(key)
        if field is None:
            if target.rest is None:
                close = [name for name in target.fields if name.lower() == key.lower()]
                hint = f" (write {close[0]!r})" if close else ""
                text = f"{target.name} has no property {key!r}{hint}."
                self._report.add(Rule.PROPERTY, node.key, text)
            self.fit(node.value, target.rest or Anything(), known)
            return
        if field.read_only:
            text = f"{key!r} of {target.name} is set by Azure."
            self._report.add(Rule.READ_ONLY, node.key, text)
        self.fit(node.value, field.look(), known, null=not field.required)

    def _check_required(self, node: Members, target: Record, skip: frozenset[str]) -> None:
        if node.spreads:
            return
        given = {each.key.literal for each in node.properties}
        for name, field in target.fields.items():
            if field.required and not field.read_only and name not in given and name not in skip:
                self._report.add(Rule.REQUIRED, node, f"{target.name} needs {name!r}.")

    def _fit_variants(
        self, node: Members, target: Variants, known: Locals, skip: frozenset[str]
    ) -> None:
        given = node.get(target.key)
        if given is None:
            self._report.add(Rule.REQUIRED, node, f"{target.name} needs {target.key!r}.")
            return
        shape = self._inference.infer(given, known)
        values = shape.values if isinstance(shape, TextShape) else None
        if values is None or len(values) != 1:
            text = f"{target.key!r} decides the type, so it must be plain text."
            self._report.add(Rule.TYPE, given, text)
            return
        value = next(iter(values))
        if value not in target.records:
            kinds = " | ".join(f"'{each}'" for each in sorted(target.records))
            text = f"'{value}' is not among the known values: {kinds}."
            self._report.add(Rule.ENUM, given, text)
            return
        record = target.records[value]()
        if isinstance(record, Record):
            fields: Mapping[str, Field] = {**target.common, **record.fields}
            self._fit_record(node, Record(record.name, fields, record.rest), known, skip)

    def _check_duplicates(self, node: Members) -> None:
        seen: set[str] = set()
        for each in node.properties:
            key = each.key.literal
            if key is not None and key in seen:
                self._report.add(Rule.DUPLICATE, each.key, f"{key!r} appears here twice.")
            seen.add(key or "")


def _limit_fault(shape: Shape, target: Shape) -> str | None:
    match shape, target:
        case (TextShape(values=values), TextShape(pattern=pattern, least=least, most=most)):
            for value in sorted(values or ()):
                if len(value) < least or (most is not None and len(value) > most):
                    return f"'{value}' has {len(value)} characters; {least} to {most} are allowed."
                if pattern is not None and not re.search(pattern, value):
                    return f"'{value}' does not match {pattern}."
        case (Whole(values=numbers), Whole(least=low, most=high)):
            for number in sorted(numbers or ()):
                if (low is not None and number < low) or (high is not None and number > high):
                    return f"{number} is not from {low} to {high}."
        case _:
            return None
    return None

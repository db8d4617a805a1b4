"""The bodies of resources and modules: types, versions, properties, parents, scopes, parameters."""

from infra_check.deploy_time import DeployTime
from infra_check.findings import Rule
from infra_check.fitting import LANGUAGE_PROPERTIES, Fitting
from infra_check.inference import Inference, Locals
from infra_check.nodes import (
    Expression,
    For,
    If,
    Items,
    Members,
    Module,
    Name,
    Resource,
    Spread,
    Text,
    Variable,
    body_of,
)
from infra_check.program import Program, SourceFile
from infra_check.shapes import (
    TEXT,
    Anything,
    ListOf,
    ModuleShape,
    Record,
    ResourceShape,
    ScopeShape,
    Shape,
    named,
    without_null,
)
from infra_check.symbols import Symbols, silent_types, split_type
from infra_check.type_data import TypeData

_EXISTING = frozenset({"name", "parent", "scope"})
_MODULE = frozenset({"dependsOn", "name", "params", "scope"})
_BITS = {"tenant": 1, "managementGroup": 2, "subscription": 4, "resourceGroup": 8}
_EXTENSION = 16
_GROUP_TYPE = "microsoft.resources/resourcegroups"


class BodyChecks:
    def __init__(
        self,
        program: Program,
        file: SourceFile,
        types: TypeData | None,
        symbols: Symbols,
        inference: Inference,
        fitting: Fitting,
    ) -> None:
        self._program = program
        self._file = file
        self._types = types
        self._symbols = symbols
        self._inference = inference
        self._fitting = fitting
        self._report = file.report
        self._early = DeployTime(symbols, file.report)

    def resource(self, node: Resource, parent: ResourceShape | None = None) -> None:
        shape = self._symbols.resource(node, parent)
        name, version = split_type(node.type.literal or "", parent)
        self._check_type(node, name, version)
        body, known = self._body(node.value)
        if body is None:
            self._report.add(Rule.SYNTAX, node, "A resource needs a body in braces.")
            return
        self._check_parent(body, shape, known, nested=parent is not None)
        self._check_scope(node, body, shape, known, nested=parent is not None)
        self._check_depends_on(body, known)
        given = body.get("name")
        if given is not None:
            self._early.check(given, "The name of a resource")
        if node.existing:
            self._existing(body, shape, known)
        else:
            self._fitting.fit(body, shape.body, known, skip=LANGUAGE_PROPERTIES)
            self._early.check_fields(body, shape.body)
        for each in body.resources:
            self.resource(each, shape)

    def _body(self, value: Expression) -> tuple[Members | None, Locals]:
        known: Locals = {}
        while isinstance(value, If | For):
            if isinstance(value, For):
                known = self._inference.loop(value, known)
                self._early.check(value.source, "What a loop runs over")
            else:
                self._inference.condition(value.condition, known)
                self._early.check(value.condition, "A condition")
            value = value.body
        return (value if isinstance(value, Members) else None), known

    def _check_type(self, node: Resource, name: str, version: str) -> None:
        if "/" not in name or not version:
            text = "A resource type looks like 'Provider/type@version'."
            self._report.add(Rule.RESOURCE_TYPE, node.type, text)
        elif self._types is not None and self._types.get(name, version) is None:
            versions = self._types.versions(name)
            if versions:
                text = f"{name} has no version {version!r} here; known: {', '.join(versions)}."
                self._report.add(Rule.API_VERSION, node.type, text)
            else:
                text = f"No resource type {name!r} is known."
                self._report.add(Rule.RESOURCE_TYPE, node.type, text)

    def _existing(self, body: Members, shape: ResourceShape, known: Locals) -> None:
        for each in body.properties:
            if each.key.literal not in _EXISTING:
                text = (
                    f"An existing resource has name, parent and scope, but no {each.key.literal!r}."
                )
                self._report.add(Rule.EXISTING, each.key, text)
        name = body.get("name")
        if name is None:
            self._report.add(Rule.REQUIRED, body, "An existing resource needs 'name'.")
            return
        target: Shape = TEXT
        if isinstance(shape.body, Record) and "name" in shape.body.fields:
            target = shape.body.fields["name"].look()
        self._fitting.fit(name, target, known)

    def _check_parent(
        self, body: Members, shape: ResourceShape, known: Locals, *, nested: bool
    ) -> None:
        given = body.get("parent")
        depth = shape.type.count("/")
        if given is None:
            name = body.get("name")
            if not nested and depth > 1 and isinstance(name, Text):
                slashes = sum(part.count("/") for part in name.parts if isinstance(part, str))
                if slashes != depth - 1:
                    text = f"{shape.type} needs 'parent', or a name of {depth} parts."
                    self._report.add(Rule.PARENT, name, text)
            return
        parent = without_null(self._inference.infer(given, known))
        self._early.check(given, "A parent")
        if nested or not isinstance(parent, ResourceShape):
            if not isinstance(parent, Anything):
                self._report.add(
                    Rule.PARENT, given, f"A parent is a resource, not {named(parent)}."
                )
        elif shape.type.lower().rpartition("/")[0] != parent.type.lower():
            text = f"{shape.type} is not a child of {parent.type}."
            self._report.add(Rule.PARENT, given, text)

    def _check_scope(
        self, node: Resource, body: Members, shape: ResourceShape, known: Locals, *, nested: bool
    ) -> None:
        given = body.get("scope")
        if given is None:
            found = self._types.get(shape.type, shape.version) if self._types else None
            new = not node.existing and not nested and body.get("parent") is None
            if new and found and not found.scopes & _BITS.get(self._file.scope, 0):
                text = f"{shape.type} cannot be created at scope {self._file.scope!r}."
                self._report.add(Rule.SCOPE, node.type, text)
            return
        self._early.check(given, "A scope")
        scope = without_null(self._inference.infer(given, known))
        if isinstance(scope, ScopeShape):
            if not node.existing and scope.level != self._file.scope:
                text = "A resource elsewhere needs a module with that scope."
                self._report.add(Rule.SCOPE, given, text)
        elif isinstance(scope, ResourceShape):
            self._check_extension(node, given, shape, scope)
        elif not isinstance(scope, Anything):
            text = f"A scope is a resource or a place, not {named(scope)}."
            self._report.add(Rule.SCOPE, given, text)

    def _check_extension(
        self, node: Resource, given: Expression, shape: ResourceShape, scope: ResourceShape
    ) -> None:
        if scope.type.lower() == _GROUP_TYPE:
            if not node.existing:
                text = "A resource in another group needs a module with that scope."
                self._report.add(Rule.SCOPE, given, text)
            return
        found = self._types.get(shape.type, shape.version) if self._types else None
        if found is not None and not found.scopes & _EXTENSION:
            text = f"{shape.type} does not extend other resources."
            self._report.add(Rule.SCOPE, given, text)

    def _check_depends_on(self, body: Members, known: Locals) -> None:
        given = body.get("dependsOn")
        if given is None:
            return
        if not isinstance(given, Items):
            self._inference.infer(given, known)
            return
        for each in given.items:
            if isinstance(each, Spread):
                continue
            shape = without_null(self._inference.infer(each, known))
            inner = shape.item if isinstance(shape, ListOf) else shape
            if not isinstance(without_null(inner), ResourceShape | ModuleShape | Anything):
                text = f"dependsOn lists resources and modules, not {named(shape)}."
                self._report.add(Rule.TYPE, each, text)

    def modules(self, nodes: tuple[Module, ...]) -> None:
        """Check every module; two with one name would be one deployment that overwrites itself."""
        seen: set[str] = set()
        for each in nodes:
            self._module(each)
            body = body_of(each.value)
            name = body.get("name") if body else None
            literal = name.literal if isinstance(name, Text) else None
            if name is not None and literal is not None and literal.lower() in seen:
                text = f"Two modules have the deployment name {literal!r}."
                self._report.add(Rule.DUPLICATE, name, text)
            seen.add((literal or "").lower())

    def _module(self, node: Module) -> None:
        body, known = self._body(node.value)
        called = self._program.called(self._file, node)
        if called is None:
            text = f"There is no file {node.path.literal!r} beside {self._file.path.name}."
            self._report.add(Rule.MODULE_PATH, node.path, text)
        if body is None:
            self._report.add(Rule.SYNTAX, node, "A module needs a body in braces.")
            return
        for each in body.properties:
            if each.key.literal not in _MODULE:
                text = f"A module has {', '.join(sorted(_MODULE))}, but no {each.key.literal!r}."
                self._report.add(Rule.PROPERTY, each.key, text)
        name = body.get("name")
        if name is not None:
            self._early.check(name, "The name of a module")
            self._fitting.fit(name, TEXT, known)
        self._check_depends_on(body, known)
        self._module_scope(node, body, called, known)
        self._module_parameters(body, called, known)

    def _module_scope(
        self, node: Module, body: Members, called: SourceFile | None, known: Locals
    ) -> None:
        given = body.get("scope")
        level = self._file.scope
        if given is not None:
            self._early.check(given, "A scope")
            scope = without_null(self._inference.infer(given, known))
            match scope:
                case ScopeShape():
                    level = scope.level
                case ResourceShape(type=name) if name.lower() == _GROUP_TYPE:
                    level = "resourceGroup"
                case Anything():
                    return
                case _:
                    text = f"A module's scope is a place or a resource group, not {named(scope)}."
                    self._report.add(Rule.SCOPE, given, text)
                    return
        if called is not None and not called.broken and called.scope != level:
            text = f"{called.path.name} is for scope {called.scope!r}, and this is {level!r}."
            self._report.add(Rule.SCOPE, given or node, text)

    def _module_parameters(self, body: Members, called: SourceFile | None, known: Locals) -> None:
        found = body.property("params")
        params = found.value if found else None
        if isinstance(params, Name) and isinstance(
            held := self._symbols.declaration(params.name), Variable
        ):
            params = held.value
        if called is None or called.broken:
            if params is not None:
                self._inference.infer(params, known)
            return
        if params is not None and not isinstance(params, Members):
            self._report.add(Rule.TYPE, params, "Write the parameters out as an object.")
            return
        types = silent_types(called)
        given = {each.key.literal: each for each in params.properties} if params else {}
        for name, each in given.items():
            parameter = called.parameters.get(name or "")
            if parameter is None:
                has = ", ".join(sorted(called.parameters)) or "none"
                text = f"{called.path.name} has no parameter {name!r}; it has: {has}."
                self._report.add(Rule.MODULE_PARAMETER, each.key, text)
                self._inference.infer(each.value, known)
            else:
                target = types.of(parameter.type, parameter)
                self._fitting.fit(each.value, target, known, null=parameter.default is not None)
        for name, parameter in called.parameters.items():
            target = types.of(parameter.type, parameter)
            if parameter.default is None and name not in given and without_null(target) == target:
                text = f"{called.path.name} needs the parameter {name!r}."
                self._report.add(Rule.MODULE_REQUIRED, found.key if found else body, text)

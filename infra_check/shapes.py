"""What a value can be, and whether one kind fits where another is expected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Anything:
    """Unknown here: fits everywhere and accepts everything."""


@dataclass(frozen=True)
class Text:
    """`values` None: any text. `open`: these values are known, others may exist."""

    values: frozenset[str] | None = None
    open: bool = False
    pattern: str | None = None
    least: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Whole:
    values: frozenset[int] | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Truth:
    pass


@dataclass(frozen=True)
class Nothing:
    """Null."""


@dataclass(frozen=True)
class Nullable:
    inner: "Shape"


@dataclass(frozen=True)
class ListOf:
    item: "Shape"


@dataclass(frozen=True)
class Field:
    """One property. `look` gives its shape, lazily: types refer to each other in circles."""

    look: Callable[[], "Shape"]
    required: bool = False
    read_only: bool = False
    write_only: bool = False
    deploy_time: bool = False


def field_of(shape: "Shape", *, required: bool = False, deploy_time: bool = False) -> Field:
    """A property whose shape is already known."""
    return Field(lambda: shape, required=required, deploy_time=deploy_time)


@dataclass(frozen=True)
class Record:
    """An object. `rest` None: no other property is known."""

    name: str
    fields: Mapping[str, Field] = field(hash=False)
    rest: "Shape | None" = None


@dataclass(frozen=True)
class Variants:
    """An object whose `key` decides which record it is."""

    name: str
    key: str
    common: Mapping[str, Field] = field(hash=False)
    records: Mapping[str, Callable[[], "Shape"]] = field(hash=False)


@dataclass(frozen=True)
class Either:
    options: tuple["Shape", ...]


@dataclass(frozen=True)
class ResourceShape:
    """A declared resource. `body` is Anything when there is no type data."""

    type: str
    version: str
    body: "Shape"
    existing: bool = False
    children: Mapping[str, "ResourceShape"] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class ModuleShape:
    """A called module; `outputs` None: its file could not be read."""

    name: str
    outputs: Mapping[str, "Shape"] | None = field(hash=False)


@dataclass(frozen=True)
class ScopeShape:
    """What `resourceGroup()`, `subscription()` and their kind return."""

    level: str
    body: Record


type Shape = (
    Anything
    | Text
    | Whole
    | Truth
    | Nothing
    | Nullable
    | ListOf
    | Record
    | Variants
    | Either
    | ResourceShape
    | ModuleShape
    | ScopeShape
)

ANYTHING = Anything()
TEXT = Text()
WHOLE = Whole()
TRUTH = Truth()
NOTHING = Nothing()
LIST = ListOf(ANYTHING)
RECORD = Record("object", {}, ANYTHING)


def named(shape: Shape) -> str:
    """Its name in messages."""
    match shape:
        case Text(values=None):
            return "string"
        case Text(values=values):
            return " | ".join(f"'{value}'" for value in sorted(values or ()))
        case Whole():
            return "int"
        case Truth():
            return "bool"
        case Nothing():
            return "null"
        case Nullable(inner=inner):
            return f"{named(inner)}?"
        case ListOf():
            return "array"
        case Record() | Variants():
            return "object"
        case Either(options=options):
            return " | ".join(dict.fromkeys(named(each) for each in options))
        case ResourceShape(type=name):
            return f"resource {name}"
        case ModuleShape():
            return "module"
        case ScopeShape(level=level):
            return f"scope {level}"
        case Anything():
            return "any"


def may_be_null(shape: Shape) -> bool:
    match shape:
        case Nothing() | Nullable():
            return True
        case Either(options=options):
            return any(may_be_null(each) for each in options)
        case _:
            return False


def without_null(shape: Shape) -> Shape:
    match shape:
        case Nullable(inner=inner):
            return without_null(inner)
        case Either(options=options):
            rest = tuple(without_null(each) for each in options if not isinstance(each, Nothing))
            return rest[0] if len(rest) == 1 else Either(rest)
        case Nothing():
            return ANYTHING
        case _:
            return shape


def either(*options: Shape) -> Shape:
    """One shape for a value that is one of several; those of one kind are merged."""
    flat: list[Shape] = []
    for each in options:
        flat.extend(each.options if isinstance(each, Either) else (each,))
    if any(isinstance(each, Anything) for each in flat):
        return ANYTHING
    merged: list[Shape] = []
    texts = [each for each in flat if isinstance(each, Text)]
    if texts:
        known = [each.values for each in texts if each.values is not None]
        closed = len(known) == len(texts) and not any(each.open for each in texts)
        merged.append(Text(frozenset().union(*known)) if closed else TEXT)
    if any(isinstance(each, Whole) for each in flat):
        merged.append(WHOLE)
    items = [each.item for each in flat if isinstance(each, ListOf)]
    if items:
        # An empty literal says nothing about its items, so the others decide.
        told = [each for each in items if not isinstance(each, Anything)]
        merged.append(ListOf(either(*told)) if told else LIST)
    for each in flat:
        if not isinstance(each, Text | Whole | ListOf) and each not in merged:
            merged.append(each)
    return merged[0] if len(merged) == 1 else Either(tuple(merged))


def same_kind(value: Shape, target: Shape) -> bool:
    """Whether a value of one shape fits where the other is expected, values aside."""
    match value, target:
        case (Anything(), _) | (_, Anything()):
            return True
        case (Either(options=options), _):
            return all(same_kind(each, target) for each in options)
        case (Nullable(inner=inner), _):
            return same_kind(inner, without_null(target))
        case (_, Nullable(inner=inner)):
            return isinstance(value, Nothing) or same_kind(value, inner)
        case (_, Either(options=options)):
            return any(same_kind(value, each) for each in options)
        case (ListOf(item=item), ListOf(item=wanted)):
            return same_kind(item, wanted)
        case (Record() | Variants() | ScopeShape() | ResourceShape(), Record() | Variants()):
            return True
        case _:
            return type(value) is type(target)


def refused_value(value: Shape, target: Shape) -> str | None:
    """The first text or number of `value` that `target` does not know, for a message."""
    match value, target:
        case (Nullable(inner=inner), _):
            return refused_value(inner, without_null(target))
        case (_, Nullable(inner=inner)):
            return refused_value(value, inner)
        case (Either(options=options), _):
            return next(filter(None, (refused_value(each, target) for each in options)), None)
        case (ListOf(item=item), ListOf(item=wanted)):
            return refused_value(item, wanted)
        case (Text(values=values), Text(values=known)) if known is not None:
            if values is None:
                return None if target.open else "any string"
            return next((f"'{each}'" for each in sorted(values) if each not in known), None)
        case (Whole(values=values), Whole(values=known)) if known is not None:
            if values is None:
                return "any number"
            return next((str(each) for each in sorted(values) if each not in known), None)
        case _:
            return None

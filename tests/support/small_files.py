"""Small Bicep files and small type data of the tests' own."""

from pathlib import Path
from typing import Any

from infra_check.checker import check
from infra_check.findings import Finding, Rule
from infra_check.program import program_of
from infra_check.type_data import TypeData

ROOT = Path("/bicep")
MAIN = ROOT / "main.bicep"

TEXT, WHOLE, TRUTH, ANY, OPEN, TAGS, RULE = range(7)
REQUIRED, READ_ONLY, WRITE_ONLY, EARLY = 1, 2, 4, 8


def _field(index: int, flags: int = 0) -> dict[str, Any]:
    return {"type": {"$ref": f"#/{index}"}, "flags": flags}


def _literal(value: str) -> dict[str, Any]:
    return {"$type": "StringLiteralType", "value": value}


def _object(name: str, /, **fields: Any) -> dict[str, Any]:
    return {"$type": "ObjectType", "name": name, "properties": fields}


TYPES: list[dict[str, Any]] = [
    {"$type": "StringType"},
    {"$type": "IntegerType", "minValue": 1, "maxValue": 10},
    {"$type": "BooleanType"},
    {"$type": "AnyType"},
    {"$type": "UnionType", "elements": [{"$ref": "#/10"}, {"$ref": "#/11"}, {"$ref": "#/0"}]},
    {**_object("Tags"), "additionalProperties": {"$ref": "#/0"}},
    {
        "$type": "DiscriminatedObjectType",
        "name": "Rule",
        "discriminator": "kind",
        "baseProperties": {"note": _field(TEXT)},
        "elements": {"Hot": {"$ref": "#/12"}, "Cold": {"$ref": "#/13"}},
    },
    _object(
        "Shop",
        id=_field(TEXT, READ_ONLY | EARLY),
        name=_field(TEXT, REQUIRED | EARLY),
        location=_field(TEXT, REQUIRED),
        tags=_field(TAGS),
        properties=_field(8, REQUIRED),
    ),
    _object(
        "ShopProperties",
        tier=_field(9, REQUIRED),
        grade=_field(OPEN),
        seats=_field(WHOLE),
        open=_field(TRUTH),
        rules=_field(14),
        state=_field(TEXT, READ_ONLY),
        secret=_field(TEXT, WRITE_ONLY),
        anything=_field(ANY),
    ),
    {"$type": "UnionType", "elements": [{"$ref": "#/10"}, {"$ref": "#/11"}]},
    _literal("Hot"),
    _literal("Cold"),
    _object("HotRule", kind=_field(10, REQUIRED), degrees=_field(WHOLE, REQUIRED)),
    _object("ColdRule", kind=_field(11, REQUIRED)),
    {"$type": "ArrayType", "itemType": {"$ref": f"#/{RULE}"}},
]


def resource_data(body: int, scopes: int) -> dict[str, Any]:
    root = {"$type": "ResourceType", "body": {"$ref": f"#/{body}"}, "writableScopes": scopes}
    return {"types": [*TYPES, root], "root": len(TYPES)}


DATA = TypeData(
    {
        "Test.Shop/shops@2025-01-01": resource_data(7, 8),
        "Test.Shop/shops/shelves@2025-01-01": resource_data(7, 8),
        "Test.Shop/grants@2025-01-01": resource_data(7, 31),
    }
)


def findings(main: str, types: TypeData | None = DATA, **modules: str) -> list[Finding]:
    """What is found in `main.bicep` and in the modules, by their names without `.bicep`."""
    texts = {MAIN: main, **{ROOT / f"{name}.bicep": text for name, text in modules.items()}}
    return check(program_of(ROOT, texts), types)


def rules(main: str, types: TypeData | None = DATA, **modules: str) -> set[Rule]:
    return {each.rule for each in findings(main, types, **modules)}


def shop(*lines: str, name: str = "shop") -> str:
    """A valid shop, with more lines in its properties."""
    more = "".join(f"    {line}\n" for line in lines)
    return (
        f"resource {name} 'Test.Shop/shops@2025-01-01' = {{\n"
        f"  name: '{name}'\n  location: 'here'\n  properties: {{\n    tier: 'Hot'\n{more}  }}\n}}\n"
    )

"""Each rule on small files: what it refuses, and beside it what it must let pass."""

import pytest

from infra_check.findings import Rule
from tests.support.small_files import findings, rules, shop

MODULE = "param a string\nparam b int = 1\noutput c string = '${a}${b}'\n"
CALL = "module m 'other.bicep' = {\n  name: 'm'\n  params: {\n    a: 'x'\n  }\n}\n"
NAMED = "name: 'm'"
NAME, LOCATED = "name: 'a'", "name: 'a'\n  location: 'b'"
EXISTING = f"resource a 'Test.Shop/shops@2025-01-01' existing = {{\n  {NAME}\n}}\n"
GRANT = "resource grant 'Test.Shop/grants@2025-01-01' = {\n"
BODY = "  location: 'here'\n  properties: { tier: 'Hot' }\n}\n"


@pytest.mark.parametrize(
    "text",
    [
        shop(),
        "param a string = utcNow()\noutput b string = a\n",
        "var a = [{ b: 1 }, { b: 2, c: 'd' }]\noutput e array = [for f in a: f.c]\n",
        shop("secret: 's'", "seats: 3", "open: false", "grade: 'Cold'", "anything: { a: [1] }"),
        shop("rules: [{ kind: 'Hot', degrees: 4 }, { kind: 'Cold', note: 'n' }]"),
        shop("description: 'dropped from the data together with the descriptions'"),
        f"param seats int = 2\n{shop('seats: seats')}",
        f"@allowed(['Hot', 'Cold'])\nparam grade string = 'Hot'\n{shop('grade: grade')}",
        f"param many bool = true\n{shop('seats: many ? 3 : null')}",
        f"var rules = [{{ kind: 'Cold' }}]\n{shop('rules: rules')}",
        f"var names = ['a']\n{shop()}{GRANT}  scope: shop\n  name: guid(shop.id, names[0])\n{BODY}",
        f"param many array\n{shop('rules: [for one in many: {', 'kind: one.kind', '}]')}".replace(
            "kind: one.kind", "kind: 'Cold', note: one"
        ),
        f"{shop()}output id string = shop.id\noutput state string = shop.properties.state\n",
        "param a object?\noutput b string = a.?c ?? 'd'\noutput e int = length(a.?f.g ?? '')\n",
        "param a string[]\noutput b array = [for (x, i) in a: '${x}-${i}']\n",
        "var a = { b: { c: 1 } }\noutput d int = a.b.c\n",
        "func twice(x string) string => '${x}${x}'\noutput a string = twice('b')\n",
        "type size = 'small' | 'large'\nparam a size\noutput b string = a\n",
        "targetScope = 'subscription'\nmetadata b = 'c'\noutput a string = subscription().id\n",
        "@minLength(2)\n@secure()\nparam a string\noutput b int = length(a)\n",
        "param a object\noutput b array = map(items(a), each => '${each.key}')\n",
    ],
)
def test_right_files_have_no_findings(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (shop("seat: 3"), Rule.PROPERTY),
        (shop("seats: '3'"), Rule.TYPE),
        (shop("seats: 11"), Rule.ENUM),
        (shop("open: 'yes'"), Rule.TYPE),
        (shop("grade: 'Warm'"), Rule.ENUM),
        (shop("state: 'x'"), Rule.READ_ONLY),
        (shop("rules: [{ kind: 'Hot' }]"), Rule.REQUIRED),
        (shop("rules: [{ degrees: 1 }]"), Rule.REQUIRED),
        (shop("rules: [{ kind: 'Tepid' }]"), Rule.ENUM),
        (shop("rules: { kind: 'Cold' }"), Rule.TYPE),
        (shop("seats: 1", "seats: 2"), Rule.DUPLICATE),
        (shop().replace("    tier: 'Hot'\n", ""), Rule.REQUIRED),
        (shop().replace("'Hot'", "'Mild'"), Rule.ENUM),
        (f"param tier string\n{shop().replace(chr(39) + 'Hot' + chr(39), 'tier')}", Rule.ENUM),
        (f"param seats int?\n{shop().replace(chr(39) + 'here' + chr(39), 'seats')}", Rule.NULL),
        (shop().replace("2025-01-01", "2024-01-01"), Rule.API_VERSION),
        (shop().replace("shops@", "stores@"), Rule.RESOURCE_TYPE),
        (shop().replace("@2025-01-01", ""), Rule.RESOURCE_TYPE),
        (f"{shop()}output a string = shop.properties.stat\n", Rule.PROPERTY),
        (f"{shop()}output a string = shop.properties.secret\n", Rule.PROPERTY),
        (f"{shop()}output a int = shop.location\n", Rule.OUTPUT_TYPE),
        (f"targetScope = 'subscription'\n{shop()}", Rule.SCOPE),
        ("targetScope = 'nowhere'\n", Rule.SCOPE),
        ("targetScope = 'subscription'\noutput a string = resourceGroup().name\n", Rule.SCOPE),
        (f"{shop()}{GRANT}  scope: 'shop'\n  name: 'a'\n{BODY}", Rule.SCOPE),
        (f"{shop()}{GRANT}  scope: shop\n  name: shop.location\n{BODY}", Rule.DEPLOY_TIME),
        (f"{shop()}var late = shop.location\n{GRANT}  name: late\n{BODY}", Rule.DEPLOY_TIME),
        (f"{shop()}{GRANT}  parent: shop\n  name: 'a'\n{BODY}", Rule.PARENT),
        ("var a = [{ b: 1 }, { c: 2 }]\noutput e array = [for f in a: f.d]\n", Rule.PROPERTY),
        ("output a string = b\n", Rule.SYMBOL),
        ("param a strings\noutput b string = a\n", Rule.SYMBOL),
        ("var a = 1\nparam b int = a\noutput c int = b\n", Rule.SYMBOL),
        ("param a string\nvar a = 1\noutput b string = a\n", Rule.DUPLICATE),
        ("output a int = 1\noutput a int = 2\n", Rule.DUPLICATE),
        ("var a = b\nvar b = a\n", Rule.CYCLE),
        ("param a string\n", Rule.UNUSED_PARAMETER),
        ("var a = 1\n", Rule.UNUSED_VARIABLE),
        (EXISTING, Rule.UNUSED_EXISTING),
        (
            f"{EXISTING.replace(NAME, LOCATED)}output b string = a.id\n",
            Rule.EXISTING,
        ),
        ("output a string = toUper('b')\n", Rule.FUNCTION),
        ("output a string = utcNow()\n", Rule.FUNCTION),
        ("output a string = toUpper('b', 'c')\n", Rule.ARGUMENTS),
        ("output a string = toUpper(['b'])\n", Rule.TYPE),
        ("output a string = 'x'.y\n", Rule.TYPE),
        ("output a int = 1 + 'b'\n", Rule.TYPE),
        ("param a bool\noutput b bool = a == 'true'\n", Rule.TYPE),
        ("var a = ['b']\noutput c string = a['b']\n", Rule.TYPE),
        ("var a = ['b']\noutput c string = '${a}'\n", Rule.INTERPOLATION),
        ("output a string = 'b' ? 'c' : 'd'\n", Rule.CONDITION),
        ("output a array = [for b in 'c': b]\n", Rule.LOOP),
        ("param a string?\noutput b string = a\n", Rule.NULL),
        ("param a object?\noutput b string = a.c\n", Rule.NULL),
        ("param a int = 'b'\noutput c int = a\n", Rule.DEFAULT_TYPE),
        ("@allowed(['a'])\nparam b string = 'c'\noutput d string = b\n", Rule.ENUM),
        ("@allowed([1])\nparam b string = 'c'\noutput d string = b\n", Rule.DECORATOR),
        ("@minLength(1)\nparam b int\noutput d int = b\n", Rule.DECORATOR),
        ("@minLength()\nparam b string\noutput d string = b\n", Rule.DECORATOR),
        ("@secure()\nvar b = 'c'\noutput d string = b\n", Rule.DECORATOR),
        (
            "@description('a')\n@description('b')\nparam c string\noutput d string = c\n",
            Rule.DECORATOR,
        ),
        ("output a string = loadTextContent('lost.txt')\n", Rule.MODULE_PATH),
    ],
)
def test_a_slip_is_found(text: str, rule: Rule) -> None:
    assert rule in rules(text)


def test_a_module_that_is_called_rightly_has_no_findings() -> None:
    assert findings(f"{CALL}output o string = m.outputs.c\n", other=MODULE) == []


@pytest.mark.parametrize(
    ("main", "rule"),
    [
        (CALL.replace("other.bicep", "another.bicep"), Rule.MODULE_PATH),
        (CALL.replace("a: 'x'", "a: 'x'\n    z: 1"), Rule.MODULE_PARAMETER),
        (CALL.replace("a: 'x'", "b: 2"), Rule.MODULE_REQUIRED),
        (CALL.replace("a: 'x'", "a: 5"), Rule.TYPE),
        (f"{CALL}{CALL.replace('module m', 'module n')}", Rule.DUPLICATE),
        (CALL.replace("params:", "dependsOn: ['m']\n  params:"), Rule.TYPE),
        (CALL.replace("params:", "parameters:"), Rule.PROPERTY),
        (f"{CALL}output o string = m.outputs.z\n", Rule.MODULE_OUTPUT),
        (f"{CALL}output o string = m.c\n", Rule.PROPERTY),
        (f"targetScope = 'subscription'\n{CALL}", Rule.SCOPE),
        (CALL.replace("name: 'm'", "name: 'm'\n  scope: 'group'"), Rule.SCOPE),
        (CALL.replace("name: 'm'", "name: 'm'\n  scope: subscription()"), Rule.SCOPE),
        (
            f"param yes bool\n{CALL.replace('= {', '= if (yes) {')}output o string = m.outputs.c\n",
            Rule.NULL,
        ),
        (
            f"{CALL}{CALL.replace('module m', 'module n').replace(NAMED, 'name: m.outputs.c')}",
            Rule.DEPLOY_TIME,
        ),
    ],
)
def test_a_slip_between_a_file_and_its_module_is_found(main: str, rule: Rule) -> None:
    assert rule in rules(main, other=MODULE)


def test_without_type_data_everything_else_is_still_checked() -> None:
    text = f"{shop('seat: 3')}output a string = b\n"

    assert rules(text, types=None) == {Rule.SYMBOL}


def test_a_finding_says_where_it_is() -> None:
    (found,) = findings("param a string\n\noutput b string = '${a}${c}'\n")

    assert str(found) == "/bicep/main.bicep:3:26: undefined-symbol: There is no 'c' in this file."

"""Bicep's grammar: precedence, lines, strings, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_check.findings import BicepSyntaxError, Rule
from infra_check.nodes import (
    Binary,
    Call,
    Expression,
    Index,
    Lambda,
    Member,
    Name,
    NonNull,
    Number,
    Ternary,
    Text,
    Unary,
    Variable,
)
from infra_check.parser import parse
from infra_check.tree_sitter_gate import faults_of


def value_of(text: str) -> Expression:
    (found,) = parse(f"var it = {text}\n")
    assert isinstance(found, Variable)
    return found.value


def written(node: Any) -> str:  # noqa: C901 - a case for each kind of node
    """The expression with every pair of parentheses that its tree means."""
    match node:
        case Name(name=name):
            return name
        case Number(value=value):
            return str(value)
        case Member(object=base, name=name, safe=safe):
            return f"{written(base)}{'.?' if safe else '.'}{name}"
        case Index(object=base, index=index):
            return f"{written(base)}[{written(index)}]"
        case NonNull(object=base):
            return f"{written(base)}!"
        case Call(target=target, name=name, arguments=arguments):
            before = f"{written(target)}." if target else ""
            return f"{before}{name}({', '.join(map(written, arguments))})"
        case Unary(operator=operator, operand=operand):
            return f"({operator}{written(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({written(left)} {operator} {written(right)})"
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"({written(condition)} ? {written(then)} : {written(otherwise)})"
        case Lambda(parameters=names, body=body):
            return f"({', '.join(names)}) => {written(body)}"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a == b[0].c && !d.e", "((a == b[0].c) && (!d.e))"),
        ("a || b && c", "(a || (b && c))"),
        ("a ?? b || c", "(a ?? (b || c))"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a < b == c", "((a < b) == c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ?? b ? c : d", "((a ?? b) ? c : d)"),
        ("a!.b.?c", "a!.b.?c"),
        ("-a.b", "(-a.b)"),
        ("f(a, b => b.c == a).d", "f(a, (b) => (b.c == a)).d"),
        ("map(a, (b, i) => i)", "map(a, (b, i) => i)"),
        ("az.resourceGroup().location", "az.resourceGroup().location"),
        ("a\n  ? b\n  : c", "(a ? b : c)"),
        ("f(\n  a,\n  b\n)", "f(a, b)"),
    ],
)
def test_operators_bind_as_in_bicep(text: str, meant: str) -> None:
    assert written(value_of(text)) == meant


NAMES = st.sampled_from("abc").map(lambda name: name)
EXPRESSIONS = st.recursive(
    NAMES | st.integers(0, 9).map(str),
    lambda below: (
        st.tuples(below, st.sampled_from(["+", "*", "==", "&&", "||", "??", "<"]), below).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        )
        | below.map(lambda inner: f"(!{inner})")
        | st.tuples(below, below, below).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})")
        | st.tuples(NAMES, below).map(lambda p: f"{p[0]}[{p[1]}]")
        | st.tuples(NAMES, st.lists(below, max_size=2)).map(lambda p: f"{p[0]}({', '.join(p[1])})")
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_an_expression_in_all_its_parentheses_reads_as_it_is_written(text: str) -> None:
    assert written(value_of(text)) == text


@given(EXPRESSIONS)
def test_tree_sitter_takes_what_our_parser_takes(text: str) -> None:
    assert list(faults_of(f"var it = {text}\n")) == []


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        parse(text)
    except BicepSyntaxError as error:
        assert 0 <= error.offset <= len(text)  # noqa: PT017 - most texts are refused


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("'plain'", ("plain",)),
        ("''", ("",)),
        (r"'it\'s \${a} \u{e9}\n'", ("it's ${a} é\n",)),
        ("'''\nfirst ${x}\n'''", ("first ${x}\n",)),
    ],
)
def test_strings_have_the_value_they_mean(text: str, parts: tuple[str, ...]) -> None:
    found = value_of(text)

    assert isinstance(found, Text)
    assert found.parts == parts


def test_what_stands_in_a_string_is_an_expression() -> None:
    found = value_of("'a-${b ? 'c' : d.e}-f'")

    assert isinstance(found, Text)
    assert found.literal is None
    assert [part if isinstance(part, str) else type(part) for part in found.parts] == [
        "a-",
        Ternary,
        "-f",
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("param a string param b string", Rule.LAYOUT),
        ("var a = { b: 1 c: 2 }", Rule.SYNTAX),
        ("var a = [1 2]", Rule.SYNTAX),
        ("var a = 'open", Rule.SYNTAX),
        ("var a = '''open", Rule.SYNTAX),
        (r"var a = 'a\q'", Rule.SYNTAX),
        ("var a = '${b", Rule.SYNTAX),
        ("var a = '${b c}'", Rule.SYNTAX),
        ("var a = b ? c", Rule.SYNTAX),
        ("var a = b +\n c", Rule.SYNTAX),
        ("var a = { b: 1, }", Rule.SYNTAX),
        ("vars a = 1", Rule.SYNTAX),
        ("var a = ;", Rule.SYNTAX),
        ("resource a 'b@1' = [1]", Rule.SYNTAX),
        ("param a 12px", Rule.SYNTAX),
        ("import 'x'", Rule.UNSUPPORTED),
        ("using 'x.bicep'", Rule.UNSUPPORTED),
    ],
)
def test_what_is_not_bicep_is_refused(text: str, rule: Rule) -> None:
    with pytest.raises(BicepSyntaxError) as caught:
        parse(text)
    assert caught.value.rule == rule


def test_comments_directives_and_blank_lines_mean_nothing() -> None:
    text = (
        "// a\n\n#disable-next-line no-unused-vars\nvar a = { // b\n  c: 1 /* d */\n\n  e: 2\n}\n"
    )

    assert [type(each) for each in parse(text)] == [Variable]


def test_tree_sitter_says_where_a_brace_is_missing() -> None:
    text = "var é = {\n  a: 1\n"

    (fault,) = faults_of(text)

    assert 0 <= fault[0] <= len(text)
    assert fault[1].startswith("tree-sitter:")

"""What a check reports, and where."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Rule(StrEnum):
    """For every rule, tests/infra has a mutant of the project's files that it catches."""

    PARSE = "parse"  # tree-sitter-bicep found an error or had to make up a token
    SYNTAX = "syntax"  # this package's stricter parser stopped here
    LAYOUT = "layout"  # two statements on one line
    UNSUPPORTED = (
        "unsupported"  # valid Bicep that is not checked here, so the project does not use it
    )
    SYMBOL = "undefined-symbol"
    DUPLICATE = "duplicate-name"
    CYCLE = "cycle"
    UNUSED_PARAMETER = "unused-parameter"
    UNUSED_VARIABLE = "unused-variable"
    UNUSED_EXISTING = "unused-existing"
    FUNCTION = "unknown-function"
    ARGUMENTS = "arguments"
    DECORATOR = "decorator"
    RESOURCE_TYPE = "unknown-resource-type"
    API_VERSION = "unknown-api-version"
    PROPERTY = "unknown-property"
    REQUIRED = "missing-property"
    READ_ONLY = "read-only-property"
    ENUM = "unknown-value"
    TYPE = "wrong-type"
    NULL = "may-be-null"
    EXISTING = "existing-resource"
    PARENT = "parent"
    SCOPE = "scope"
    DEPLOY_TIME = "deploy-time-value"
    CONDITION = "condition"
    LOOP = "loop"
    INTERPOLATION = "interpolation"
    MODULE_PATH = "module-path"
    MODULE_PARAMETER = "unknown-module-parameter"
    MODULE_REQUIRED = "missing-module-parameter"
    MODULE_OUTPUT = "unknown-module-output"
    OUTPUT_TYPE = "output-type"
    DEFAULT_TYPE = "default-type"
    PARAMETERS_FILE = "parameters-file"


@dataclass(frozen=True, order=True)
class Finding:
    """One fault. `line` and `column` count from 1."""

    path: Path
    line: int
    column: int
    rule: Rule
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.rule}: {self.text}"


class BicepSyntaxError(Exception):
    """A text that is not Bicep; `offset` is where it stops being Bicep, in characters."""

    def __init__(self, text: str, offset: int, rule: Rule = Rule.SYNTAX) -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset
        self.rule = rule

"""Mutants of our own files, made from the syntax tree: one slip each, and the rule that names it.

Each operator lists every place where it could be applied; a fixed seed picks some of them, so that
a run is repeatable and new files are drawn from as well.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra_check.findings import Rule
from infra_check.program import Program
from infra_check.type_data import TypeData
from tests.support.infra.own_files import own_program

SEED = 20261125
PER_OPERATOR = 3


@dataclass(frozen=True)
class Mutant:
    """`text` is the whole changed file; the rule must speak up about `judged`, by default it."""

    operator: str
    path: Path
    text: str
    rule: Rule
    place: str
    judged: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.operator}:{self.path.name}:{self.place}"


type Operator = Callable[[Program, TypeData | None], Iterator[Mutant]]
OPERATORS: list[Operator] = []


def operator(made: Operator) -> Operator:
    """Register a function that yields every mutant of its kind."""
    OPERATORS.append(made)
    return made


def mutants(types: TypeData | None) -> list[Mutant]:
    """Return the chosen mutants of every operator."""
    chosen: list[Mutant] = []
    for each in OPERATORS:
        found = list(each(own_program(), types))
        picker = random.Random(f"{SEED}-{each.__name__}")  # noqa: S311 - a choice, no secret
        chosen += picker.sample(found, min(PER_OPERATOR, len(found)))
    return chosen

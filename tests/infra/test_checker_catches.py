"""Every rule is seen to fail: a slip in the project's own files, and the rule that names it."""

import pytest

from infra_check.findings import Rule
from infra_check.type_data import ABSENT
from tests.support.infra import module_mutants, syntax_mutants, type_mutants
from tests.support.infra.mutants import Mutant, mutants
from tests.support.infra.own_files import TYPES, changed, findings, own_findings

# Imported for the mutants they register.
FAMILIES = (module_mutants, syntax_mutants, type_mutants)
MUTANTS = mutants(TYPES)
LEAST = 60
# This rule is about another kind of file, which has its own mutants.
ELSEWHERE = {Rule.PARAMETERS_FILE}
needs_types = pytest.mark.skipif(TYPES is None, reason=ABSENT)


def test_our_own_files_have_no_findings() -> None:
    assert sorted(own_findings()) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_right_rule_names_a_slip(mutant: Mutant) -> None:
    found = set(findings(changed(mutant.path, mutant.text))) - own_findings()
    judged = mutant.judged or mutant.path

    assert mutant.rule in {each.rule for each in found if each.path == judged}, found


@needs_types
def test_there_are_enough_mutants_and_they_differ() -> None:
    assert len({(each.path, each.text, each.rule) for each in MUTANTS}) >= LEAST


@needs_types
def test_every_rule_has_a_mutant() -> None:
    assert {each.rule for each in MUTANTS} == set(Rule) - ELSEWHERE

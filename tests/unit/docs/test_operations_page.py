"""What docs/operations.md says of phases, holds, verbs and attention is what the code has."""

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.blame import CAUSES, FAILURES
from rollout.core.machine.conclude import MAX_REPLACEMENTS_IN_A_ROW
from rollout.core.machine.decision import Decision
from rollout.core.machine.holds import HOLD_REASONS, OnResume
from rollout.core.records.effects import Attention
from rollout.core.records.failures import FailureKind
from rollout.core.records.observation import Absent, ModelId, ProvisioningState
from rollout.core.records.phases import FINAL_PHASES, PHASES, Phase
from rollout.core.records.rollout import Cause, HoldReason, Refused, Seen
from rollout.core.records.signals import AlertFired, Verb, Wake
from rollout.core.records.specs import Specs
from rollout.core.records.told import Told
from tests.support.builders import (
    BLUE,
    GREEN,
    MODEL,
    NOW,
    a_current,
    a_deployment,
    a_rollout,
    after,
    an_endpoint,
    an_offer,
    deployments,
    held,
    look,
    ours,
    seen,
    signal,
)
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
TENTH, ALL_GREEN = {BLUE: 90, GREEN: 10}, {GREEN: 100}


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def table(heading: str, number: int = 0) -> list[list[str]]:
    """The rows of a section's table, without its head."""
    found = re.findall(r"(?:^\|.*\n)+", section(heading), re.MULTILINE)[number]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found.splitlines()]
    return rows[2:]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_live_phase_has_its_row_and_every_final_one_its_sentence() -> None:
    live = [phase.value for phase, facts in PHASES.items() if facts.on_trial or facts.back]
    assert [quoted(row[0]) for row in table("Phases")] == [[phase] for phase in live]
    assert all(f"`{phase}`" in section("Phases") for phase in FINAL_PHASES)


def test_rollback_is_offered_in_every_phase_that_allows_it() -> None:
    for name, *_, can_do in table("Phases"):
        facts = PHASES[Phase(*quoted(name))]
        assert ("`rollback`" in can_do) is facts.forward, name


def test_every_cause_has_its_row_with_what_the_version_is_then() -> None:
    rows = {Cause(name): then for names, _, then in table("Endings") for name in quoted(names)}
    assert rows.keys() == set(Cause)
    for cause, then in rows.items():
        facts = CAUSES[cause]
        assert quoted(then) == ([] if facts.by_kind else [facts.offer_state]), cause


def test_every_kind_of_failure_has_its_row_with_what_the_version_is_then() -> None:
    rows = {FailureKind(*quoted(kind)): quoted(then) for kind, _, then in table("Endings", 1)}
    assert rows == {kind: [state] for kind, state in FAILURES.items()}


def test_every_hold_reason_has_its_row_and_is_lifted_as_the_page_says() -> None:
    rows = {HoldReason(*quoted(row[0])): row[-1] for row in table("Holds")}
    assert rows.keys() == set(HoldReason)
    for reason, lifts in rows.items():
        facts = HOLD_REASONS[reason]
        assert ("lifts itself" in lifts) is facts.lifts_itself, reason
        assert ("`advance`" in lifts) is facts.advance_lifts, reason
        assert ("`resume`" in lifts) is (facts.on_resume is not OnResume.REFUSE), reason


def test_every_verb_stands_on_the_page() -> None:
    assert all(f"`{verb}`" in PAGE for verb in Verb)


def alert(deployment: str) -> AlertFired:
    return AlertFired("id", "rule", deployment, None, "5xx above 1 %")


def lost_once(split: dict[str, int], **changes: Any) -> Decision:
    there = seen(split, ours(), **changes)
    return look(a_rollout(Phase.BAKING, stage=2, seen=Seen(True, absent=1)), there)


BACK = a_rollout(Phase.ROLLING_BACK)
RETIRING = a_rollout(Phase.RETIRING)
OTHERS = {"red": 100}
# What each row is about, with the texts that it must explain.
CALLS: dict[str, Callable[[], Decision]] = {
    "cannot take the traffic back yet": lambda: look(
        BACK,
        seen(TENTH, deployments=deployments(GREEN, a_deployment(BLUE, ProvisioningState.FAILED))),
    ),
    "waiting to see": lambda: look(BACK, seen(TENTH, ours()), after(16)),
    "is being deleted": lambda: look(a_rollout(Phase.DISCARDING), seen(), after(61)),
    "the endpoint is gone": lambda: lost_once(ALL_GREEN, endpoint=Absent(), deployments={}),
    "the deployment": lambda: lost_once(ALL_GREEN, deployments=deployments(GREEN)),
    "not the candidate": lambda: signal(a_rollout(Phase.BAKING), alert(BLUE)),
    "start the version before it again": lambda: signal(RETIRING, alert(GREEN)),
    "held for": lambda: look(held(a_rollout(Phase.BAKING)), seen(TENTH, ours()), after(23 * 60)),
    "while": lambda: look(
        replace(RETIRING, seen=Seen(True, foreign=1)),
        seen({GREEN: 60, "red": 40}, "who", deployments=deployments(BLUE, GREEN, "red")),
    ),
    "serves instead": lambda: look(
        replace(BACK, seen=Seen(True, absent=1, foreign=1)),
        seen(OTHERS, "who", deployments=deployments(GREEN, "red")),
    ),
}


CALLS |= {
    "cannot be deleted": lambda: look(
        RETIRING, seen(endpoint=an_endpoint(ALL_GREEN, ours(), mirror={BLUE: 5})), after(61)
    ),
    "instead of": lambda: look(
        a_rollout(Phase.BAKING, seen=Seen(True, foreign=1)), seen({GREEN: 10, "red": 90}, "who")
    ),
    "it serves": lambda: look(
        a_rollout(Phase.BAKING),
        seen(TENTH, deployments=deployments(BLUE, a_deployment(GREEN, model=ModelId(MODEL, "9")))),
    ),
    "is not the one": lambda: look(
        a_rollout(Phase.BAKING),
        seen(TENTH, deployments=deployments(BLUE, a_deployment(GREEN, rollout_tag=None))),
    ),
    "stable, blue, was replaced": lambda: look(
        a_rollout(Phase.BAKING, specs=Specs(stable="another")), seen(TENTH, ours())
    ),
    "what serves is not the release": lambda: look(
        RETIRING,
        seen(ALL_GREEN, deployments=deployments(a_deployment(GREEN, rollout_tag="another"))),
    ),
    "does not start": lambda: decide(
        a_current(rollout=a_rollout(Phase.ROLLED_BACK), waiting=an_offer()),
        Wake(),
        seen({"red": 100}, deployments=deployments(BLUE, "red")),
        Context(NOW),
    ),
    "versions in a row were replaced": lambda: look(
        a_rollout(Phase.BAKING),
        seen(TENTH, ours()),
        waiting=an_offer("8"),
        replaced_in_a_row=MAX_REPLACEMENTS_IN_A_ROW,
    ),
    "it does not start": lambda: look(
        a_rollout(Phase.CREATING, refused=Refused("A lock on /subscriptions/s forbids it")), seen()
    ),
    "Azure refuses the write": lambda: look(
        replace(BACK, refused=Refused("A lock on /subscriptions/s forbids it")),
        seen(TENTH, ours(BACK.write - 1)),
    ),
    "left as it is": lambda: look(replace(BACK, seen=Seen(True, foreign=1)), seen(OTHERS, "who")),
}


def test_the_page_says_which_holds_only_write_a_notice() -> None:
    (said,) = re.findall(r"A hold for ([^.]*?)\s+writes\s+a notice", section("Holds"))
    noticed = {reason for reason, facts in HOLD_REASONS.items() if facts.told is Told.NOTICE}
    assert set(quoted(said)) == noticed


def patterns() -> list[re.Pattern[str]]:
    """The texts of the table, with anything for its dots."""
    texts = [text for row in table("Attention") for text in quoted(row[0])]
    return [re.compile(re.escape(text).replace(re.escape("..."), ".*")) for text in texts]


@pytest.mark.parametrize("what", CALLS)
def test_every_text_that_asks_for_an_operator_is_explained(what: str) -> None:
    (asked,) = [each.text for each in CALLS[what]().effects if isinstance(each, Attention)]
    assert what in asked
    assert any(pattern.search(asked) for pattern in patterns()), asked


def test_every_text_on_the_page_is_one_the_machine_writes() -> None:
    asked = [
        each.text
        for call in CALLS.values()
        for each in call().effects
        if isinstance(each, Attention)
    ]
    for pattern in patterns():
        assert any(pattern.search(text) for text in asked), pattern


def test_every_log_line_on_the_page_is_in_the_source() -> None:
    files = [PROJECT / "function_app.py", *(PROJECT / "rollout").rglob("*.py")]
    constants = [
        node.value
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for row in table("Attention", 1):
        for text in quoted(row[0]):
            for part in filter(None, (part.strip() for part in text.split("..."))):
                assert any(part in constant for constant in constants), part

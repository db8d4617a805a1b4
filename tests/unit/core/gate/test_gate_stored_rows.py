"""Rows written before the checks became objects: they are read, continued and judged as they were.

Each file in `fixtures/` is one rollout as it was stored: what its first history row said of the
gate, and pass by pass the minute rows and the judgement. Those files are never written again.
`texts.json` holds the sentences apart, because their wording may change.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rollout.core.gate import Verdict, baseline
from rollout.core.gate.checks.stage import FIRST_RULES
from rollout.core.gate.history.audit import Ledger, Origin
from rollout.core.gate.history.documents import minute_from, moment_from
from rollout.core.gate.judging.state import State
from rollout.core.policy.gate_document import GATE
from rollout.core.policy.values import Faults

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.name.removesuffix(".json.gz") for path in FIXTURES.glob("*.json.gz"))
TEXTS = json.loads((FIXTURES / "texts.json").read_text())


@cache
def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((FIXTURES / f"{name}.json.gz").read_bytes()))
    return found


def origin(name: str) -> Origin:
    started, faults = stored(name)["started"], Faults()
    policy = GATE.read(started["gate"], "gate", faults)
    assert not faults.found
    return Origin(policy, started["baseline"], started["plannedMinutes"])


def kept(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def followed(ledger: Ledger, name: str, first: int = 0) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Judge each stored pass again, from pass number `first` on; yield those that were equal."""
    passes = stored(name)["passes"]
    window = passes[first - 1]["judged"]["window"] if first else ""
    for number, each in enumerate(passes[first:], first + 1):
        judged = each["judged"]
        if judged["window"] != window:
            ledger.begin(each["stage"], each["weight"])
            window = judged["window"]
        left = ledger.fold([minute_from(row) for row in each["rows"]])
        assert kept(left) == [row["numbers"] for row in each["rows"]]
        provisional = [minute_from(minute) for minute in judged["provisional"]]
        again = ledger.judge(moment_from(judged["judged"]), provisional)
        assert again.verdict.value == judged["verdict"]
        assert kept(dict(again.numbers)) == judged["numbers"]
        assert again.clean is each["clean"]
        assert again.text == TEXTS[name][number - 1]
        yield number, judged


@pytest.mark.parametrize("name", NAMES)
def test_stored_verdicts_are_computed_again_from_stored_rows(name: str) -> None:
    ledger, states = Ledger(origin(name)), dict(stored(name)["states"])
    for number, _ in followed(ledger, name):
        if (state := states.pop(str(number), None)) is not None:
            # A check that came later may have added a key of its own.
            assert {key: kept(ledger.state)[key] for key in state} == state
    assert not states
    assert len(TEXTS[name]) == number


@pytest.mark.parametrize("name", NAMES)
def test_a_rollout_goes_on_from_a_stored_state(name: str) -> None:
    for number, state in stored(name)["states"].items():
        assert State.load(state).dump() == state
        ledger = Ledger(origin(name))
        ledger.state = state
        rest = [number for number, _ in followed(ledger, name, int(number))]
        assert len(rest) == len(stored(name)["passes"]) - int(number)


def test_stables_history_gives_the_stored_baseline_but_for_later_rules() -> None:
    minutes = [minute_from(each) for each in stored("short_history")["history"]]
    now = kept(baseline(origin("short_history").policy, minutes))
    then = stored("short_history")["started"]["baseline"]
    assert set(now) - set(then) == {"rules", "latency_requests"}
    # The second rules begin with a plain mean of the shares of slow requests.
    assert {key: now[key] for key in then if key != "latency"} == {
        key: each for key, each in then.items() if key != "latency"
    }
    assert [each[0] for each in now["latency"]] == [each[0] for each in then["latency"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_rollout_that_names_no_rules_goes_by_the_first(name: str) -> None:
    assert "rules" not in stored(name)["started"]["baseline"]
    assert Ledger(origin(name)).state["v"] == FIRST_RULES


def test_the_stored_rows_have_every_check_and_every_verdict() -> None:
    fired, verdicts = set(), set()
    for name in NAMES:
        for each in stored(name)["passes"]:
            fired |= set(each["judged"]["numbers"].get("fired", ()))
            verdicts.add(each["judged"]["verdict"])
    built_in = {"errors", "majority", "slo", "rejected", "latency", "latency_slo"}
    assert fired == built_in | {"drift", "labels"}
    assert verdicts == {verdict.value for verdict in Verdict}

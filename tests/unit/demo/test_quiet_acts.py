"""The story at little traffic: what it shortens, and how it reads what a stage passed on."""

from pathlib import Path
from typing import Any

from demo.machine import Machine
from demo.policies import ServiceCopy, low_traffic_changes
from demo.quiet_acts import parts_from_probes
from demo.watching import Picture


def entry(rollout: str, verdict: str, probes: dict[str, float] | None) -> dict[str, Any]:
    numbers = {} if probes is None else {"probes": probes}
    return {"rollout": rollout, "data": {"verdict": verdict, "numbers": numbers}}


def test_what_a_stage_must_show_stays_as_the_example_has_it(tmp_path: Path) -> None:
    lines = ServiceCopy(tmp_path).edit_policy(low_traffic_changes())

    assert "probes.rate: (default) -> 120" in lines
    assert "gate.min_minutes: 5 -> 1" in lines
    assert not [line for line in lines if "limit" in line or "min_requests" in line]


def test_a_probe_may_take_longer_on_a_slow_machine_but_leaves_the_pass_time_to_send() -> None:
    assert "probes.timeout" not in low_traffic_changes()
    for slow in (Machine(cpu_seconds=0.4), Machine(cpu_seconds=2.0)):
        assert low_traffic_changes(machine=slow)["probes.timeout"] == "3s"


def test_each_stage_that_the_latest_rollout_passed_tells_what_probes_had_of_its_evidence() -> None:
    history = [
        entry("old", "advance", {"fromProbes": 0.1}),
        {"rollout": "new", "data": {}},
        entry("new", "advance", {"fromProbes": 0.98}),
        entry("new", "rollback", {"fromProbes": 0.3}),
        entry("new", "advance", None),
    ]
    view = {"rollout": {"id": "new"}, "history": history}

    assert parts_from_probes(Picture(view, {}, {}, ())) == [0.98, 0.0]
    assert parts_from_probes(Picture({}, {}, {}, ())) == []

"""The acts in which every status is 200: the policies that they edit, and the script of one."""

from pathlib import Path
from typing import Any

import pytest

from demo.places import SERVICE
from demo.policies import (
    ServiceCopy,
    patient_changes,
    probing_changes,
    swallowed,
    unprobed_changes,
)

RAISING = """
def run(raw_data):
    return {"predictions": [1 / int(raw_data)]}
"""


def run(script: str, request: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(script, namespace)  # noqa: S102 - the script of this test
    return namespace["run"](request)


def test_probes_come_back_as_they_were_before_a_team_let_weights_settle(tmp_path: Path) -> None:
    service = ServiceCopy(tmp_path)
    before = probing_changes()
    service.edit_policy(before)
    patient = service.edit_policy(patient_changes())
    back = service.edit_policy(before)

    assert len(patient) == len(back) > 0
    assert service.edit_policy(before) == []


def test_a_version_that_swallows_its_exceptions_meets_no_probes() -> None:
    assert unprobed_changes()["probes.when"] == "never"


def test_a_swallowed_exception_is_only_in_the_answer() -> None:
    assert run(swallowed(RAISING), "2") == {"predictions": [0.5]}
    assert run(swallowed(RAISING), "0") == {"error": "division by zero"}
    with pytest.raises(ZeroDivisionError):
        run(RAISING, "0")


def test_a_script_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="def run"):
        swallowed("def main(): pass")


def test_the_copys_script_is_the_one_that_changes(tmp_path: Path) -> None:
    service = ServiceCopy(tmp_path)
    service.edit_script(swallowed)
    script = (tmp_path / SERVICE / "src" / "score.py").read_text(encoding="utf-8")

    compile(script, "score.py", "exec")
    assert "def score(raw_data):" in script
    assert script.count("def run(raw_data):") == 1

"""Labels in a policy: texts, whole numbers, true and false."""

from typing import Any

import pytest

from rollout.core.policy.labels import Label
from rollout.core.policy.values import Faults


@pytest.mark.parametrize(
    ("value", "label"),
    [("ok", "ok"), (1, "1"), (1.0, "1"), (-3, "-3"), (True, "true"), (False, "false")],
)
def test_a_label_is_kept_as_a_text(value: Any, label: str) -> None:
    faults = Faults()

    assert Label().read(value, "labels[0]", faults) == label
    assert Label().read(Label().show(label), "labels[0]", faults) == label
    assert faults.found == []


@pytest.mark.parametrize("value", [None, 0.5, "", "x" * 61, "a\nb", [], {}, 10**16])
def test_other_values_are_no_labels(value: Any) -> None:
    faults = Faults()

    assert Label().read(value, "labels[0]", faults) is None
    assert len(faults.found) == 1

"""What operators see of what both sides answered before any traffic, as plain JSON.

Apart from the other views for the reason that `stream_views` is.
"""

from typing import Any

from rollout.core.machine.examining import exam_document
from rollout.core.records.rollout import Rollout


def exam_view(rollout: Rollout) -> dict[str, Any]:
    """The golden set and the contract, and how the models were packaged otherwise.

    The first two are None where the policy has none, or nothing was asked yet.
    """
    document = exam_document(rollout)
    return {
        "golden": document.get("golden"),
        "contract": document.get("contract"),
        "flavors": list(rollout.flavors),
    }

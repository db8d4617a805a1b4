"""What people see of what rollouts depend on."""

from collections.abc import Iterable
from typing import Any


def readiness_view(
    says: str, rows: Iterable[tuple[str, str, str]], *, ready: bool
) -> dict[str, Any]:
    """Every row, and what was never verified on Azure.

    Args:
        says: The state in a sentence.
        rows: Name, state (`ok`, `warn`, `bad`, `unknown`) and sentence of each.
        ready: Whether the app does what it must.
    """
    from rollout.inbound.unverified import UNVERIFIED  # noqa: PLC0415 - large, and seldom asked for

    return {
        "ready": ready,
        "says": says,
        "rows": [{"name": name, "state": state, "text": text} for name, state, text in rows],
        "unverified": [
            {"area": area, "text": text, "ifWrong": if_wrong} for area, text, if_wrong in UNVERIFIED
        ],
    }

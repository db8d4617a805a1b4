"""What people see of a service's two policies, and of a forecast for its next rollout."""

import hashlib
from typing import TYPE_CHECKING, Any

from rollout.core.policy.model import Policy
from rollout.inbound.moments import moment_text

if TYPE_CHECKING:
    from rollout.core.overview.planned import Planned

LINE_CHARACTERS = 100


def policies_view(
    rollout: str,
    frozen: Policy | None,
    published: Policy | None,
    faults: tuple[tuple[str, str], ...] = (),
    bundle: str = "",
) -> dict[str, Any]:
    """Both policies as a file would state them, defaults included, and where they differ.

    Args:
        rollout: The latest rollout's id.
        frozen: Its policy; None: there is none.
        published: The policy of the bundle; None: there is none, or it has `faults`.
        faults: Pairs of a place and a sentence.
        bundle: The digest of the bundle that the published one was read from.
    """
    from rollout.core.policy.written import differences, written  # noqa: PLC0415

    ours = None if frozen is None else written(frozen)
    theirs = None if published is None else written(published)
    found = () if ours is None or theirs is None else differences(ours, theirs)
    other: dict[str, Any] | None = None
    if faults:
        other = {"faults": [{"place": place, "text": text} for place, text in faults]}
    elif theirs is not None:
        other = {**_text(theirs), "bundle": bundle}
    return {
        "frozen": None if ours is None else {**_text(ours), "rollout": rollout},
        "published": other,
        "differences": [
            {"path": each.path, "frozen": each.frozen, "published": each.published}
            for each in found
        ],
    }


def plan_view(
    service: str, planned: "Planned | None", why: str, known_at: Any = None, known_from: Any = None
) -> dict[str, Any]:
    """A forecast as `rollout plan --json` prints it, with sentences; every property is there.

    Args:
        service: The service.
        planned: The forecast; None: there is none.
        why: Then, why not.
        known_at: As of when stable's traffic is known.
        known_from: From where; None: it is not.
    """
    nothing: dict[str, Any] = dict.fromkeys(
        (
            *("requestsPerMinute", "historyHours", "stableShare", "satisfiable"),
            *("maxBakeMinutes", "probes", "golden"),
        )
    )
    found = {**nothing, "stages": [], "warnings": []} if planned is None else planned.document()
    says = f"Nothing can be foreseen: {why}." if planned is None else planned.says
    return {
        "service": service,
        "says": says,
        **found,
        "sentences": [] if planned is None else [*planned.plan.sentences(), *planned.sentences],
        "knownAt": moment_text(known_at),
        "knownFrom": None if known_from is None else known_from.value,
    }


def _text(document: dict[str, Any]) -> dict[str, str]:
    """A document as text, and the digest of that: the same for the same policy."""
    import yaml  # noqa: PLC0415 - indexing the app needs none

    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=LINE_CHARACTERS)
    return {"digest": hashlib.sha256(text.encode()).hexdigest(), "text": text}

"""One saved decision as flat JSON values, for whoever reads the log afterwards.

Apart from the history, which is the record: a line may be lost, and nothing is decided from it.
"""

from collections.abc import Iterable
from typing import Any

from rollout.core.gate import Nearness, harm_so_near
from rollout.core.machine.decision import Decision
from rollout.core.machine.gate_inputs import judged_by
from rollout.core.machine.wanted import wanted_split
from rollout.core.records.history import MinuteRecord
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current, Rollout

ODDS_DIGITS = 4


def is_told(decision: Decision) -> bool:
    """Whether it has a line: something happened, or minutes were judged."""
    return bool(decision.history or decision.minutes)


def decision_line(before: Current | None, decision: Decision, saved: Current) -> dict[str, Any]:
    """Return the fields of `DECISION_FIELDS`, all of them, in that order.

    Args:
        before: The row that was replaced; None where there was none.
        decision: What was decided.
        saved: The row as it was saved.
    """
    rollout = saved.rollout
    earlier = _same(before, rollout)
    nearest = _nearest(rollout)
    entries = decision.history
    minutes = [each for each in decision.minutes if each.pair is None and not each.answers]
    return {
        "at": saved.saved_at.isoformat(),
        "commit": saved.commit_id,
        "service": saved.service,
        "endpoint": saved.endpoint,
        "rollout": saved.rollout_id,
        "model": rollout.release.model if rollout is not None else "",
        "version": rollout.release.version if rollout is not None else "",
        "phase": saved.phase.value,
        "phaseBefore": (earlier.phase if earlier is not None else Phase.NONE).value,
        "stage": rollout.stage if rollout is not None else 0,
        "stages": len(rollout.policy.stages) if rollout is not None else 0,
        "weight": _weight(rollout),
        "weightBefore": _weight(earlier),
        "kinds": [entry.kind for entry in entries],
        "sequence": entries[-1].sequence if entries else 0,
        "text": entries[0].text if entries else _evidence(rollout),
        "actor": next((entry.actor for entry in entries if entry.actor), ""),
        "cause": _value(rollout.cause if rollout is not None else None),
        "hold": _value(rollout.hold.reason if rollout is not None and rollout.hold else None),
        "verdict": _verdict(decision, rollout),
        "check": nearest.name if nearest is not None else "",
        "odds": round(nearest.odds, ODDS_DIGITS) if nearest is not None else None,
        "oddsNeeded": round(nearest.of, ODDS_DIGITS) if nearest is not None else None,
        "minutes": len(minutes),
        "requests": _sum(minutes, "candidate", "requests"),
        "failed": _sum(minutes, "candidate", "failures"),
        "stableRequests": _sum(minutes, "stable", "requests"),
        "stableFailed": _sum(minutes, "stable", "failures"),
    }


def _same(before: Current | None, rollout: Rollout | None) -> Rollout | None:
    """The rollout as it was; None where the decision began it, or there is none."""
    earlier = before.rollout if before is not None else None
    if earlier is None or rollout is None or earlier.id != rollout.id:
        return None
    return earlier


def _nearest(rollout: Rollout | None) -> Nearness | None:
    """How near harm the evidence is, which the gate keeps after the bake as well."""
    if rollout is None or not rollout.gate:
        return None
    return harm_so_near(judged_by(rollout), rollout.gate, rollout.policy.quality)


def _weight(rollout: Rollout | None) -> int:
    return wanted_split(rollout).get(rollout.candidate, 0) if rollout is not None else 0


def _evidence(rollout: Rollout | None) -> str:
    return rollout.baking.evidence if rollout is not None and rollout.baking is not None else ""


def _verdict(decision: Decision, rollout: Rollout | None) -> str:
    found = [entry.data["verdict"] for entry in decision.history if "verdict" in entry.data]
    if found:
        return str(found[0])
    return rollout.baking.verdict if rollout is not None and rollout.baking is not None else ""


def _value(of: Any) -> str:
    return of.value if of is not None else ""


def _sum(minutes: Iterable[MinuteRecord], side: str, count: str) -> float:
    """A side that is not known counts nothing."""
    return sum(float((each.data.get(side) or {}).get(count, 0)) for each in minutes)

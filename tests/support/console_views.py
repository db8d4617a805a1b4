"""Views as the app answers them, for tests of what the console makes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

View = dict[str, Any]
WORKSPACE = (
    "/subscriptions/0000/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices"
    "/workspaces/ws"
)
KEYS_HEALTH: View = {"ready": True, "tickAgeSeconds": 3, "text": "ready", "signIn": False}
VERBS = ("start", "advance", "pause", "resume", "rollback", "retry", "cancel")
ORDERS: list[View] = [
    {"verb": "advance", "means": "50 % -> 100 % now", "needs": ["expected", "skip_evidence"]},
    {"verb": "pause", "means": "nothing moves forward", "needs": []},
    {"verb": "rollback", "means": "all traffic goes back to blue-6", "needs": []},
]
ROLES = {"advance": "Approver", "pause": "Operator", "rollback": "Operator"}


def moment(minutes: float) -> str:
    """So many minutes from now."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def keys_whoami() -> View:
    return {
        "actor": "claimed: unknown",
        "proven": False,
        "app": None,
        "signIn": False,
        "roles": [],
        "may": list(VERBS),
    }


def traffic_view(**split: int) -> View:
    """A split that is seen as it was asked for; names with `_` for `-`, stable first."""
    seen = {name.replace("_", "-"): share for name, share in split.items()}
    return {
        "wanted": seen,
        "seen": seen,
        "mirrorWanted": {},
        "mirrorSeen": {},
        "seenAt": moment(0),
        "seenAgeSeconds": 4,
        "endpointState": "Succeeded",
    }


def rollout_view(**changes: Any) -> View:
    """A rollout that bakes at its second stage of three."""
    return {
        "id": "0199-fraud",
        "model": "fraud",
        "version": "7",
        "phase": "BAKING",
        "stage": 1,
        "candidate": "green-7",
        "stable": "blue-6",
        "suspended": False,
        "hold": None,
        "stages": [
            {"weight": weight, "mirror": None, "bakeSeconds": 900, "approval": weight == 100}
            for weight in (10, 50, 100)
        ],
        "startedAt": moment(-31),
        "phaseSince": moment(-6),
        "endedAt": None,
        "startedBy": "event",
        "takeFrom": [],
        "cause": None,
        "causeText": "",
        "traffic": traffic_view(blue_6=50, green_7=50),
        "evidence": {"windowStart": moment(-6), "judgedAt": moment(-1), "unreadableMetrics": 0},
        **changes,
    }


def service_view(service: str = "fraud-detection", **changes: Any) -> View:
    """A service whose rollout bakes."""
    return {
        "service": service,
        "endpoint": f"{WORKSPACE}/onlineEndpoints/{service}",
        "says": "version 7 bakes at 50 %: healthy so far",
        "next": {"what": "50 % -> 100 % waits for an approval", "at": moment(9), "person": False},
        "harm": {"what": "errors", "odds": 1.8, "of": 100.0, "fromProbes": 0.0},
        "pass": {"what": "failures", "odds": 11.2, "of": 20.0, "fromProbes": 0.25},
        "allowed": [{**order, "role": ROLES[order["verb"]]} for order in ORDERS],
        "phase": "BAKING",
        "rollout": rollout_view(),
        "received": [],
        "waiting": None,
        "nextLook": moment(1),
        "savedAt": moment(0),
        "fault": None,
        "alerts": None,
        "history": [
            {
                "rollout": "0199-fraud",
                "sequence": 3,
                "at": moment(-6),
                "kind": "StagePassed",
                "phase": "BAKING",
                "stage": 0,
                "text": "10 % -> 50 %",
                "actor": "ann",
                "data": {},
                "bodies": [],
            }
        ],
        "historyBefore": None,
        "offers": [],
        "offersAfter": None,
        "needsPerson": False,
        **changes,
    }


def held_view(service: str = "churn") -> View:
    """A service that waits for a person."""
    hold = {
        "reason": "gate",
        "by": "the gate",
        "since": moment(-42),
        "expires": moment(1380),
        "text": "both sides fail",
    }
    return service_view(
        service,
        says="version 18 is held at 10 % (gate): both sides fail",
        next={"what": "advance, resume or rollback", "at": moment(1380), "person": True},
        rollout=rollout_view(
            stage=0,
            version="18",
            hold=hold,
            stable="blue-17",
            candidate="green-18",
            traffic=traffic_view(blue_17=90, green_18=10),
        ),
        needsPerson=True,
    )


def faulty_view(service: str = "pricing") -> View:
    """A service whose files cannot be used."""
    says = 'rollout.yaml: keep: "forever" is not a duration'
    return {
        "service": service,
        "endpoint": None,
        "says": says,
        "fault": says,
        "phase": "NONE",
        "next": None,
        "harm": None,
        "pass": None,
        "allowed": [],
        "rollout": None,
        "received": [],
        "waiting": None,
        "nextLook": None,
        "savedAt": None,
        "alerts": None,
        "history": [],
        "historyBefore": None,
        "offers": [],
        "offersAfter": None,
        "needsPerson": False,
    }


def back_view(service: str = "recommendations") -> View:
    """A service that is being rolled back."""
    traffic = {**traffic_view(blue_6=50, green_7=50), "wanted": {"blue-6": 100, "green-7": 0}}
    return service_view(
        service,
        says="version 41 is being rolled back (gate): errors 140:1 against it",
        next={"what": "blue-6 100 % is asked for until it is seen", "at": None, "person": False},
        rollout=rollout_view(phase="ROLLING_BACK", version="41", traffic=traffic),
        allowed=[],
        harm=None,
        **{"pass": None},
    )


def resting_view(service: str = "house-prices") -> View:
    """A service whose rollout has succeeded."""
    return service_view(
        service,
        says="version 3 succeeded: green-7 is stable now",
        rollout=rollout_view(
            phase="SUCCEEDED",
            version="3",
            endedAt=moment(-9),
            traffic=traffic_view(green_7=100),
        ),
        **{"next": None, "allowed": [], "harm": None, "pass": None},
    )


def minutes_view(count: int = 30) -> View:
    """Minutes of both sides, with two stages."""

    def side(requests: int, at: int) -> View:
        more, failed = at * 7 % 11, int(at % 9 == 4)
        latency = {"p50Millis": 20, "p95Millis": 40 + at * 5 % 7}
        return {"requests": requests + more, "failed": failed, **latency}

    split = [(30, 270)] * (count // 2) + [(150, 150)] * (count - count // 2)
    return {
        "rollout": "0199-fraud",
        "value": [
            {
                "minute": moment(at - count),
                "stage": int(at >= count // 2),
                "settled": True,
                "candidate": side(candidate, at),
                "stable": side(stable, at + 3),
                "predictions": None,
                "verdict": "continue",
            }
            for at, (candidate, stable) in enumerate(split)
        ],
        "marks": [
            {"at": moment(-count), "kind": "stage", "text": "10 %", "weight": 10},
            {"at": moment(-count / 2), "kind": "stage", "text": "50 %", "weight": 50},
        ],
        "after": None,
    }


def stubbed_views(*services: View) -> View:
    """Everything that the console asks of an app with these services, and keys."""
    return {
        "health": KEYS_HEALTH,
        "whoami": keys_whoami(),
        "rollouts": {"value": list(services), "after": None},
        **{f"rollouts/{view['service']}": view for view in services},
        **{f"rollouts/{view['service']}/minutes": minutes_view() for view in services},
    }

"""Where random schedules must come: a rule that is never put to the test proves nothing."""

from collections import Counter

from rollout.core.records.phases import FORWARD_PHASES, Phase
from rollout.core.records.rollout import Cause, HoldReason
from tests.support.schedules.playing import ACTS
from tests.support.schedules.rules_of_stops import STOPS

ENOUGH = 1_960
"""So many schedules come to every place."""

SITUATIONS = (
    "a write of ours beside a third deployment",
    "a candidate lost its weight by another hand",
    "... to a third deployment",
    "... and it was taken for a rollback",
    "a newer version waits behind a stop",
    *(f"a stop for {reason} stands" for reason in sorted(STOPS)),
    *(f"the candidate is another in {phase}" for phase in ("VALIDATING", "SHIFTING", "BAKING")),
    "the candidate is another in PROMOTED",
    "a stop expired in the keep",
    "a waiting version was withdrawn",
    *(f"a write of ours while suspended ({which})" for which in ("one", "all")),
    "a write of ours while frozen",
    "a freeze was lifted",
    *(f"the app was down in {phase}" for phase in (*sorted(FORWARD_PHASES), Phase.DISCARDING)),
    "a limit was judged after an outage",
    "a hold expired after an outage",
    "a start was ordered beside a third deployment",
    "a mirror of ours was put back",
    "a way back ended a mirror",
    *(f"Azure refused a {which} for good" for which in ("start", "raise", "way back")),
    "the second clock ticked",
    "an order came again",
    "a second person was asked for",
    "a second person approved a stage",
    "a write of ours beside another's mirror",
    *(
        f"others went on before {call}"
        for call in ("store.commit", "endpoints.get", "endpoints.put", "deployments.list")
    ),
)

PLACES = (
    *(f"phase {phase}" for phase in Phase if phase is not Phase.NONE),
    *(f"hold {reason}" for reason in HoldReason),
    *(f"cause {cause}" for cause in Cause),
    *(f"act {name}" for name in ACTS),
    *(f"situation: {situation}" for situation in SITUATIONS),
)
"""Every phase, reason of hold, cause of an end, act, and what the rules are about."""


def never_reached(places: Counter[str]) -> list[str]:
    """The places where no schedule came."""
    return [place for place in PLACES if not places[place]]


def table(places: Counter[str]) -> str:
    """How often each place was reached, in their order."""
    return "\n".join(f"{places[place]:10,}  {place}" for place in PLACES)

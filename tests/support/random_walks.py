"""Random walks of one endpoint: what is seen and what arrives, drawn by Hypothesis."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from rollout.core.decide import Context, decide
from rollout.core.machine.decision import Decision
from rollout.core.machine.wanted import stamp, wanted_split
from rollout.core.records.history import HistoryEntry
from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    EndpointSeen,
    MetricsSeen,
    Minute,
    ModelId,
    Observation,
    ProvisioningState,
    Unreachable,
    Validation,
)
from rollout.core.records.offers import OfferRecord, OfferSource
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current
from rollout.core.records.signals import (
    AlertFired,
    Command,
    CreationRefused,
    Offered,
    Signal,
    TrafficTaken,
    Verb,
    Wake,
)
from rollout.errors import RefusedError
from tests.support.builders import (
    BLUE,
    MODEL,
    NOW,
    a_current,
    a_deployment,
    a_model,
    a_rollout,
    a_service,
    an_offer,
    deployments,
    side,
)

MINUTE = timedelta(minutes=1)


RED = "red"


GOING_BACK = {Phase.ROLLING_BACK, Phase.DISCARDING}


MOVES = settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# Without a repr: Hypothesis would print every record of a long walk.
@dataclass(repr=False)
class Walk:
    """One endpoint under random signals; `trail` holds each decision with what came before it."""

    current: Current
    now: datetime = NOW
    trail: list[tuple[Current, Signal, Observation, Context, Decision]] = field(
        default_factory=list
    )
    refusals: int = 0

    def take(self, signal: Signal, there: Observation, context: Context) -> None:
        before = self.current
        try:
            decision = decide(before, signal, there, context)
        except RefusedError:
            self.refusals += 1
            return
        self.trail.append((before, signal, there, context, decision))
        self.current = decision.current


WAITS = st.sampled_from([0.1, 1, 1, 3, 3, 11, 11, 16, 25, 70, 1441])


STATES = st.sampled_from(list(ProvisioningState))


UNSEEN: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"endpoint": Absent(), "deployments": {}},
        {"endpoint": Unreachable("arm"), "deployments": Unreachable("arm")},
    ]
)


ANSWERS: st.SearchStrategy[Validation | Unreachable] = st.one_of(
    st.just(Validation()), st.just(Validation(("bad",))), st.just(Unreachable("arm"))
)


MODELS = {(MODEL, version): a_model(version, 20 - int(version)) for version in "6789"}


STARTS = [
    a_current(waiting=an_offer("7")),
    *(
        a_current(a_rollout(phase, stage=stage, write=stage + 1))
        for phase, stage in [
            (Phase.VALIDATING, 0),
            (Phase.SHIFTING, 0),
            (Phase.BAKING, 0),
            (Phase.BAKING, 1),
            (Phase.BAKING, 2),
            (Phase.PROMOTED, 2),
            (Phase.RETIRING, 2),
        ]
    ),
    a_current(a_rollout(Phase.SHIFTING, stable=None)),
]


def orderly(walk: Walk) -> Observation:
    """A world that is as the row wants it and in which everything goes well."""
    rollout = walk.current.rollout
    split, mark, those = {BLUE: 100}, None, [a_deployment(BLUE)]
    if rollout is not None:
        model = ModelId(rollout.release.model, rollout.release.version)
        green = a_deployment(rollout.candidate, rollout_tag=rollout.id, model=model)
        those = [*([a_deployment(rollout.stable)] if rollout.stable else []), green]
        split, mark = wanted_split(rollout), stamp(rollout)
    healthy = tuple(Minute(walk.now - n * MINUTE, side(900), side(200)) for n in range(8, 1, -1))
    return Observation(
        endpoint=EndpointSeen(ProvisioningState.SUCCEEDED, split, {}, mark),
        deployments=deployments(*those),
        validation=Validation(),
        metrics=MetricsSeen(healthy),
        service=a_service(),
        models=MODELS,
    )


@st.composite
def other_hands(
    draw: st.DrawFn, there: Observation, endpoint: EndpointSeen, candidate: str
) -> Observation:
    """Somebody gave a third deployment weight, or replaced deployments in place."""
    if draw(st.integers(0, 2)):
        red, own = draw(st.sampled_from([10, 60, 100])), draw(st.sampled_from([0, 10, 40]))
        own = min(own, 100 - red)
        shares = {RED: red, candidate: own, BLUE: 100 - red - own}
        split = {name: share for name, share in shares.items() if share}
        return replace(there, endpoint=replace(endpoint, traffic=split, stamp="who"))
    replaced = {
        name: replace(one, spec="replaced") if draw(st.booleans()) else one
        for name, one in deployments_of(there).items()
    }
    return replace(there, deployments=replaced)


@st.composite
def worlds(draw: st.DrawFn, walk: Walk) -> Observation:
    """Orderly as a rule; else one part of it is not."""
    there = orderly(walk)
    endpoint = there.endpoint
    assert isinstance(endpoint, EndpointSeen)
    rollout = walk.current.rollout
    candidate = rollout.candidate if rollout is not None else "green-7"
    match draw(st.integers(0, 19)):
        case 0 | 1:
            return replace(there, **draw(UNSEEN))
        case 2:
            return replace(there, endpoint=replace(endpoint, state=draw(STATES)))
        case 3 | 4:
            weight = draw(st.sampled_from([0, 10, 50, 100]))
            split = {name: w for name, w in ((BLUE, 100 - weight), (candidate, weight)) if w}
            mark = draw(st.sampled_from([None, "who", f"{walk.current.rollout_id}/1"]))
            return replace(there, endpoint=replace(endpoint, traffic=split, stamp=mark))
        case 5 | 6:
            broken = draw(st.sampled_from([BLUE, candidate]))
            made = {**deployments(BLUE, candidate), **deployments_of(there)}
            return replace(
                there, deployments={**made, broken: replace(made[broken], state=draw(STATES))}
            )
        case 7:
            return replace(there, deployments=deployments(BLUE), validation=draw(ANSWERS))
        case 8:
            shown = there.metrics.minutes if there.metrics else ()
            bad = tuple(replace(each, candidate=side(200, 99)) for each in shown)
            return replace(there, metrics=MetricsSeen(bad))
        case 9:
            down = draw(st.sampled_from([MetricsSeen(), MetricsSeen(unreachable="429")]))
            return replace(there, metrics=down, validation=draw(ANSWERS))
        case 10:
            return replace(there, service=a_service(digest="changed"))
        case 11 | 12 | 13:
            return draw(other_hands(there, endpoint, candidate))
        case _:
            return there


def deployments_of(there: Observation) -> Mapping[str, DeploymentSeen]:
    return there.deployments if isinstance(there.deployments, Mapping) else {}


@st.composite
def signals(draw: st.DrawFn, walk: Walk) -> Signal:
    kind = draw(st.integers(0, 29))
    rollout = walk.current.rollout
    if kind < 14 or kind >= 20 or rollout is None:
        return Wake()
    if kind == 14:
        whom = draw(st.sampled_from([rollout.candidate, BLUE, None]))
        return AlertFired("id", "rule", whom, draw(st.sampled_from([None, walk.now])), "5xx")
    if kind == 15:
        return TrafficTaken(stamp(rollout))
    if kind == 16:
        return CreationRefused("no quota") if draw(st.booleans()) else Wake()
    if kind == 17:
        return Offered("fraud", MODEL, draw(st.sampled_from("6789")), OfferSource.EVENT)
    if draw(st.integers(0, 9)) == 0:
        return Command(Verb.ROLLBACK, "ann", "because", take_from=(RED,))
    return Command(
        draw(st.sampled_from([Verb.ADVANCE, Verb.PAUSE, Verb.RESUME, Verb.ROLLBACK])),
        "ann",
        "because",
        skip_evidence=draw(st.booleans()),
    )


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    walk = Walk(draw(st.sampled_from(STARTS)))
    records: dict[tuple[str, str], OfferRecord | None] = {}
    for number in range(draw(st.integers(5, 40))):
        walk.now += draw(WAITS) * MINUTE
        context = Context(
            walk.now,
            suspended=draw(st.integers(0, 14)) == 0,
            first_look=draw(st.integers(0, 3)) > 0,
            fresh_id=f"{number:04d}",
        )
        there = replace(draw(worlds(walk)), offer_records=dict(records))
        walk.take(draw(signals(walk)), there, context)
        if walk.trail:
            records |= {(r.offer.model, r.offer.version): r for r in walk.trail[-1][4].offers}
    return walk


def histories(walk: Walk) -> dict[str, list[HistoryEntry]]:
    found: dict[str, list[HistoryEntry]] = {}
    for *_, decision in walk.trail:
        for entry in decision.history:
            found.setdefault(entry.rollout, []).append(entry)
    return found

"""The shapes of what `rollout.inbound.views` answers about one service."""

from rollout.core.policy.model import Approval
from rollout.core.records.history import MAX_SEQUENCE
from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from rollout.core.records.offers import OfferSource, OfferState
from rollout.core.records.outlook import EvidenceFrom
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from rollout.inbound.api.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    PERCENT,
    SECONDS,
    TEXT,
    WHOLE,
    Schema,
    but_for,
    component,
    joined,
    many,
    maybe,
    named,
    said,
    shape,
    words,
)
from rollout.inbound.roles import Role

_WEIGHTS = named(PERCENT, "Deployment to percent.")
_SEQUENCE: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_SEQUENCE}

NEAR = shape(
    "How near one end is: it comes at `odds` = `of`.",
    what=said(TEXT, "The check."),
    odds=said(NUMBER, "Odds to 1, now."),
    of=said(NUMBER, "Odds to 1 that are needed."),
    fromProbes=said(NUMBER, "The part of the evidence that came from probes, 0 to 1."),
)

ALLOWED = shape(
    "An order that would be carried out now.",
    verb=words(Verb),
    means=said(TEXT, "What it would do."),
    needs=many(TEXT, "What its body must have beside a reason."),
    role=said(words(Role), "The app role that it needs where sign-in is on."),
)

SUSPENSION = shape(
    "An order under which nothing is raised or started.",
    service=maybe(TEXT, "null: all services."),
    by=TEXT,
    reason=TEXT,
    since=MOMENT,
    until=maybe(MOMENT, "When it ends by itself; null: by an order."),
)

OFFER = shape(
    "A model version that was offered.",
    model=TEXT,
    version=TEXT,
    source=words(OfferSource),
    offeredAt=MOMENT,
    by=maybe(TEXT, "The operator; null: an event."),
    reason=maybe(TEXT),
    createdAt=maybe(MOMENT, "When the version was registered; null: not known yet."),
)

OFFER_RECORD = joined(
    "What became of an offered version.",
    OFFER,
    state=words(OfferState),
    decidedAt=MOMENT,
    text=said(TEXT, "Why, in a sentence."),
    rollout=maybe(TEXT, "The id of the rollout that it became."),
    quarantined=said(FLAG, "Its release failed: it starts again only by `retry`."),
)

HOLD = shape(
    "Why nothing moves forward.",
    reason=words(HoldReason),
    by=TEXT,
    since=MOMENT,
    expires=maybe(MOMENT, "When it ends in a rollback."),
    text=TEXT,
)

STAGE = shape(
    "A stage of the rollout's policy.",
    weight=PERCENT,
    mirror=said(PERCENT, "Percent of the requests that the candidate gets too; 0: none."),
    bakeSeconds=SECONDS,
    approval={
        "enum": [option.value for option in Approval],
        "description": "Whether it waits for `advance`; second-person: not the starter's.",
    },
    evidenceFrom=maybe(words(EvidenceFrom), "Where the start foresaw its evidence."),
)

TRAFFIC = shape(
    "The split that is wanted, and the one that was last seen.",
    wanted=_WEIGHTS,
    seen=maybe(_WEIGHTS, "null: not seen yet."),
    mirrorWanted=_WEIGHTS,
    mirrorSeen=maybe(_WEIGHTS),
    seenAt=maybe(MOMENT),
    seenAgeSeconds=maybe(SECONDS),
    endpointState=maybe(TEXT, "As Azure has it."),
)

_SIDES = shape(
    "Requests and failures of both sides in this stage.",
    candidate=NUMBER,
    candidateFailed=NUMBER,
    stable=NUMBER,
    stableFailed=NUMBER,
)

EVIDENCE = shape(
    "What the stage has shown so far.",
    validation=maybe(TEXT, "What the sample requests showed."),
    verdict=maybe(TEXT, "The gate's verdict."),
    text=maybe(TEXT, "The evidence in a sentence."),
    windowStart=maybe(MOMENT),
    judgedAt=maybe(MOMENT),
    unreadableMetrics=said(COUNT, "Looks in a row that could not read the metrics."),
    live=maybe(_SIDES, "null: nothing bakes."),
    fromProbes=maybe(NUMBER, "The part of the evidence that came from probes, 0 to 1."),
)

PROBES = shape(
    "What the app itself sends to both sides.",
    pairs=NUMBER,
    candidateFailed=NUMBER,
    stableFailed=NUMBER,
    sent=NUMBER,
    of=said(COUNT, "The most pairs of a rollout."),
    rate=said(NUMBER, "Pairs a minute."),
    inMetrics=said(FLAG, "Whether the metrics count them, as far as was seen."),
)

PREDICTIONS = shape(
    "What both sides predicted, as far as it was compared (docs/predictions.md).",
    difference=said(TEXT, "What the policy does about answers that differ."),
    accepted=many(TEXT, "Checks whose findings an operator accepted."),
    paired=maybe(ANYTHING, "Of answers to probes."),
    labels=maybe(ANYTHING, "Of answers to labelled inputs."),
    live=maybe(ANYTHING, "Of what clients were answered."),
    collected=maybe(
        shape(
            "What of collected answers could not be read or judged.",
            silent=maybe(TEXT),
            unequal=maybe(TEXT),
            more=FLAG,
            leftOut=COUNT,
        ),
        "null: live answers are not judged.",
    ),
)

TIME = shape(
    "Where the time went.",
    phaseMachineSeconds=SECONDS,
    machineSeconds=SECONDS,
    humanSeconds=said(SECONDS, "Seconds that it was halted."),
    unwatchedSeconds=said(SECONDS, "Seconds that the app was down, outside halts; no limit ran."),
    deadlineSeconds=SECONDS,
    maxBakeSeconds=SECONDS,
)

ROLLOUT = shape(
    "The latest rollout.",
    id=TEXT,
    model=TEXT,
    version=TEXT,
    candidate=said(TEXT, "The deployment on trial."),
    stable=maybe(TEXT, "The deployment that served before; null: none."),
    phase=words(Phase),
    stage=said(COUNT, "Counted from 0."),
    stages=many(STAGE),
    startedAt=MOMENT,
    phaseSince=MOMENT,
    endedAt=maybe(MOMENT),
    startedBy=words(OfferSource),
    starter=maybe(TEXT, "Who; null: an event."),
    traffic=TRAFFIC,
    takeFrom=many(TEXT, "Third deployments whose traffic a rollback takes."),
    hold=maybe(HOLD),
    suspended=FLAG,
    cause=maybe(words(Cause), "Why it went back or ended."),
    causeText=TEXT,
    evidence=EVIDENCE,
    probes=maybe(PROBES, "null: none are sent."),
    golden=maybe(ANYTHING, "What the golden set showed (docs/predictions.md)."),
    contract=maybe(ANYTHING, "What the contract was learnt from, and where it is broken."),
    flavors=many(TEXT, "How the two models were packaged otherwise."),
    predictions=maybe(PREDICTIONS, "null: none are judged."),
    time=TIME,
)

SUMMARY = shape(
    "One service without its history and offers.",
    service=TEXT,
    endpoint=maybe(TEXT, "The endpoint's ARM id; null: the service's files do not say."),
    says=said(TEXT, "Where it is and why, in one sentence."),
    next=maybe(
        shape(
            "What comes next.",
            what=TEXT,
            at=maybe(MOMENT, "The earliest moment; of a hold, when it ends by itself."),
            person=said(FLAG, "Somebody must decide."),
        ),
        "null: nothing does.",
    ),
    needsPerson=said(FLAG, "Nothing goes on before somebody decides or repairs."),
    harm=maybe(component("Near"), "How near a rollback is; null: nothing bakes."),
    # `pass` is a word of Python's.
    **{"pass": maybe(component("Near"), "How near the stage's end is; null: nothing bakes.")},
    suspension=maybe(component("Suspension"), "What suspends the service; null: nothing does."),
    frozen=maybe(
        shape("A freeze of the policy.", until=maybe(MOMENT), text=TEXT),
        "The freeze that stops the rollout, or a start; null: none does.",
    ),
    allowed=many(component("Allowed")),
    phase=words(Phase),
    rollout=maybe(component("Rollout"), "null: there never was one."),
    received=many(component("Offer"), "Offers that are not decided yet."),
    waiting=maybe(component("Offer"), "The offer that starts next."),
    nextLook=maybe(MOMENT),
    savedAt=maybe(MOMENT),
    fault=maybe(TEXT, "Why it cannot be shown, or its files not be used."),
    alerts=maybe(
        shape(
            "Alerts of the latest rollout.",
            rows=said(COUNT, "Those in the history."),
            unwritten=said(COUNT, "Others, at least."),
        )
    ),
    updatedAt=said(MOMENT, "When this was made; ages are told from there."),
)

ENTRY = shape(
    "One fact of a rollout's history.",
    rollout=TEXT,
    sequence=_SEQUENCE,
    at=MOMENT,
    kind=words(LIFECYCLE_EVENTS),
    phase=words(Phase),
    stage=COUNT,
    text=TEXT,
    actor=maybe(TEXT, "Who ordered it; `claimed: ` where nobody proved it."),
    data=said(ANYTHING, "Its details (docs/lifecycle-events.md)."),
    bodies=many(TEXT, "What is left out here: GET rollouts/{service}/bodies/{sequence}."),
)

SERVICE = joined(
    "Everything about one service.",
    SUMMARY,
    history=many(component("Entry"), "The latest rollout's, oldest first."),
    historyBefore=maybe(WHOLE, "`before` of the next page; null: this is the first."),
    offers=many(component("OfferRecord")),
    offersAfter=maybe(TEXT, "`after` of the next page; null: this is the last."),
)

ORDERED = joined(
    "The service after an order, and the order itself.",
    SERVICE,
    order=but_for(
        shape(
            "What the order did.",
            verb=words(("start", *Verb)),
            text=said(TEXT, "In a sentence."),
            outcome=said(
                words(("received", "known")),
                "Of a start only; known: this version waits already, and nothing changed.",
            ),
            rollout=said(TEXT, "The rollout's id; empty: there is none yet."),
            phase=words(Phase),
            stage=COUNT,
            repeated=said(
                FLAG,
                "This Idempotency-Key came before: nothing was done again, and this is what "
                "was answered then.",
            ),
        ),
        "outcome",
    ),
)

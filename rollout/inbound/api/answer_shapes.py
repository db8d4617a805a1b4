"""The shapes of the API's other answers: pages, orders, the app itself, and problems."""

from collections.abc import Mapping

from rollout.core.records.outlook import EvidenceFrom
from rollout.core.records.signals import Verb
from rollout.inbound.api.page_shapes import HISTORY_PAGE, MINUTES_PAGE, OFFERS_PAGE
from rollout.inbound.api.service_shapes import (
    ALLOWED,
    ENTRY,
    NEAR,
    OFFER,
    OFFER_RECORD,
    ORDERED,
    ROLLOUT,
    SERVICE,
    SUMMARY,
    SUSPENSION,
)
from rollout.inbound.api.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    PERCENT,
    TEXT,
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

ROLLOUTS = shape(
    "A page of services, by name.",
    value=many(component("Summary")),
    after=maybe(TEXT, "`after` of the next page; null: this is the last."),
)

SUSPENSIONS = shape(
    "What is suspended: all services, and each that is by an order of its own.",
    value=many(component("Suspension")),
)

ORDERED_FOR_ALL = shape(
    "What an order about all services left behind, and the order itself.",
    suspended=maybe(component("Suspension"), "null: all are not suspended."),
    order=shape(
        "What the order did.",
        verb=words(("suspend", "unsuspend")),
        text=said(TEXT, "In a sentence."),
        repeated=said(FLAG, "Its Idempotency-Key came before: nothing was done again."),
    ),
)

BODIES = shape(
    "What views hold back of a history entry: a container's log, a deployment's definition.",
    rollout=TEXT,
    sequence=COUNT,
    data=ANYTHING,
)

_POLICY = shape(
    "A policy as a file would state it, defaults included.",
    digest=said(TEXT, "The same for the same policy."),
    text=said(TEXT, "YAML."),
)

POLICIES = shape(
    "The policy that the latest rollout is frozen with, and the one that is published.",
    frozen=maybe(
        joined("", _POLICY, rollout=said(TEXT, "The rollout's id.")), "null: there was no rollout."
    ),
    published={
        "anyOf": [
            joined("", _POLICY, bundle=said(TEXT, "The digest of the bundle it was read from.")),
            shape("It cannot be used.", faults=many(component("Fault"))),
            {"type": "null"},
        ],
        "description": "null: the bundle has none.",
    },
    differences=many(
        shape(
            "A field in which the two differ; `null` where a side has no such field.",
            path=said(TEXT, "Such as `stages[0].weight`."),
            frozen={},
            published={},
        )
    ),
)

_MINUTES = said(maybe(NUMBER), "Minutes; null: never.")
_NEEDED = maybe(
    shape(
        "What one question of predictions takes.",
        has=said(NUMBER, "What there will be by the end of the stage."),
        toPass=maybe(NUMBER, "What a good candidate needs."),
        finds=maybe(NUMBER, "The smallest difference that will be seen as likely as not."),
    ),
    "null: it is not asked.",
)

PLANNED_STAGE = but_for(
    shape(
        "A stage's forecast for a good candidate, and what it would find in a bad one.",
        stage=said(COUNT, "Counted from 0."),
        weight=PERCENT,
        mirror=said(PERCENT, "Only of a stage that mirrors."),
        requestsPerMinute=said(NUMBER, "That reach the candidate."),
        minutes=named(_MINUTES, "What it waits for, and how long."),
        chance=said(NUMBER, "That a good candidate passes, 0 to 1."),
        evidenceFrom=words(EvidenceFrom),
        probed=FLAG,
        lastsMinutes=said(_MINUTES, "The whole stage; null: it never passes."),
        findsFailuresFrom=maybe(NUMBER, "The least share of failures that is seen."),
        findsSlowdownFrom=maybe(NUMBER, "The least factor on latency that is seen."),
        predictions=shape(
            "Only where predictions are judged.",
            pairs=_NEEDED,
            labelledRows=_NEEDED,
            outputs=_NEEDED,
            bodies=_NEEDED,
        ),
    ),
    "mirror",
    "predictions",
)

PLAN = shape(
    "How a rollout that started now would go, as `rollout plan` says it.",
    service=TEXT,
    says=TEXT,
    requestsPerMinute=maybe(NUMBER, "Stable's; null: nothing is foreseen."),
    historyHours=maybe(NUMBER, "How much of stable's traffic is known."),
    stableShare=maybe(NUMBER, "Stable's share of failures, 0 to 1."),
    satisfiable=maybe(FLAG, "Whether a good candidate is likely to pass every stage."),
    maxBakeMinutes=maybe(NUMBER, "`gate.max_bake`, or what the start would choose."),
    probes=maybe(
        shape("What probes alone prove.", inputs=COUNT, minutes=_MINUTES), "null: none are sent."
    ),
    golden=maybe(
        shape(
            "What the golden set can show.",
            rows=COUNT,
            minutes=NUMBER,
            knownTo=maybe(many(NUMBER), "Where a share of 90 % would lie, 95 % interval."),
        ),
        "null: there is none.",
    ),
    stages=many(component("PlannedStage")),
    warnings=many(TEXT),
    sentences=many(TEXT),
    knownAt=maybe(MOMENT, "As of when stable's traffic is known."),
    knownFrom=maybe(
        words(("metrics", "rollout")), "Read now, or learnt as the last rollout began."
    ),
)

READINESS = shape(
    "Whether rollouts may be relied on now.",
    ready=FLAG,
    says=TEXT,
    rows=many(
        shape(
            "One thing that they depend on.",
            name=TEXT,
            state=words(("ok", "warn", "bad", "unknown")),
            text=TEXT,
        )
    ),
    unverified=many(
        shape("What nobody has verified on Azure.", area=TEXT, text=TEXT, ifWrong=TEXT)
    ),
)

ALERTED = shape(
    "What the alert led to.",
    outcome=words(("rolling back", "held", "recorded", "ignored")),
    reason=TEXT,
)

WHOAMI = shape(
    "Who is calling, and what they may order.",
    actor=said(TEXT, "`claimed: ` where nobody proved it."),
    proven=FLAG,
    app=maybe(FLAG, "A pipeline or another app, no person; null: not proven."),
    signIn=said(FLAG, "Whether sign-in is on; else a key may do everything."),
    roles=many(words(Role)),
    may=many(words(("start", *Verb))),
)

HEALTH = shape(
    "Whether the app is ready.",
    ready=FLAG,
    tickAgeSeconds=maybe(COUNT, "Since the timer last ran; null: it never did."),
    text=TEXT,
    signIn=said(FLAG, "Whether callers sign in; else they need a key."),
)

FAULT = shape("A fault of a service's files.", place=TEXT, text=TEXT)

PROBLEM = but_for(
    shape(
        "Why not, and what to do (RFC 9457).",
        type={"type": "string", "const": "about:blank"},
        title=TEXT,
        status={"type": "integer", "minimum": 400, "maximum": 599},
        detail=said(TEXT, "A sentence for people."),
        faults=many(
            component("Fault"),
            "Of status 422: what is wrong with the service's files.",
        ),
    ),
    "faults",
)

ALERT: Schema = {
    "type": "object",
    "description": "An alert of Azure Monitor in the common alert schema. Case does not matter.",
    "properties": {
        "schemaId": {"const": "azureMonitorCommonAlertSchema"},
        "data": {
            "type": "object",
            "properties": {
                "essentials": {
                    "type": "object",
                    "properties": {
                        "alertId": {},
                        "alertRule": {},
                        "alertTargetIDs": {"description": "ARM ids: one online endpoint."},
                        "monitorCondition": words(("Fired", "Resolved")),
                    },
                    "required": ["monitorCondition"],
                },
                "alertContext": {},
            },
            "required": ["essentials"],
        },
    },
    "required": ["schemaId", "data"],
}

DESCRIPTION = said(ANYTHING, "This document: OpenAPI 3.1.")

COMPONENTS: Mapping[str, Schema] = {
    "Alert": ALERT,
    "Alerted": ALERTED,
    "Allowed": ALLOWED,
    "Bodies": BODIES,
    "Description": DESCRIPTION,
    "Entry": ENTRY,
    "Fault": FAULT,
    "HistoryPage": HISTORY_PAGE,
    "MinutesPage": MINUTES_PAGE,
    "OffersPage": OFFERS_PAGE,
    "Health": HEALTH,
    "Near": NEAR,
    "Offer": OFFER,
    "OfferRecord": OFFER_RECORD,
    "Ordered": ORDERED,
    "OrderedForAll": ORDERED_FOR_ALL,
    "Plan": PLAN,
    "PlannedStage": PLANNED_STAGE,
    "Policies": POLICIES,
    "Problem": PROBLEM,
    "Readiness": READINESS,
    "Rollout": ROLLOUT,
    "Rollouts": ROLLOUTS,
    "Service": SERVICE,
    "Summary": SUMMARY,
    "Suspension": SUSPENSION,
    "Suspensions": SUSPENSIONS,
    "Whoami": WHOAMI,
}
"""Every shape that has a name, under it."""

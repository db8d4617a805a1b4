"""The shapes of the API's other answers: pages, orders, the app itself, and problems."""

from collections.abc import Mapping

from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.inbound.api.service_shapes import (
    ALLOWED,
    ENTRY,
    NEAR,
    OFFER,
    OFFER_RECORD,
    ROLLOUT,
    SERVICE,
    SUMMARY,
)
from rollout.inbound.api.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    TEXT,
    Schema,
    but_for,
    component,
    many,
    maybe,
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

BODIES = shape(
    "What views hold back of a history entry: a container's log, a deployment's definition.",
    rollout=TEXT,
    sequence=COUNT,
    data=ANYTHING,
)

STARTED = shape(
    "What became of the offer.",
    service=TEXT,
    outcome=said(TEXT, "`received`, or `known` where nothing changed."),
    text=TEXT,
)

COMMANDED = shape(
    "What the order did.",
    service=TEXT,
    rollout=said(TEXT, "The rollout's id."),
    phase=words(Phase),
    stage=COUNT,
    text=TEXT,
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
)

PROBLEM = but_for(
    shape(
        "Why not, and what to do (RFC 9457).",
        type={"type": "string", "const": "about:blank"},
        title=TEXT,
        status={"type": "integer", "minimum": 400, "maximum": 599},
        detail=said(TEXT, "A sentence for people."),
        faults=many(
            shape("A fault of a service's files.", place=TEXT, text=TEXT),
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
    "Commanded": COMMANDED,
    "Description": DESCRIPTION,
    "Entry": ENTRY,
    "Health": HEALTH,
    "Near": NEAR,
    "Offer": OFFER,
    "OfferRecord": OFFER_RECORD,
    "Problem": PROBLEM,
    "Rollout": ROLLOUT,
    "Rollouts": ROLLOUTS,
    "Service": SERVICE,
    "Started": STARTED,
    "Summary": SUMMARY,
    "Whoami": WHOAMI,
}
"""Every shape that has a name, under it."""

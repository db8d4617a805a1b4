"""The shapes of pages: of a rollout's history and minutes, and of what was offered."""

from rollout.core.records.lifecycle_events import LIFECYCLE_EVENTS
from rollout.core.records.phases import Phase
from rollout.inbound.api.shapes import (
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    component,
    many,
    maybe,
    said,
    shape,
    words,
)

_ROLLOUT_ID = said(TEXT, "The rollout's id; 0: the endpoint never had one.")
_MILLIS = maybe(NUMBER, "In milliseconds; null: not known.")

_SIDE = shape(
    "One side's requests in a minute.",
    requests=NUMBER,
    failed=NUMBER,
    rejected=said(NUMBER, "Those that were the client's fault."),
    p50Millis=_MILLIS,
    p90Millis=_MILLIS,
    p95Millis=_MILLIS,
    p99Millis=_MILLIS,
)
_PROBED = shape("One side's probes in a minute.", requests=NUMBER, failed=NUMBER)
_ANSWERED = shape("One side's collected answers.", answers=NUMBER, failed=NUMBER)

HISTORY_PAGE = shape(
    "A page of a rollout's history.",
    rollout=_ROLLOUT_ID,
    value=many(component("Entry"), "Oldest first."),
    before=maybe(WHOLE, "`before` of the page before; null: this is the first."),
)

MINUTES_PAGE = shape(
    "A page of what both sides did, by the minute.",
    rollout=_ROLLOUT_ID,
    value=many(
        shape(
            "One minute.",
            minute=MOMENT,
            stage=COUNT,
            weight=maybe(NUMBER, "The weight that the stage asks for, in percent."),
            settled=said(FLAG, "False: it was not complete yet, and comes again."),
            candidate=maybe(_SIDE, "null: not known."),
            stable=maybe(_SIDE, "null: not known."),
            probes=maybe(
                shape("What the app itself sent.", candidate=_PROBED, stable=_PROBED),
                "null: it sent nothing.",
            ),
            predictions=maybe(
                shape(
                    "Collected answers that were read in this minute.",
                    candidate=_ANSWERED,
                    stable=_ANSWERED,
                ),
                "null: none were.",
            ),
            verdict=maybe(TEXT, "The gate's, where it was given after this minute."),
            text=maybe(TEXT, "The verdict in a sentence."),
        ),
        "Oldest first.",
    ),
    marks=many(
        shape(
            "A step of the rollout.",
            at=MOMENT,
            kind=words(LIFECYCLE_EVENTS),
            phase=words(Phase),
            stage=COUNT,
            text=TEXT,
            weight=maybe(NUMBER, "The candidate's, where one was asked for; in percent."),
        ),
        "What was decided in the page's time.",
    ),
    after=maybe(MOMENT, "`after` of the next page; null: these are the last so far."),
)

OFFERS_PAGE = shape(
    "A page of offered versions, by key.",
    value=many(component("OfferRecord")),
    after=maybe(TEXT, "`after` of the next page; null: this is the last."),
)

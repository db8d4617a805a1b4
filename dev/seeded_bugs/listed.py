"""All seeded bugs, as `make seeded-bugs` runs them."""

from dev.seeded_bugs import (
    at_the_edges,
    in_decisions,
    in_examinations,
    in_judgements_of_predictions,
    in_offers_and_records,
    in_orders,
    in_pipelines,
    in_predictions,
    in_stops,
    in_the_gate,
    in_the_service,
    in_traffic,
)

BUGS = (
    *in_traffic.BUGS,
    *in_decisions.BUGS,
    *in_the_gate.BUGS,
    *in_judgements_of_predictions.BUGS,
    *in_offers_and_records.BUGS,
    *in_orders.BUGS,
    *in_predictions.BUGS,
    *in_examinations.BUGS,
    *in_the_service.BUGS,
    *in_stops.BUGS,
    *in_pipelines.BUGS,
    *at_the_edges.BUGS,
)

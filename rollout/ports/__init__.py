"""What the service needs from outside, as Protocols and the frozen records they exchange.

The service calls them, adapters implement them, wiring joins the two. They import the core and
nothing else. Whatever goes wrong behind one arrives as an error of `rollout.errors`.
"""

from rollout.ports.azure_ml import Creator, Endpoints, Models, NewDeployment, Scoring
from rollout.ports.bundle import Catalogue, FaultyService, Services
from rollout.ports.examining import ExamOrder, ExamRow, ExamRows
from rollout.ports.messages import (
    Annotations,
    Channel,
    ClaimId,
    Deliveries,
    Delivery,
    Settled,
    Waiting,
)
from rollout.ports.metrics import Metrics, MetricsQuestion
from rollout.ports.predictions import Predictions, PredictionsQuestion
from rollout.ports.probing import ProbeInput, ProbeInputs, ProbeOrder, Probing, WarmUpOrder
from rollout.ports.reporting import Ids, Lifecycle, Log, Stopwatch
from rollout.ports.storage import (
    DUE_AT_ONCE,
    FURTHEST_DUE,
    UNREADABLE,
    Clocks,
    Commit,
    EventQueue,
    LiveRow,
    NotPut,
    RolloutStore,
    Stored,
    SummaryRow,
    Version,
    WakeGroup,
    WorkQueue,
)
from rollout.ports.summaries import Summarizer
from rollout.ports.turns import Asked, Turn, Turns

__all__ = [
    "DUE_AT_ONCE",
    "FURTHEST_DUE",
    "UNREADABLE",
    "Annotations",
    "Asked",
    "Catalogue",
    "Channel",
    "ClaimId",
    "Clocks",
    "Commit",
    "Creator",
    "Deliveries",
    "Delivery",
    "Endpoints",
    "EventQueue",
    "ExamOrder",
    "ExamRow",
    "ExamRows",
    "FaultyService",
    "Ids",
    "Lifecycle",
    "LiveRow",
    "Log",
    "Metrics",
    "MetricsQuestion",
    "Models",
    "NewDeployment",
    "NotPut",
    "Predictions",
    "PredictionsQuestion",
    "ProbeInput",
    "ProbeInputs",
    "ProbeOrder",
    "Probing",
    "RolloutStore",
    "Scoring",
    "Services",
    "Settled",
    "Stopwatch",
    "Stored",
    "Summarizer",
    "SummaryRow",
    "Turn",
    "Turns",
    "Version",
    "Waiting",
    "WakeGroup",
    "WarmUpOrder",
    "WorkQueue",
]

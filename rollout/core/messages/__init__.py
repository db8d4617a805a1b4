"""What people are sent: a lifecycle event becomes a message, and routes say who gets it."""

from rollout.core.messages.annotating import Annotation, annotation_of
from rollout.core.messages.composing import message_of
from rollout.core.messages.message import (
    Happened,
    Link,
    Message,
    MessageKind,
    Order,
    Severity,
)
from rollout.core.messages.routing import Routed, routed

__all__ = [
    "Annotation",
    "Happened",
    "Link",
    "Message",
    "MessageKind",
    "Order",
    "Routed",
    "Severity",
    "annotation_of",
    "message_of",
    "routed",
]

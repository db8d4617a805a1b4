"""A lifecycle event -> the message about it, or none: most events are of no use to people at once.

Three types of event make messages: both severities, because the tables behind them already decide
what is told and say each thing once; and the start of a rollout, for those who ask for it.
"""

from collections.abc import Iterator, Mapping

from rollout.core.messages.message import (
    Happened,
    Link,
    Message,
    MessageKind,
    Order,
    Severity,
)
from rollout.core.records.phases import PHASES, Phase
from rollout.core.records.rollout import HoldReason

ATTENTION, NOTICE, STARTED = "AttentionNeeded", "Notice", "RolloutStarted"
TOLD_KINDS = (ATTENTION, NOTICE, STARTED)
"""The types of event that make messages, without their prefix; the event subscription filters by
them."""

_HOLDS = frozenset(reason.value for reason in HoldReason)
_OF_PHASE: Mapping[Phase, MessageKind] = {
    Phase.ROLLING_BACK: MessageKind.ROLLED_BACK,
    Phase.ROLLED_BACK: MessageKind.CLEARED,
    Phase.FAILED: MessageKind.FAILED,
    Phase.PROMOTED: MessageKind.PROMOTED,
    Phase.SUCCEEDED: MessageKind.SUCCEEDED,
    Phase.SUPERSEDED: MessageKind.SUPERSEDED,
}
_TITLES: Mapping[MessageKind, str] = {
    MessageKind.HELD: "is held",
    MessageKind.ROLLED_BACK: "is being rolled back",
    MessageKind.CLEARED: "was rolled back and its deployment is gone",
    MessageKind.FAILED: "failed before it had traffic",
    MessageKind.PROMOTED: "is promoted and has all traffic",
    MessageKind.SUCCEEDED: "succeeded",
    MessageKind.SUPERSEDED: "was superseded",
    MessageKind.STARTED: "begins its rollout",
    MessageKind.TROUBLE: "needs somebody",
    MessageKind.NEWS: "has news",
}
_WITH_CAUSE = frozenset(
    {MessageKind.HELD, MessageKind.ROLLED_BACK, MessageKind.FAILED, MessageKind.SUPERSEDED}
)
_MAY_GO_BACK = frozenset(
    {MessageKind.HELD, MessageKind.PROMOTED, MessageKind.TROUBLE, MessageKind.NEWS}
)
_FACTS: Mapping[str, str] = {
    "Now": "split",
    "Evidence": "evidence",
    "Since": "since",
    "By": "by",
    "Next": "next",
}
_FACTS_OF_A_START: Mapping[str, str] = {
    "Candidate": "candidate",
    "Stable": "stable",
    "Model": "model",
    "Reason": "reason",
}
"""Labels, and the details of an event that stand under them."""


def message_of(happened: Happened) -> Message | None:
    """Return what people are sent about an event; None: nothing."""
    if happened.kind not in TOLD_KINDS:
        return None
    severity = Severity.ATTENTION if happened.kind == ATTENTION else Severity.NOTICE
    kind = _kind(happened, severity)
    return Message(
        id=happened.id,
        service=happened.service,
        severity=severity,
        kind=kind,
        title=_title(happened, kind, severity),
        facts=tuple(_facts(happened)),
        links=tuple(_links(happened, kind)),
    )


def _kind(happened: Happened, severity: Severity) -> MessageKind:
    if happened.kind == STARTED:
        return MessageKind.STARTED
    # Only what goes forward is held, and then the cause is the reason of its hold.
    if PHASES[happened.phase].forward and _detail(happened, "cause") in _HOLDS:
        return MessageKind.HELD
    if severity is Severity.ATTENTION:
        return MessageKind.TROUBLE
    return _OF_PHASE.get(happened.phase, MessageKind.NEWS)


def _title(happened: Happened, kind: MessageKind, severity: Severity) -> str:
    version = _detail(happened, "version")
    who = f"{happened.service} v{version}" if version else happened.service
    title = f"{who} {_TITLES[kind]}"
    cause = _detail(happened, "cause")
    if cause and kind in _WITH_CAUSE:
        title = f"{title} ({cause})"
    if kind is MessageKind.TROUBLE:
        return f"{title}: {_detail(happened, 'cause') or happened.phase.value}"
    return f"{title}: somebody must act" if severity is Severity.ATTENTION else title


def _facts(happened: Happened) -> Iterator[tuple[str, str]]:
    if happened.kind == STARTED:
        named: Mapping[str, str] = _FACTS_OF_A_START
    else:
        yield "Why", _why(happened)
        named = _FACTS
    for label, key in named.items():
        if text := _detail(happened, key):
            yield label, text
    if happened.actor:
        yield "Ordered by", happened.actor
    yield "Told at", f"{happened.at:%Y-%m-%d %H:%M:%S} UTC"


def _why(happened: Happened) -> str:
    """The sentence without what other facts say: who, the split, and what to do next."""
    text = happened.text
    who = f"{happened.service} version {_detail(happened, 'version')}: "
    rest = f"; now {_detail(happened, 'split')}; next: {_detail(happened, 'next')}"
    return text.removeprefix(who).removesuffix(rest)


def _links(happened: Happened, kind: MessageKind) -> Iterator[Link]:
    """Every link leads to a page: whoever fetches it, a scanner of links included, changes nothing.

    Pages of orders are bound to the message's rollout; an approval also to its stage, because it is
    about that stage's evidence. To go back is right in any stage.
    """
    yield Link("Open", happened.service)
    if not PHASES[happened.phase].forward:
        return
    if kind in _MAY_GO_BACK:
        yield Link("Roll back ...", happened.service, Order("rollback", happened.rollout))
    if kind is MessageKind.HELD and _detail(happened, "cause") == HoldReason.APPROVAL.value:
        approval = Order("advance", happened.rollout, happened.stage)
        yield Link("Approve ...", happened.service, approval)


def _detail(happened: Happened, key: str) -> str:
    value = happened.details.get(key)
    return value if isinstance(value, str) else ""

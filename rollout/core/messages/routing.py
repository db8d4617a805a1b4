"""Which channels a message goes to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rollout.core.messages.message import Message
from rollout.core.policy.notify_model import Route


@dataclass(frozen=True)
class Routed:
    """`channels`: their names, each once, in order. `unknown`: names that no setting has."""

    channels: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def routed(
    message: Message,
    own: Sequence[Route] | None,
    usual: Sequence[Route],
    known: Collection[str],
) -> Routed:
    """Say where a message goes.

    Args:
        message: The message.
        own: The service's routes; None: it has none, or they cannot be read. Empty: nowhere.
        usual: The routes of the settings.
        known: The names of the channels that there are.

    Returns:
        Where a route of the service names a channel that there is not, the usual channels are
        added, whatever they ask for: a slip of the pen must not hide that somebody must act.
    """
    routes = usual if own is None else own
    wanted = [route.channel for route in routes if message.words & set(route.about)]
    unknown = tuple(dict.fromkeys(name for name in wanted if name not in known))
    if unknown:
        wanted += [route.channel for route in usual]
    return Routed(tuple(dict.fromkeys(name for name in wanted if name in known)), unknown)

"""The settings of messages: channels with their secret addresses, and where messages go by default.

A fault here must not stop rollouts, as a fault of other settings does: a Key Vault reference that
cannot be resolved arrives as its own text. So faults are kept beside what could be read: the
function that sends messages uses the rest, and then fails, so that events come again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from rollout.addresses import is_safe_url
from rollout.core.policy.notify_model import CHANNEL_NAME, MAX_ROUTES, USUAL, About, Route
from rollout.text.finite_json import read_finite
from rollout.text.plain_text import visible_line

MAX_CHANNELS = 50
_KEY_VAULT = "@Microsoft.KeyVault("
_UNRESOLVED = (
    "NOTIFY_CHANNELS is a Key Vault reference that was not resolved: let the app's identity read "
    "the secret, and see that the vault's firewall lets the app in."
)
_NAME_SHOWN = 60
_EXAMPLE = '{"on-call": {"kind": "teams", "url": "https://..."}}'


class ChannelKind(StrEnum):
    """What a channel's address takes. `EVENT`: the CloudEvent itself."""

    TEAMS = "teams"
    SLACK = "slack"
    EVENT = "event"


@dataclass(frozen=True)
class ChannelSettings:
    """Where one channel is. The URL is a secret, so that it is in no text made of this."""

    kind: ChannelKind
    url: str = field(repr=False)


@dataclass(frozen=True)
class MessageSettings:
    """Where messages may go, and how long sending one may take.

    `usual` are the routes of services that have none; `console` is the address of the console,
    None: messages have no links. `total` bounds all channels of one message together. `faults` are
    sentences without secrets.
    """

    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    usual: tuple[Route, ...] = ()
    console: str | None = None
    connect: timedelta = timedelta(seconds=3)
    read: timedelta = timedelta(seconds=5)
    total: timedelta = timedelta(seconds=20)
    faults: tuple[str, ...] = ()


def read_channels(text: str) -> tuple[dict[str, ChannelSettings], list[str]]:
    """Read NOTIFY_CHANNELS: the channels, and what is wrong; no sentence quotes an address."""
    if not text:
        return {}, []
    if text.startswith(_KEY_VAULT):
        return {}, [_UNRESOLVED]
    try:
        document = read_finite(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return {}, [f"NOTIFY_CHANNELS is not a JSON object: write {_EXAMPLE}."]
    if len(document) > MAX_CHANNELS:
        return {}, [f"NOTIFY_CHANNELS has more than {MAX_CHANNELS} channels."]
    found: dict[str, ChannelSettings] = {}
    faults: list[str] = []
    for name, value in document.items():
        channel = _channel(name, value)
        if isinstance(channel, str):
            faults.append(f"NOTIFY_CHANNELS: {visible_line(name, _NAME_SHOWN)!r} {channel}")
        else:
            found[name] = channel
    return found, faults


def _channel(name: str, value: Any) -> ChannelSettings | str:
    if not CHANNEL_NAME.accepts(name):
        return f"is not a channel's name: use {CHANNEL_NAME.text}."
    if not isinstance(value, dict) or set(value) != {"kind", "url"}:
        return f"needs a kind and a url, and nothing else: write {_EXAMPLE}."
    kind, url = value["kind"], value["url"]
    if not isinstance(kind, str) or kind not in set(ChannelKind):
        return f"has no kind of {', '.join(ChannelKind)}."
    if not isinstance(url, str) or not url.isascii() or not is_safe_url(url):
        return "has no https URL."
    return ChannelSettings(ChannelKind(kind), url)


def usual_routes(
    names: str, words: str, channels: Mapping[str, ChannelSettings]
) -> tuple[tuple[Route, ...], list[str]]:
    """Read NOTIFY_DEFAULT and NOTIFY_ABOUT, lists separated by commas.

    Without names every channel is one of the usual ones; without words `USUAL` counts. A message
    goes to `MAX_ROUTES` of them. With a fault in a list, what counts without it counts as well:
    nobody may know which channel or word was meant.
    """
    faults: list[str] = []
    asked = [word for word in _list(words) if word in set(About)]
    if unknown := [word for word in _list(words) if word not in asked]:
        faults.append(f"NOTIFY_ABOUT has {_shown(unknown)}: use {', '.join(About)}.")
    wanted = _list(names) or list(channels)
    if lost := [name for name in _list(names) if name not in channels]:
        faults.append(f"NOTIFY_DEFAULT has {_shown(lost)}, which NOTIFY_CHANNELS does not have.")
    if len(wanted) > MAX_ROUTES:
        faults.append(
            f"NOTIFY_DEFAULT: {len(wanted)} channels would get each message: name at most "
            f"{MAX_ROUTES}."
        )
    about = tuple(About(word) for word in asked)
    if unknown or not about:
        about = tuple(dict.fromkeys((*about, *USUAL)))
    if lost:
        wanted += channels
    known = list(dict.fromkeys(name for name in wanted if name in channels))
    return tuple(Route(name, about) for name in known[:MAX_ROUTES]), faults


def _list(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip())]


def _shown(words: Sequence[str]) -> str:
    # Whoever puts an address here by mistake must not find it in the log.
    return ", ".join(repr(visible_line(word, 20)) for word in words if "://" not in word) or "a URL"

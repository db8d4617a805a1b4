"""What the `freeze` part of a `rollout.yaml` may say."""

import re
from dataclasses import dataclass
from typing import Any

from rollout.core.policy.azure_names import NameRule
from rollout.core.policy.compounds import Entry, ListOf, Record
from rollout.core.policy.freeze_model import MINUTES_A_DAY, Day, FreezeWindow, Zones
from rollout.core.policy.freezing import always_frozen
from rollout.core.policy.model import Policy
from rollout.core.policy.values import Choice, Faults, Name, Schema, quoted

MAX_WINDOWS = 20
MAX_DAYS = 7

ZONE_NAME = NameRule(
    r"^[A-Za-z][A-Za-z0-9+_-]*(/[A-Za-z0-9+_-]+)*$",
    1,
    64,
    'a name of the IANA time zone database, such as "Europe/Berlin" or "UTC"',
)

_HOUR = 60
_OF_A_DAY = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_OR_ITS_END = rf"({_OF_A_DAY}|24:00)"


@dataclass(frozen=True)
class TimeOfDay:
    """A time such as "22:00", as minutes after midnight; `end`: "24:00" is one too."""

    end: bool = False

    def read(self, value: Any, place: str, faults: Faults) -> int | None:
        if isinstance(value, str) and re.fullmatch(self._pattern, value):
            hours, minutes = value.split(":")
            return int(hours) * _HOUR + int(minutes)
        last = "24:00" if self.end else "23:59"
        wanted = f'write hours and minutes in quotes, from "00:00" to "{last}"'
        faults.note(place, f"{quoted(value)} is not a time of day: {wanted}.")
        return None

    @property
    def _pattern(self) -> str:
        return _OR_ITS_END if self.end else _OF_A_DAY

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self._pattern}$"}

    def show(self, value: int) -> str:
        return f"{value // _HOUR:02}:{value % _HOUR:02}"


WINDOW = Record(
    (
        Entry("days", ListOf(Choice(Day), 1, MAX_DAYS), "The days on which it begins."),
        Entry("from", TimeOfDay(), "When it begins.", required=True, attribute="start"),
        Entry(
            "to",
            TimeOfDay(end=True),
            "When it ends; a time that is not after `from` is one of the next day.",
            required=True,
            attribute="end",
        ),
        Entry("zone", Name(ZONE_NAME), "Whose clocks: an IANA time zone.", required=True),
    ),
    FreezeWindow,
    FreezeWindow(0, MINUTES_A_DAY, "UTC"),
)
FREEZE = ListOf(WINDOW, 0, MAX_WINDOWS)


def check_freeze(policy: Policy, zones: Zones | None, faults: Faults) -> None:
    """Note windows that mean nothing, or leave no moment for a rollout to go on.

    `zones` None: the names of zones are not looked up.
    """
    if faults.under("freeze"):
        return
    for index, window in enumerate(policy.freeze):
        if window.start == window.end:
            text = 'It is the same as "from": for a whole day write from "00:00" to "24:00".'
            faults.note(f"freeze[{index}].to", text)
        if zones is not None and zones(window.zone) is None:
            text = f'There is no time zone "{window.zone}": use {ZONE_NAME.text}.'
            faults.note(f"freeze[{index}].zone", text)
    if zones is None or faults.under("freeze"):
        return
    if always_frozen(policy.freeze, zones):
        text = "The windows leave no moment of the week open: nothing could ever be raised."
        faults.note("freeze", text)

"""Time zones from the IANA database: the system's, else that of the package `tzdata`."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

# No such zone is a KeyError; the name of a folder of zones an OSError, a path a ValueError.
_NONE_OF_THAT_NAME = (KeyError, OSError, ValueError)


def zone_named(name: str) -> tzinfo | None:
    """Return a zone's rules; None where there is no zone of that name.

    A zone is read from disk once in a process: `zoneinfo` remembers it.
    """
    try:
        return ZoneInfo(name)
    except _NONE_OF_THAT_NAME:
        return None

"""Where rows go: folders by time, as deep as the rolling rate asks, and files in them.

`{folder}/{yyyy}/{MM}/{dd}/{HH}/{instance_id}.jsonl` is documented for the hour; the other depths
follow from it (how-to-collect-production-data, 2025-12). Times are UTC.
"""

from datetime import UTC, datetime

from localazure.runtime import RollingRate

_FORMATS = {
    RollingRate.YEAR: "%Y",
    RollingRate.MONTH: "%Y/%m",
    RollingRate.DAY: "%Y/%m/%d",
    RollingRate.HOUR: "%Y/%m/%d/%H",
    RollingRate.MINUTE: "%Y/%m/%d/%H/%M",
}


def rows_file(folder: str, rate: RollingRate, moment: datetime, instance: str) -> str:
    """Return the blob that rows logged at `moment` are appended to."""
    return f"{_folder(folder, rate, moment)}/{instance}.jsonl"


def raw_file(folder: str, rate: RollingRate, moment: datetime, record: str) -> str:
    """Return the blob for data that are not in their record's line: named by the record's id."""
    return f"{_folder(folder, rate, moment)}/{record}"


def _folder(folder: str, rate: RollingRate, moment: datetime) -> str:
    return f"{folder}/{moment.astimezone(UTC).strftime(_FORMATS[rate])}"

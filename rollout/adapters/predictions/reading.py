"""One side's files, read on from a position: which folders, which files, how far."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from rollout.adapters.azure_ml.data_collectors import Rolling
from rollout.adapters.predictions.allowance import Allowance
from rollout.adapters.predictions.cursor import MOST_FILES, Position, key, position
from rollout.adapters.predictions.files import LINES, File, Files, Lines
from rollout.adapters.predictions.records import NotARecordError, Records
from rollout.adapters.predictions.tallies import Tally

LATE = timedelta(hours=2)
"""How long after its time a folder is still read on: data comes late, and late files appear."""

MOST_LISTINGS = 50
"""Of one side in one look: two days of hours, after which the rest comes with the next look."""

MOST_PAYLOAD_BYTES = 8 * 1024 * 1024
"""Of a payload that is a file of its own; one that is longer is passed over."""

HOUR = timedelta(hours=1)
_FOLDER = re.compile(r"[0-9]{4}(/[0-9]{2}){0,4}")
_LEAVES = re.compile(r"[?#\\]|(^|/)\.{1,2}(/|$)")
"""What would make a blob's name an address of something else."""

_FIRST = ("0001", "01", "01", "00", "00")
"""Of year, month, day, hour and minute."""

_MONTH = timedelta(days=32)


@dataclass(frozen=True)
class Source:
    """One side's collection: its files, its folder in the container, and how it is divided."""

    files: Files
    folder: str
    rolling: Rolling
    records: Records


@dataclass(frozen=True)
class Progress:
    """Where reading stopped.

    `more`: before the end, because the allowance was used up. `unread` counts lines that could not
    be read, `left_out` the files of one folder beyond those that a cursor holds.
    """

    position: Position
    more: bool = False
    unread: int = 0
    left_out: int = 0


def read_on(
    source: Source, before: Position, tally: Tally, now: datetime, allowance: Allowance
) -> Progress:
    """Read one side's new lines into `tally`, until there are no more or the allowance is used up.

    Raises:
        PredictionsUnavailableError: Its files cannot be read now.
    """
    first = _begun(source.rolling, before.oldest) or folder_of(source.rolling, tally.since)
    late = max(first, folder_of(source.rolling, now - LATE))
    prefixes = list(_prefixes(source.rolling, first, now))
    progress = Progress(before, more=len(prefixes) > MOST_LISTINGS)
    there: list[File] = []
    for prefix in prefixes[:MOST_LISTINGS]:
        there += source.files.listed(f"{source.folder}/{prefix}/")
    files, left_out = _chosen(source, there, first)
    read: list[tuple[str, File, int]] = []
    # What was not listed yet is still to be read.
    unfinished = min(late, prefixes[MOST_LISTINGS]) if progress.more else late
    stopped = False
    for folder, file in files:
        offset = before.of(file.name)
        if offset < file.size and not stopped:
            lines = Lines(source.files, file, offset)
            if not allowance.used_up:
                progress = _read(source, lines, tally, allowance, progress)
            offset, stopped = lines.offset, not lines.ended
            if stopped:
                progress, unfinished = replace(progress, more=True), min(unfinished, folder)
        # Files that are not reached now keep the positions of earlier looks.
        read.append((folder, file, offset))
    return replace(progress, position=_left(read, unfinished), left_out=left_out)


def folder_of(rolling: Rolling, moment: datetime) -> str:
    """Return the name of the folder of a moment, below the collection's own."""
    return moment.strftime(rolling.value)


def _left(read: list[tuple[str, File, int]], oldest: str) -> Position:
    """What the next look must know: positions from the oldest folder on that may still grow."""
    kept = [each for each in read if each[0] >= oldest and each[2]]
    while len(kept) > MOST_FILES:
        # Nearly always these were read to their end; what comes late in them is given up.
        oldest = next(folder for folder, _, _ in kept if folder > kept[0][0])
        kept = [each for each in kept if each[0] >= oldest]
    return position(oldest, ((file.name, offset) for _, file, offset in kept))


def _chosen(source: Source, there: list[File], first: str) -> tuple[list[tuple[str, File]], int]:
    """The files to read, oldest folder first; at most `MOST_FILES` of one folder, always the same.

    Which share of the requests a file has is chance, so those that are left out bend nothing.
    """
    named = sorted(
        (each.name.removeprefix(f"{source.folder}/").rpartition("/")[0], key(each.name), each)
        for each in there
        if each.name.endswith(LINES)
    )
    chosen: list[tuple[str, File]] = []
    left_out = 0
    for folder, several in groupby(named, key=lambda each: each[0]):
        files = [(folder, file) for _, _, file in several if folder >= first]
        chosen += files[:MOST_FILES]
        left_out += len(files[MOST_FILES:])
    return chosen, left_out


def _read(
    source: Source, lines: Lines, tally: Tally, allowance: Allowance, progress: Progress
) -> Progress:
    unread = 0
    for chunk in lines.chunks():
        found: dict[datetime, list[Any]] = defaultdict(list)
        for number, line in enumerate(chunk, 1):
            unread += not _added(source, line, found, allowance)
            allowance.take(len(line) + 1, 1)
            # After each line: any of them may have had a payload to fetch.
            if allowance.used_up:
                lines.hand_back(chunk[number:])
                break
        tally.add(found)
        if allowance.used_up:
            break
    if lines.ended and lines.tail:
        last: dict[datetime, list[Any]] = defaultdict(list)
        # The beginning of a record is none; what can be read is whole.
        if _added(source, lines.tail, last, allowance):
            lines.accept_tail()
            tally.add(last)
    return replace(progress, unread=progress.unread + unread)


def _added(
    source: Source, line: bytes, found: dict[datetime, list[Any]], allowance: Allowance
) -> bool:
    """Add a line's answers; say whether it could be read."""
    if not line.strip():
        return True
    try:
        record = source.records.read(line)
    except NotARecordError:
        return False
    if record is None:
        return True
    if not record.elsewhere:
        found[record.minute] += record.answers
        return True
    payload = _payload(source.files, record.elsewhere)
    if payload is None:
        return False
    allowance.take(len(payload), 0)
    try:
        document = _document_in(payload)
    except UnicodeDecodeError:
        # What is no text either says nothing that could be counted.
        return False
    found[record.minute] += source.records.answers(document)
    return True


def _document_in(payload: bytes) -> Any:
    """What is not JSON is a text."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode()


def _payload(files: Files, url: str) -> bytes | None:
    """A payload that is a file of its own, where it is in the same container and not too long."""
    start, _, path = url.partition(f"{files.url}/")
    name = unquote(path)
    if start or not name or _LEAVES.search(name):
        return None
    found = files.read(name, 0, MOST_PAYLOAD_BYTES + 1)
    return found if 0 < len(found) <= MOST_PAYLOAD_BYTES else None


def _begun(rolling: Rolling, oldest: str) -> str:
    """A cursor's oldest folder, as deep as folders are now; "" where there is none."""
    if _FOLDER.fullmatch(oldest) is None:
        return ""
    depth = rolling.value.count("/") + 1
    parts = oldest.split("/")
    return "/".join([*parts, *_FIRST[len(parts) :]][:depth])


def _prefixes(rolling: Rolling, first: str, now: datetime) -> Iterator[str]:
    """The names to list by, oldest first: hours at the finest."""
    coarse = rolling if len(rolling.value) < len(Rolling.HOUR.value) else Rolling.HOUR
    depth = coarse.value.count("/") + 1
    at = "/".join(first.split("/")[:depth])
    # Clocks of instances differ: a look may seem to be from before the last one.
    end = max(at, folder_of(coarse, now))
    while at <= end:
        yield at
        at = _next(coarse, at)


def _next(rolling: Rolling, folder: str) -> str:
    moment = datetime.strptime(folder, rolling.value)  # noqa: DTZ007 - only its name is used
    if rolling is Rolling.YEAR:
        return f"{moment.year + 1:04}"
    step = _MONTH if rolling is Rolling.MONTH else timedelta(days=1)
    return folder_of(rolling, moment + (HOUR if rolling is Rolling.HOUR else step))

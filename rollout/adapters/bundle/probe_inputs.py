"""The inputs of a service's probes: a file of lines, the files of a folder, or sample requests.

Each distinct body counts once, so that a copied line adds nothing to what probes show. Bodies are
read line by line, and only those that are sent are kept. Where the policy scores their answers
(`quality.probed`) each line is a row with an input and its label.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.labelled_lines import LineFaultError, read_labelled
from rollout.adapters.templates.faults import Fault
from rollout.core.policy.content_types import BYTES, JSON, content_type_of
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import Policy
from rollout.core.policy.probes_consistency import inputs_in, samples_as_inputs
from rollout.core.policy.quality_model import Labelled
from rollout.errors import ServicesUnavailableError
from rollout.ports import ProbeInput, ProbeInputs
from rollout.text.finite_json import read_finite

MAX_INPUTS = 10_000
MAX_INPUT_BYTES = 1024 * 1024
"""The largest body, as of a sample request."""

MAX_INPUTS_BYTES = 16 * 1024 * 1024
"""All inputs together: each pass reads them."""

MAX_FAULTS = 20
"""Lines that are named; a file in the wrong format would name each of its lines."""


class InputFaultError(Exception):
    """A body cannot be sent; `line` is None where the file is no file of lines."""

    def __init__(self, file: str, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.file, self.sentence, self.line = file, sentence, line


@dataclass(frozen=True)
class _Found:
    """One body where it was found.

    `start` and `length` are bytes of the file: a labelled line's body is only a part of them.
    """

    file: str
    line: int | None
    start: int
    length: int
    body: bytes
    content_type: str
    expect: Expectation | None = None


def probe_inputs(service: Path, policy: Policy, first: int, pairs: int) -> ProbeInputs:
    """Return the inputs of `pairs` pairs from number `first` on.

    Raises:
        ServicesUnavailableError: A file cannot be read or sent, or there is no input.
    """
    try:
        places = [replace(each, body=b"") for each in _distinct(_bodies(service, policy))]
        if not places:
            raise ServicesUnavailableError(f"The service {policy.service} has no input to probe.")
        turns = [number % len(places) for number in range(first, first + pairs)]
        labelled = _labelled(policy)
        read = {turn: _read(service, places[turn], labelled) for turn in sorted(set(turns))}
    except InputFaultError as fault:
        place = fault.file if fault.line is None else f"{fault.file}, line {fault.line}"
        raise ServicesUnavailableError(f"{place}: {fault.sentence}") from fault
    except OSError as error:
        raise ServicesUnavailableError(
            f"The inputs of {policy.service} cannot be read ({error.strerror})."
        ) from error
    return ProbeInputs(len(places), tuple(read[turn] for turn in turns))


def count_inputs(service: Path, policy: Policy) -> int:
    """Return how many distinct inputs the service has; 0 where they cannot be read or sent."""
    try:
        return sum(1 for _ in _distinct(_bodies(service, policy)))
    except (InputFaultError, OSError):
        return 0


def first_inputs(service: Path, policy: Policy, most: int) -> list[ProbeInput]:
    """Return up to `most` distinct inputs: those of sample requests first, then those of probes.

    Raises:
        ServicesUnavailableError: A file cannot be read or sent.
    """
    try:
        bodies = chain(_samples(service, policy), _bodies(service, policy))
        chosen = islice(_distinct(bodies), most)
        return [ProbeInput(each.body, each.content_type) for each in chosen]
    except InputFaultError as fault:
        raise ServicesUnavailableError(f"{fault.file}: {fault.sentence}") from fault
    except OSError as error:
        raise ServicesUnavailableError(
            f"The inputs of {policy.service} cannot be read ({error.strerror})."
        ) from error


def input_faults(service: Path, policy: Policy) -> list[Fault]:
    """Return what keeps the inputs that a policy names from being sent, with their lines.

    What is not there at all is the policy's own fault (`check_probes`) and is not named again.
    """
    inputs = policy.probes.inputs if policy.probes is not None else None
    if inputs is None or not (service / inputs).exists():
        return []
    found: list[Fault] = []
    try:
        count = 0
        for each in _distinct(_bodies(service, policy, found)):
            count += 1
            if each.line is not None and not _is_json(each.body):
                sentence = "This line is not JSON: write one request body a line."
                found.append(Fault(each.file, sentence, "", each.line))
            if len(found) >= MAX_FAULTS:
                return found[:MAX_FAULTS]
    except InputFaultError as fault:
        return [*found, Fault(fault.file, fault.sentence, "", fault.line)]
    except OSError as error:
        return [Fault(inputs, f"It cannot be read ({error.strerror}).")]
    if not count and not found:
        found.append(Fault(inputs, "There is no request in it: write one a line."))
    return found[:MAX_FAULTS]


def _bodies(service: Path, policy: Policy, faulty: list[Fault] | None = None) -> Iterator[_Found]:
    """Every body; lines that have none are noted in `faulty`, and raised where that is None."""
    inputs = policy.probes.inputs if policy.probes is not None else None
    if inputs is None:
        yield from _samples(service, policy)
    elif (service / inputs).is_dir():
        for file in inputs_in(inputs, files_below(service, inputs)):
            yield _whole(service, file, content_type_of(file) or BYTES)
    else:
        labelled, lines = _labelled(policy), _lines(service, inputs)
        yield from lines if labelled is None else _rows(lines, labelled, faulty)


def _labelled(policy: Policy) -> Labelled | None:
    """Where a line has its label; None where lines are the bodies themselves."""
    return policy.quality.probed if policy.quality is not None else None


def _rows(
    lines: Iterator[_Found], labelled: Labelled, faulty: list[Fault] | None
) -> Iterator[_Found]:
    for each in lines:
        try:
            yield replace(each, body=_row(each, each.body, labelled)[0])
        except InputFaultError as fault:
            if faulty is None:
                raise
            faulty.append(Fault(fault.file, fault.sentence, "", fault.line))


def _row(place: _Found, text: bytes, labelled: Labelled) -> tuple[bytes, Any]:
    """The body that stands in a line, and its label."""
    try:
        return read_labelled(text, labelled)
    except LineFaultError as fault:
        raise InputFaultError(place.file, str(fault), place.line) from fault


def _samples(service: Path, policy: Policy) -> Iterator[_Found]:
    for sample in samples_as_inputs(policy):
        kind = sample.content_type or content_type_of(sample.file) or JSON
        expect = sample.expect if sample.expect.looks_inside else None
        yield replace(_whole(service, sample.file, kind), expect=expect)


def _lines(service: Path, file: str) -> Iterator[_Found]:
    start, line = 0, 0
    with (service / file).open("rb") as opened:
        while text := opened.readline(MAX_INPUT_BYTES + 2):
            line += 1
            body = text.strip()
            if len(body) > MAX_INPUT_BYTES:
                raise _too_long(file, line)
            if body:
                offset = start + len(text) - len(text.lstrip())
                yield _Found(file, line, offset, len(body), body, JSON)
            start += len(text)


def _whole(service: Path, file: str, content_type: str) -> _Found:
    with (service / file).open("rb") as opened:
        body = opened.read(MAX_INPUT_BYTES + 1)
    if len(body) > MAX_INPUT_BYTES:
        raise _too_long(file, None)
    return _Found(file, None, 0, len(body), body, content_type)


def files_below(service: Path, folder: str) -> list[str]:
    """Return the files below a folder of the service, in no order."""
    # As in a bundle: links and hidden files do not count.
    return [
        path.relative_to(service).as_posix()
        for path in (service / folder).rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(service).parts)
    ]


def _distinct(bodies: Iterator[_Found]) -> Iterator[_Found]:
    known: set[bytes] = set()
    size = 0
    for each in bodies:
        digest = hashlib.sha256(each.body).digest()
        if digest in known:
            continue
        known.add(digest)
        size += len(each.body)
        if len(known) > MAX_INPUTS or size > MAX_INPUTS_BYTES:
            raise InputFaultError(
                each.file,
                f"There are more than {MAX_INPUTS:,} inputs or {MAX_INPUTS_BYTES // 1024**2} MiB "
                "of them: take a sample.",
                each.line,
            )
        yield each


def _read(service: Path, place: _Found, labelled: Labelled | None) -> ProbeInput:
    with (service / place.file).open("rb") as opened:
        opened.seek(place.start)
        text = opened.read(place.length)
    if labelled is None or place.line is None:
        return ProbeInput(text, place.content_type, expect=place.expect)
    body, label = _row(place, text, labelled)
    return ProbeInput(body, place.content_type, label)


def _too_long(file: str, line: int | None) -> InputFaultError:
    sentence = f"It is larger than {MAX_INPUT_BYTES // 1024} KiB, the most a body may have."
    return InputFaultError(file, sentence, line)


def _is_json(body: bytes) -> bool:
    try:
        read_finite(body.decode())
    except (ValueError, RecursionError):
        return False
    return True

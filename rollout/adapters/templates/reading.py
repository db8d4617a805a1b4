"""The YAML files of a service that one template consists of, each read once, within the limits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rollout.adapters.templates.confinement import inside, unsafe
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.local_paths import LocalPath, Target, local_paths
from rollout.adapters.templates.plain_yaml import (
    MAX_YAML_BYTES,
    Document,
    YamlFaultError,
    line_of,
    read_yaml,
)

MAX_NESTED_FILES = 100

ReadFile = Callable[[str], Document]
"""Reads one YAML file of a service. Raises as `read_file`."""


@dataclass(frozen=True)
class Read:
    """A file, and what it says or what is wrong with it. `document` None: it cannot be used."""

    file: str
    document: Document | None
    faults: tuple[Fault, ...]


def read_file(service: Path, file: str) -> Document:
    """Read one YAML file of a service.

    Raises:
        YamlFaultError: It cannot be opened, is not YAML, or goes beyond a limit.
    """
    try:
        with (service / file).open("rb") as opened:
            return read_yaml(opened.read(MAX_YAML_BYTES + 1))
    except OSError as error:
        raise YamlFaultError(f"The file cannot be read ({error.strerror}).") from error


def reading_once(service: Path) -> ReadFile:
    """Return what reads each file of a service once, however often it is asked for."""
    held: dict[str, Document | YamlFaultError] = {}

    def read(file: str) -> Document:
        if file not in held:
            try:
                held[file] = read_file(service, file)
            except YamlFaultError as error:
                held[file] = error
        found = held[file]
        if isinstance(found, YamlFaultError):
            raise found
        return found

    return read


def read_template(service: Path, file: str, read: ReadFile | None = None) -> Iterator[Read]:
    """Yield a template and every YAML file that it names, directly or through another.

    The faults are those of YAML and of paths: what makes a file unsafe to hand to the SDK. `read`
    reads the files; None: from the disk.
    """
    reader = read or partial(read_file, service)
    ahead, seen = [LocalPath("", file, "", Target.YAML)], {file}
    while ahead:
        path = ahead.pop(0)
        found, named = _read(service, inside(path), reader, follow=path.target is Target.YAML)
        yield found
        for each in named:
            if inside(each) not in seen and len(seen) < MAX_NESTED_FILES:
                seen.add(inside(each))
                ahead.append(each)


def unsafe_template(service: Path, file: str) -> tuple[Fault, ...]:
    """Return why the SDK must not read a template of this service; empty where it may."""
    if why := unsafe(service, LocalPath("", file, "", Target.YAML)):
        return (Fault(file, why),)
    return tuple(fault for read in read_template(service, file) for fault in read.faults)


def _read(
    service: Path, file: str, read: ReadFile, *, follow: bool
) -> tuple[Read, list[LocalPath]]:
    try:
        document = read(file)
    except YamlFaultError as error:
        return Read(file, None, (Fault(file, str(error), line=error.line),)), []
    faults, named = [], []
    for path in local_paths(document.value, file) if follow else ():
        if why := unsafe(service, path):
            faults.append(Fault(file, why, path.field, line_of(document.lines, path.field)))
        elif path.target in {Target.YAML, Target.CONDA}:
            named.append(path)
    if len(named) > MAX_NESTED_FILES:
        faults.append(Fault(file, f"It names more than {MAX_NESTED_FILES} YAML files."))
    return Read(file, document, tuple(faults)), named

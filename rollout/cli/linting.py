"""`rollout lint`: every fault of every file of a folder of services, or of one service."""

from dataclasses import dataclass
from pathlib import Path

from rollout.adapters.bundle.files import Bundle, is_service, read_bundle
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.sdk import sdk_faults
from rollout.adapters.templates.warnings import template_warnings
from rollout.cli.golden_sets import golden_warnings
from rollout.cli.kql.policy_queries import read_queries
from rollout.cli.probe_inputs import probe_warnings
from rollout.cli.reports import FOR_PIPELINES, Finding, report
from rollout.cli.safe_text import say
from rollout.core.policy.parsing import POLICY_FILE
from rollout.errors import ServicesUnavailableError

CLEAN, FAULTS = 0, 1


@dataclass(frozen=True)
class Linted:
    """What was found in `services`, in order; `trouble` says why there is nothing to lint.

    `note` says what could not be looked at on this machine; empty: nothing.
    """

    services: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    trouble: str = ""
    note: str = ""

    @property
    def clean(self) -> bool:
        """Warnings do not count."""
        return not self.trouble and all(each.fault.warning for each in self.findings)


def run_lint(folder: Path, form: str = "text") -> int:
    """Lint, print, and return the exit code."""
    linted = lint(folder)
    for told in filter(None, (linted.trouble, linted.note)):
        say(told, error=True)
    if linted.services or form != "text":
        written = report(form, linted.services, linted.findings).rstrip("\n")
        # These are commands to the pipeline, and `say` would break them.
        if form in FOR_PIPELINES:
            print(written)
        else:
            say(written)
    return CLEAN if linted.clean else FAULTS


def lint(folder: Path) -> Linted:
    """Return every finding about the services of `folder`, or about the service that it is."""
    # `.` has no name, and a service's name is its folder's.
    whole = folder.resolve()
    only = whole.name if is_service(whole) else None
    services = whole.parent if only else whole
    try:
        bundle = read_bundle(services, None, only=only)
    except ServicesUnavailableError as error:
        return Linted(trouble=f"{folder}: {error}")
    if not bundle.templates:
        return Linted(trouble=f"{folder}: no folder in it has a {POLICY_FILE}.")
    names = sorted(bundle.templates)
    queries = read_queries(
        services, {name: bundle.comparable[name] for name in names if name in bundle.comparable}
    )
    findings = [
        Finding(name, (folder / ("" if only else name) / fault.file).as_posix(), fault)
        for name in names
        for fault in (*_of_service(services / name, bundle), *queries.faults.get(name, ()))
    ]
    return Linted(tuple(names), tuple(findings), note=queries.note)


def _of_service(service: Path, bundle: Bundle) -> list[Fault]:
    found = list(bundle.faults.get(service.name, ()))
    policy = bundle.comparable.get(service.name)
    if policy is None:
        return found
    try:
        return [
            *found,
            *sdk_faults(service, policy),
            *template_warnings(service, policy),
            *probe_warnings(service, policy),
            *golden_warnings(service, policy),
        ]
    # A file that no check foresaw is this service's fault: the others are linted all the same.
    except Exception as error:  # noqa: BLE001
        sentence = f"The templates cannot be checked ({type(error).__name__}): simplify them."
        return [*found, Fault(POLICY_FILE, sentence)]

"""The modes about files: lint with annotations, and plan for the pull request."""

from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from rollout.adapters.bundle.files import read_bundle
from rollout.cli.exits import ExitCode
from rollout.cli.linting import Linted, lint
from rollout.cli.live.place import PlaceError
from rollout.cli.log_commands import Level
from rollout.cli.pipelines.ended import Ended
from rollout.cli.pipelines.host import CommentError, Host
from rollout.cli.pipelines.markdown import block, table, text
from rollout.cli.planning import SATISFIABLE, UNSATISFIABLE, run_plan
from rollout.cli.safe_text import say
from rollout.errors import ServicesUnavailableError

_HEADS = ("where", "what")


def lint_mode(host: Host, folder: Path) -> Ended:
    """Annotate every finding at its file and line."""
    linted = lint(folder)
    if linted.trouble:
        return Ended(ExitCode.NOT_GOOD, "faults", linted.trouble)
    for each in linted.findings:
        level = Level.WARNING if each.fault.warning else Level.ERROR
        host.annotate(level, each.text, each.path, each.fault.line)
        # What an annotation shows elsewhere, the log shows here.
        say(f"{each.path}:{each.fault.line or 1}: {each.severity}: {each.text}")
    if linted.note:
        say(linted.note)
    code = ExitCode.GOOD if linted.clean else ExitCode.NOT_GOOD
    outcome = "clean" if linted.clean else "faults"
    return Ended(code, outcome, _counted(linted), sections=_findings(linted), told=True)


def plan_mode(
    host: Host, folder: Path, services: Sequence[str], minutes: Path | None, *, comment: bool
) -> Ended:
    """Plan each service, all where none is named, and comment on the pull request.

    Not good: a plan that cannot pass. A service without a plan, for want of traffic or of rights,
    is a warning; where that is every one, it is wrong usage.
    """
    names = list(services) or _all_of(folder)
    if not names:
        return Ended(ExitCode.NOT_GOOD, "faults", f"{folder} has no service to plan.")
    sections, codes = [], []
    for name in names:
        code, told = _planned(name, folder, minutes)
        say(f"{name}:\n{told}")
        codes.append(code)
        sections.append(f"#### {text(name)}\n\n{_VERDICTS.get(code, _NO_PLAN)}\n\n{block(told)}")
        if code not in _VERDICTS:
            host.annotate(Level.WARNING, f"{name}: no plan: {told.splitlines()[0]}")
    ended = _judged(names, codes)
    if comment:
        try:
            head = f"### What a rollout would take\n\n{text(ended.says)}\n"
            say(host.comment(str(folder), [head, *sections]))
        except CommentError as error:
            # The plan is in the summary all the same, and nobody's change is at fault.
            host.annotate(Level.WARNING, f"No comment on the pull request: {error}")
    return Ended(ended.code, ended.outcome, ended.says, sections=tuple(sections))


_VERDICTS = {
    SATISFIABLE: "Can pass at the traffic of these days.",
    UNSATISFIABLE: "**Cannot pass** at the traffic of these days.",
}
_NO_PLAN = "No plan:"


def _all_of(folder: Path) -> list[str]:
    try:
        return sorted(read_bundle(folder, None).templates)
    except ServicesUnavailableError as error:
        raise PlaceError(f"{folder}: {error}") from error


def _planned(name: str, folder: Path, minutes: Path | None) -> tuple[int, str]:
    """Return the exit code of `rollout plan`, and what it says."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run_plan(name, folder, minutes, None, as_json=False)
    return code, said.getvalue().strip() or "it said nothing"


def _judged(names: Sequence[str], codes: Sequence[int]) -> Ended:
    bad = [name for name, code in zip(names, codes, strict=True) if code == UNSATISFIABLE]
    if bad:
        return Ended(ExitCode.NOT_GOOD, "infeasible", f"cannot pass: {', '.join(bad)}")
    planned = sum(code == SATISFIABLE for code in codes)
    if not planned:
        return Ended(ExitCode.USAGE, "unknown", "no service could be planned")
    without = f", {len(names) - planned} without a plan" if planned < len(names) else ""
    return Ended(ExitCode.GOOD, "feasible", f"{planned} of {len(names)} can pass{without}")


def _counted(linted: Linted) -> str:
    warnings = sum(each.fault.warning for each in linted.findings)
    faults = len(linted.findings) - warnings
    return f"{len(linted.services)} service(s), {faults} fault(s), {warnings} warning(s)"


def _findings(linted: Linted) -> tuple[str, ...]:
    rows = [
        (
            text(f"{each.path}:{each.fault.line}" if each.fault.line else each.path),
            f"{'warning: ' if each.fault.warning else ''}{text(each.text)}",
        )
        for each in linted.findings
    ]
    return (table(_HEADS, rows),) if rows else ()

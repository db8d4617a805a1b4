"""The commands about files: lint, bundle, schemas, init, plan, replay, and repair of the tables.

What a command needs is imported when it runs: all of it takes a second, and most runs need little.
"""
# ruff: noqa: PLC0415

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

DEFAULT_FOLDER = Path("services")
DEFAULT_ARCHIVE = Path(".local") / "bundle" / "services.zip"
_SCENARIOS = (
    "bundled minutes: healthy, broken, five-points-worse, double-errors, slow, shared-outage, "
    "dark, silent, bursty or low-traffic (docs/gate.md)"
)

_Services = Annotated[Path, typer.Option("--services", help="The folder of services.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_Folder = Annotated[Path, typer.Argument(help="A folder of services.")]


def add_file_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (lint, bundle, schema, openapi, init, plan, replay, repair):
        app.command()(command)


def lint(
    folder: Annotated[
        Path, typer.Argument(help="A folder of services, or of one service.")
    ] = DEFAULT_FOLDER,
    form: Annotated[
        Literal["text", "json", "sarif", "junit", "github", "azure"],
        typer.Option("--format", help="How to report; the last two: for a log."),
    ] = "text",
) -> int:
    """Check a folder of services, or of one service.

    Checks policies, templates and the files that they name, as the app and azure-ai-ml read them.
    Exit code 0: no fault (warnings do not count); 1: faults, or nothing to check.
    """
    from rollout.cli.linting import run_lint

    return run_lint(folder, form)


def bundle(
    folder: _Folder = DEFAULT_FOLDER,
    output: Annotated[Path, typer.Option(help="The zip.")] = DEFAULT_ARCHIVE,
) -> int:
    """Check a folder of services and write it as a zip: only one without faults is packed."""
    from rollout.cli.bundle import write_bundle
    from rollout.cli.linting import run_lint

    return run_lint(folder) or write_bundle(folder, output)


def schema() -> int:
    """Print the JSON Schema of rollout.yaml."""
    from rollout.core.policy.document import policy_schema

    print(json.dumps(policy_schema(), indent=2))
    return 0


def openapi() -> int:
    """Print the description of the app's API in OpenAPI 3.1."""
    from rollout.inbound.api.openapi import document

    print(json.dumps(document(), indent=2))
    return 0


def init(
    endpoints: Annotated[
        list[str] | None, typer.Argument(help="Endpoints; else all of the workspace.")
    ] = None,
    *,
    services: _Services = DEFAULT_FOLDER,
    workspace: Annotated[
        str | None, typer.Option("--workspace", help="Its ARM id; else the app's settings.")
    ] = None,
    as_json: _Json = False,
) -> int:
    """Write a first policy for endpoints that serve already; nothing on Azure is changed.

    Says of each "ready" or "skipped" and why. Nothing is overwritten. Exit code 1: nothing written.
    """
    from rollout.cli.initialising import run_init

    return run_init(endpoints or [], services, workspace, as_json=as_json)


def plan(
    service: Annotated[str, typer.Argument(help="The service's folder name.")],
    *,
    services: _Services = DEFAULT_FOLDER,
    minutes: Annotated[
        Path | None, typer.Option(help="Stable's minutes: .csv, .json or .jsonl.")
    ] = None,
    stable: Annotated[
        str | None, typer.Option(help="Stable's deployment; else the one at 100 %.")
    ] = None,
    as_json: _Json = False,
) -> int:
    """Estimate how long a rollout takes at stable's traffic; exit code 1 if it cannot pass.

    Plans a rollout from stable's recent traffic, read from Azure with the app's own settings, or
    from a file of minutes (docs/gate.md).
    """
    from rollout.cli.planning import run_plan

    return run_plan(service, services, minutes, stable, as_json=as_json)


def replay(
    *,
    policy: Annotated[Path, typer.Option(help="A rollout.yaml.")],
    minutes: Annotated[
        Path | None, typer.Option(help="Recorded minutes: .csv, .json or .jsonl.")
    ] = None,
    scenario: Annotated[str | None, typer.Option(help=_SCENARIOS)] = None,
    history: Annotated[
        Path | None, typer.Option(help="Stable's minutes before, in the same forms.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Both sides' answers to the same inputs: .jsonl.")
    ] = None,
    outputs: Annotated[
        Path | None, typer.Option(help="What data collectors wrote: .jsonl.")
    ] = None,
    stage_weight: Annotated[
        int | None, typer.Option(help="The stage all minutes belong to.")
    ] = None,
    stable: Annotated[
        str | None,
        typer.Option(help="Stable's deployment, for the metrics API's JSON and collected records."),
    ] = None,
    candidate: Annotated[str | None, typer.Option(help="The candidate's, likewise.")] = None,
    immediate: Annotated[
        bool,
        typer.Option(
            "--immediate", help="No settle time and no ingestion delay: each minute counts at once."
        ),
    ] = False,
    expect: Annotated[str | None, typer.Option(help="The last verdict that is expected.")] = None,
    as_json: _Json = False,
) -> int:
    """Judge recorded minutes with a policy; exit code 1 if it differs from --expect.

    Feeds recorded minutes through the gate, as a rollout would, and prints each verdict with its
    reason. The files are described in docs/gate.md.
    """
    from rollout.cli.replaying import Asked, run_replay
    from rollout.cli.scenarios import SCENARIOS
    from rollout.core.gate import Verdict

    if (minutes is None) == (scenario is None):
        raise typer.BadParameter("Give one of --minutes and --scenario.")
    _one_of("--scenario", scenario, sorted(SCENARIOS))
    _one_of("--expect", expect, [each.value for each in Verdict])
    return run_replay(
        Asked(
            policy=policy,
            minutes=minutes,
            scenario=scenario,
            history=history,
            pairs=pairs,
            outputs=outputs,
            stage_weight=stage_weight,
            stable=stable,
            candidate=candidate,
            immediate=immediate,
            expect=expect,
            json=as_json,
        )
    )


def repair(
    target: Annotated[str, typer.Argument(help="A service's name, or an endpoint's ARM id.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Adopt the rows after showing them.")] = False,
) -> int:
    """Adopt history rows that an endpoint's row does not know (docs/operations.md).

    Reads the tables with the app's own settings. Exit code 0: nothing is damaged, or it was
    repaired; 1: damaged, and left so; 64: it could not be read.
    """
    from rollout.cli.repairing import run_repair

    return run_repair(target, yes=yes)


def _one_of(option: str, value: str | None, known: list[str]) -> None:
    if value is not None and value not in known:
        raise typer.BadParameter(f"{option} is {value!r}: use one of {', '.join(known)}.")

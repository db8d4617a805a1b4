"""`python -m localazure`: a small Azure for Azure Machine Learning deployments, on this machine."""

import argparse
import asyncio
import json
import logging
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from localazure.azurite import AzuriteError
from localazure.event_grid.events import Casing
from localazure.event_grid.subscription import DeliverySchema
from localazure.private_files import write_private
from localazure.stack.addresses import Addresses
from localazure.stack.options import (
    DEFAULT_ENVIRONMENTS,
    DEFAULT_TOPIC,
    DEFAULT_WORK,
    RuntimeKind,
    StackOptions,
)
from localazure.stack.stack import DEVELOPER, Stack
from localazure.world import Dials, WorkspaceId

EXIT_CANNOT_START = 1
_DESCRIPTION = """\
An Azure small enough for one machine, for developers of Azure ML deployment code.

It serves, on loopback and over https with a private certificate authority:
  Azure Resource Manager   one Azure ML workspace: models, environments, code, online endpoints
                           and deployments, as the azure-ai-ml SDK calls them
  the scoring URI          traffic by weight, mirroring, the azureml-model-deployment header;
                           each deployment is a real scoring server running your score.py
  Azure Monitor            metrics per minute from that traffic, alert rules, action groups
  Event Grid               ModelRegistered events to your webhook or your storage queue, and a
                           custom topic with subscriptions
  Teams, Slack             incoming webhooks with their limits, and a hook for CloudEvents
  identity                 a managed-identity token endpoint for DefaultAzureCredential
  storage                  Azurite: blobs, queues, tables, with tokens or keys

Your code stays the same: only environment variables differ (--env-file).
"""
_EPILOG = """\
Try it:
  python -m localazure --env-file .local/azure.env
  set -a; . .local/azure.env; set +a
  python -c "from azure.ai.ml import MLClient; from azure.identity import DefaultAzureCredential
  import os; print(MLClient(DefaultAzureCredential(), os.environ['AZURE_SUBSCRIPTION_ID'],
  os.environ['AZURE_RESOURCE_GROUP'], os.environ['AZUREML_WORKSPACE_NAME']).workspaces.get().id)"

While it runs, use its control surface (printed at start) to turn dials, plan faults and see every
change to the world: GET dials, PUT dials, POST faults, GET writes, GET events, GET alerts, PUT
subscriptions/NAME. Run a function app against it with: python -m localazure.functions_host --help
"""


@dataclass(frozen=True)
class _Output:
    as_json: bool
    env_file: Path | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Return the exit code; errors are printed as one sentence."""
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("localazure").setLevel(logging.INFO)
    options, output = _parse(arguments)
    try:
        asyncio.run(_run(options, output))
    except (AzuriteError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_CANNOT_START
    return 0


async def _run(options: StackOptions, output: _Output) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with Stack(options) as addresses:
        environment = addresses.environment(DEVELOPER)
        if output.env_file is not None:
            _write_env_file(output.env_file, environment)
        _announce(addresses, environment, as_json=output.as_json)
        await stopping.wait()


def _announce(addresses: Addresses, environment: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"ready": True, **addresses.document()}), flush=True)
        return
    print(f"workspace        {addresses.workspace.path}")
    print(f"Resource Manager {addresses.arm}")
    print(f"scoring          {addresses.scoring}/ENDPOINT/score")
    print(f"custom topic     {addresses.topic}")
    print(f"control surface  {addresses.control}/info")
    print("\nEnvironment for a client:\n")
    for name, value in environment.items():
        print(f"export {name}={shlex.quote(value)}")
    print(flush=True)


def _write_env_file(file: Path, environment: Mapping[str, str]) -> None:
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    write_private(file, "".join(lines))


def _seconds(text: str) -> timedelta:
    value = float(text)
    if value < 0:
        raise ValueError("seconds cannot be negative")
    return timedelta(seconds=value)


def _parse(arguments: Sequence[str] | None) -> tuple[StackOptions, _Output]:
    parser = argparse.ArgumentParser(
        "python -m localazure",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_places(parser)
    _add_dials(parser)
    _add_events(parser)
    parsed = parser.parse_args(arguments)
    options = StackOptions(
        work=parsed.work.resolve(),
        environments=parsed.environments.resolve(),
        storage=None if parsed.storage is None else parsed.storage.resolve(),
        runtime=RuntimeKind(parsed.runtime),
        workspace=WorkspaceId(
            parsed.subscription, parsed.resource_group, parsed.workspace, parsed.location
        ),
        topic=parsed.topic,
        dials=Dials(
            endpoint_creation=parsed.provisioning_seconds,
            deployment_creation=parsed.provisioning_seconds,
            deployment_update=parsed.provisioning_seconds,
            deployment_deletion=parsed.deletion_seconds,
            endpoint_deletion=parsed.deletion_seconds,
            traffic_update=parsed.traffic_seconds,
            stale_read=parsed.stale_read_seconds,
        ),
        ingestion_delay=parsed.ingestion_delay_seconds,
        log_delay=parsed.log_delay_seconds,
        alert_every=parsed.alert_seconds,
        poll_delay=parsed.poll_seconds,
        retry_scale=parsed.retry_scale,
        seed=parsed.seed,
        subscribe=tuple(parsed.subscribe),
        event_schema=DeliverySchema(parsed.event_schema),
        casing=Casing(parsed.event_casing),
        control_port=parsed.control_port,
    )
    return options, _Output(parsed.json, parsed.env_file)


def _add_places(parser: argparse.ArgumentParser) -> None:
    workspace = WorkspaceId()
    places = parser.add_argument_group("services and files")
    places.add_argument(
        "--runtime",
        choices=[kind.value for kind in RuntimeKind],
        default=RuntimeKind.PROCESS.value,
        help="real scoring servers, or models that answer at once (%(default)s)",
    )
    places.add_argument("--subscription", default=workspace.subscription, metavar="ID")
    places.add_argument("--resource-group", default=workspace.resource_group, metavar="NAME")
    places.add_argument("--workspace", default=workspace.name, metavar="NAME")
    places.add_argument("--location", default=workspace.location, metavar="REGION")
    places.add_argument(
        "--work", type=Path, default=DEFAULT_WORK, help="working folder (%(default)s)"
    )
    places.add_argument(
        "--environments",
        type=Path,
        default=DEFAULT_ENVIRONMENTS,
        help="folder for built Python environments (%(default)s)",
    )
    places.add_argument("--storage", type=Path, help="folder for blobs, queues and tables (memory)")
    places.add_argument("--control-port", type=int, default=0, help="0 picks a free port (0)")
    places.add_argument("--env-file", type=Path, help="write a client's variables here")
    places.add_argument("--json", action="store_true", help="print one JSON line when ready")


def _add_dials(parser: argparse.ArgumentParser) -> None:
    none = timedelta(0)
    dials = parser.add_argument_group("dials (seconds; 0 unless said otherwise)")
    for name, default, text in (
        ("--provisioning-seconds", none, "endpoints and deployments take at least this long"),
        ("--deletion-seconds", none, "deletions take this long"),
        ("--traffic-seconds", none, "traffic updates take this long"),
        ("--stale-read-seconds", none, "a GET shows the old split for this long"),
        ("--ingestion-delay-seconds", none, "metrics become visible this late"),
        ("--log-delay-seconds", none, "rows of the traffic log become visible this late"),
        ("--alert-seconds", None, "evaluate every alert rule this often (as each rule says)"),
        ("--poll-seconds", timedelta(seconds=1), "ask clients to poll this often (1)"),
    ):
        dials.add_argument(name, type=_seconds, default=default, metavar="S", help=text)
    dials.add_argument(
        "--retry-scale",
        type=float,
        default=1.0,
        metavar="X",
        help="multiply the retry waits of Event Grid and action groups (%(default)s)",
    )
    dials.add_argument("--seed", type=int, help="seed of the traffic splits, to repeat a run")


def _add_events(parser: argparse.ArgumentParser) -> None:
    events = parser.add_argument_group("events")
    events.add_argument(
        "--subscribe",
        action="append",
        default=[],
        metavar="URL",
        help="webhook for the workspace's events, retried until it answers; may be repeated",
    )
    events.add_argument(
        "--event-schema",
        choices=[schema.value for schema in DeliverySchema],
        default=DeliverySchema.EVENT_GRID.value,
        help="schema of delivered events (%(default)s)",
    )
    events.add_argument(
        "--event-casing",
        choices=[casing.value for casing in Casing],
        default=Casing.PASCAL.value,
        help="casing of the names in an event's data (%(default)s)",
    )
    events.add_argument("--topic", default=DEFAULT_TOPIC, help="custom topic's name (%(default)s)")


if __name__ == "__main__":
    sys.exit(main())

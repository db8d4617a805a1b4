"""What `make up` prints once it runs: where things are, and command lines to paste.

Every line of `commands` works as it stands, in this order, and a test runs them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.local_cloud import LocalCloud
from demo.models import VERSIONS, model_file
from demo.places import MODEL, REPOSITORY, SERVICE

FIRST_DEPLOYMENT = "blue-1"
"""What serves while version 2 is on trial, and again after its rollback."""
REASON = "trying it out"
_POST = (
    'curl -sS -H "x-functions-key: $KEY" -H "Content-Type: application/json" '
    "-d '{body}' {service}/{verb}"
)
_ORDERS: Mapping[str, tuple[str, str]] = {
    "pause": ("nothing moves forward", f'{{"reason": "{REASON}"}}'),
    "resume": ("it goes on", f'{{"reason": "{REASON}"}}'),
    "advance": (
        "while it bakes: on to the next stage, without waiting for evidence",
        f'{{"reason": "{REASON}", "expected": {{"phase": "BAKING", "stage": 0}}}}',
    ),
    "rollback": ("all traffic back to version 1", f'{{"reason": "{REASON}"}}'),
    "retry": ("once it has ended: the same version again", f'{{"reason": "{REASON}"}}'),
}


@dataclass(frozen=True)
class Step:
    """Command lines that belong together; `says` stands above them."""

    says: str
    lines: Sequence[str]


def commands(cloud: LocalCloud, services: Path, env_file: Path) -> list[Step]:
    """Return the command lines for the example service, in the order in which they work.

    Orders stand alone in their step, because each needs the rollout to have come so far.
    """
    service = f"{cloud.app['url']}/api/rollouts/{SERVICE}"
    register = (
        f".venv/bin/python demo/register.py --model {MODEL} --version 2 "
        f"--file {_short(model_file('2'))}"
    )
    plan = (
        f".venv/bin/rollout plan {SERVICE} --stable {FIRST_DEPLOYMENT} "
        f"--services {_short(services)}"
    )
    return [
        *_looking(cloud, services, env_file),
        Step("Register a version with the plain azure-ai-ml SDK, and watch", [register]),
        Step("The service: where its rollout is, and why", [_get(service)]),
        *(
            Step(
                f"Order it to {verb}: {says}",
                [_POST.format(body=body, service=service, verb=verb)],
            )
            for verb, (says, body) in _ORDERS.items()
        ),
        Step(
            "How long a rollout would take, from stable's traffic; needs a whole minute of it",
            [plan],
        ),
    ]


def own_commands(cloud: LocalCloud, services: Path, env_file: Path) -> list[Step]:
    """Return the command lines for a services folder of the user's."""
    register = ".venv/bin/python demo/register.py --help"
    return [
        *_looking(cloud, services, env_file),
        Step("Register a version of your own model with azure-ai-ml: how", [register]),
    ]


def instructions(
    cloud: LocalCloud, services: Path, steps: Sequence[Step], notes: Sequence[str]
) -> list[str]:
    """Return the lines to print."""
    commands_shown = [line for step in steps for line in _shown(step)]
    return [
        "",
        *notes,
        "Press Ctrl-C to stop everything.",
        "",
        f"app              {cloud.app['url']}",
        f"Resource Manager {cloud.azure['armUrl']}",
        f"control surface  {cloud.azure['controlUrl']}/info",
        f"workspace        {cloud.azure['workspaceId']}",
        f"services         {services}",
        "                 watched: what you change or add there counts within seconds",
        f"logs             {cloud.work}",
        "",
        "In another shell, from top to bottom:",
        *commands_shown,
        "",
    ]


def model_lines() -> list[str]:
    """Return what the example's trained models are and where."""
    return [
        "Trained models:",
        *(
            f"  {version}: {kind:<13} {_short(model_file(version))}"
            for version, kind in VERSIONS.items()
        ),
        "",
    ]


def _looking(cloud: LocalCloud, services: Path, env_file: Path) -> list[Step]:
    app = cloud.app["url"]
    return [
        Step(
            "Point this shell to the local Azure; KEY is the app's function key",
            [f"cd {REPOSITORY}; . {_short(env_file)}"],
        ),
        Step(
            "The app, and every service",
            [f"curl -sS {app}/api/health", _get(f"{app}/api/rollouts")],
        ),
        Step("Every fault of every file", [f".venv/bin/rollout lint {_short(services)}"]),
    ]


def _get(url: str) -> str:
    return f'curl -sS -H "x-functions-key: $KEY" {url}'


def _shown(step: Step) -> list[str]:
    return [f"# {step.says}", *(f"  {line}" for line in step.lines)]


def _short(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path

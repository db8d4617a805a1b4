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
_ROLLOUT = ".venv/bin/rollout"
_ORDERS: Mapping[str, tuple[str, str]] = {
    "pause": ("nothing moves forward", ""),
    "resume": ("it goes on", ""),
    "advance": (
        "while it bakes: on to the next stage, without waiting for evidence",
        " --skip-evidence",
    ),
    "rollback": ("all traffic back to version 1", ""),
    "retry": ("once it has ended: the same version again", ""),
}
"""What each does, and its own options. Without `--yes` the command says what it will do, and asks.
"""


@dataclass(frozen=True)
class Step:
    """Command lines that belong together; `says` stands above them. `endless`: until Ctrl-C."""

    says: str
    lines: Sequence[str]
    endless: bool = False


def commands(cloud: LocalCloud, services: Path, env_file: Path) -> list[Step]:
    """Return the command lines for the example service, in the order in which they work.

    Orders stand alone in their step, because each needs the rollout to have come so far.
    """
    register = (
        f".venv/bin/python demo/register.py --model {MODEL} --version 2 "
        f"--file {_short(model_file('2'))}"
    )
    plan = f"{_ROLLOUT} plan {SERVICE} --stable {FIRST_DEPLOYMENT} --services {_short(services)}"
    return [
        *_looking(cloud, services, env_file),
        Step("Register a version with the plain azure-ai-ml SDK, and watch", [register]),
        Step("The service, live; Ctrl-C ends it", [f"{_ROLLOUT} watch {SERVICE}"], endless=True),
        Step("The same once: where its rollout is, and why", [f"{_ROLLOUT} get {SERVICE}"]),
        *(
            Step(f"Order it to {verb}: {says}", [_order(verb, options)])
            for verb, (says, options) in _ORDERS.items()
        ),
        Step(
            "How long a rollout would take, from stable's traffic; needs a whole minute of it",
            [plan],
        ),
        _locking(cloud),
    ]


def own_commands(cloud: LocalCloud, services: Path, env_file: Path) -> list[Step]:
    """Return the command lines for a services folder of the user's."""
    register = ".venv/bin/python demo/register.py --help"
    return [
        *_looking(cloud, services, env_file),
        Step("Register a version of your own model with azure-ai-ml: how", [register]),
        _locking(cloud),
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
        f"console          {cloud.app['url']}/api/ui/",
        f"                 it asks for a key: {cloud.app['functionKey']}",
        f"Resource Manager {cloud.azure['armUrl']}",
        f"control surface  {cloud.azure['controlUrl']}/info",
        f"messages         {cloud.azure['controlUrl']}/messages",
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
            "Point this shell to the local Azure, and `rollout` to the app",
            [f"cd {REPOSITORY}; . {_short(env_file)}"],
        ),
        Step(
            "The app, and every service",
            [f"curl -sS {app}/api/health", f"{_ROLLOUT} list"],
        ),
        Step("Every fault of every file", [f"{_ROLLOUT} lint {_short(services)}"]),
    ]


def _locking(cloud: LocalCloud) -> Step:
    control = cloud.azure["controlUrl"]
    return Step(
        "Lock the workspace: nothing starts or goes back, and the log says so; then unlock it",
        [
            f'curl -sS -X PUT {control}/locks -d \'{{"level": "ReadOnly"}}\'',
            f"curl -sS -X DELETE {control}/locks",
        ],
    )


def _order(verb: str, options: str) -> str:
    return f'{_ROLLOUT} {verb} {SERVICE} --yes{options} --reason "{REASON}"'


def _shown(step: Step) -> list[str]:
    return [f"# {step.says}", *(f"  {line}" for line in step.lines)]


def _short(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path

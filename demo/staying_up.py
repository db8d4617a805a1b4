"""`make up`: keeps the demo's local Azure and app running, and prints example commands."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from demo.acts import first_version
from demo.local_cloud import LocalCloud
from demo.models import VERSIONS, model_file
from demo.places import LOCAL, MODEL, REPOSITORY, SERVICE
from demo.playing import EXIT_AS_TOLD, scene_in
from demo.policies import demo_changes
from demo.scene import Scene
from demo.screens import PlainScreen
from demo.watching import Picture

WORK = LOCAL / "up"
ENV_FILE = WORK / "azure.env"
FOR_EVER_SECONDS = 7 * 24 * 3600.0


def stay_up() -> int:
    """Roll version 1 out, print example commands, and report decisions until interrupted."""
    console = Console()
    with (
        PlainScreen(console) as screen,
        scene_in(WORK, demo_changes(), screen) as scene,
    ):
        first_version(scene)
        _write_environment(ENV_FILE, scene.cloud.environment())
        for line in _instructions(scene.cloud):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        _report(scene)
    return EXIT_AS_TOLD


def _report(scene: Scene) -> None:
    def never(_: Picture) -> bool:
        return False

    scene.watch_until(never, "Ctrl-C", FOR_EVER_SECONDS)


def _write_environment(file: Path, environment: Mapping[str, str]) -> None:
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    file.write_text("".join(lines), encoding="utf-8")


def _instructions(cloud: LocalCloud) -> list[str]:
    rollouts = f"{cloud.app['url']}/api/rollouts"
    service = f"{rollouts}/{SERVICE}"
    files = [
        f"  {version}: {kind:<13} {model_file(version).relative_to(REPOSITORY)}"
        for version, kind in VERSIONS.items()
    ]
    register = (
        f"  .venv/bin/python demo/register.py --model {MODEL} --version 2 "
        f"--file {model_file('2').relative_to(REPOSITORY)}"
    )
    return [
        "",
        "Version 1 is serving, and clients keep sending requests. Press Ctrl-C to stop everything.",
        "",
        f"app              {cloud.app['url']}",
        f"Resource Manager {cloud.azure['armUrl']}",
        f"control surface  {cloud.azure['controlUrl']}/info",
        f"workspace        {cloud.azure['workspaceId']}",
        f"logs             {WORK}",
        "",
        "In another shell:",
        f"  KEY={cloud.app['functionKey']}",
        f'  curl -H "x-functions-key: $KEY" {rollouts}',
        f'  curl -H "x-functions-key: $KEY" {service}',
        *(
            f'  curl -H "x-functions-key: $KEY" -d \'{{"reason": "trying"}}\' {service}/{verb}'
            for verb in ("pause", "resume", "advance", "rollback", "retry")
        ),
        f"  curl {cloud.app['url']}/api/health",
        "",
        "Register a version with the plain azure-ai-ml SDK (demo/register.py) and watch:",
        f"  cd {REPOSITORY}; . {ENV_FILE.relative_to(REPOSITORY)}",
        register,
        "Trained models:",
        *files,
        "",
    ]

"""The command that publishes."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from rollout.cli.live.app_options import Asked, asks_the_app
from rollout.cli.live.waiting import duration
from rollout.cli.safe_text import say
from rollout.cli.shown.forms import FOR_PROGRAMS

DEFAULT_FOLDER = Path("services")


def add_publish_command(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(publish)


@asks_the_app
def publish(
    asked: Asked,
    folder: Annotated[Path, typer.Argument(help="A folder of services.")] = DEFAULT_FOLDER,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="The blob; else SERVICES_BUNDLE_URL, or azd's."),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="With --yes: services may disappear.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait_until: Annotated[
        Literal["read"] | None, typer.Option("--wait", help="Wait until the app has read it.")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="10m", help="How long; exit code 124.")
    ] = None,
) -> int:
    """Check the services, pack them, and put them where the app reads them.

    Says which services change, and writes only over what it compared with: who publishes at the
    same time is told. A folder with a fault is refused, as by `lint`.
    """
    # They bring Azure's libraries, which the other commands do without.
    from rollout.cli.live.publishing import Publication, await_reading  # noqa: PLC0415
    from rollout.cli.live.publishing import publish as put  # noqa: PLC0415

    if timeout is not None and wait_until is None:
        raise typer.BadParameter("--timeout goes with --wait.")
    try:
        limit = duration(timeout) if timeout is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    # Where the app is not known, nothing is written that could not be waited for.
    run = asked.session() if wait_until else None
    done = put(Publication(folder, to or "", remove, yes))
    if done.packed is None:
        return done.code
    code = done.code
    if run is not None:
        code = await_reading(run.app, done, limit, run.tell)
    if asked.output in FOR_PROGRAMS:
        print(FOR_PROGRAMS[asked.output](done.document()))
    elif asked.output == "name":
        print(done.packed.digest)
    else:
        say(f"bundle {done.packed.digest}\nsha256 {done.packed.sha256}")
        say(f"published to {done.url}" if done.written else "it was published already")
    return code

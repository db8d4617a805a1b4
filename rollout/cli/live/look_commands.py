"""The commands that look: list, get, history, why, whoami and watch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from rollout.cli.exits import ExitCode
from rollout.cli.live.app_options import Asked, asks_the_app
from rollout.cli.live.client import App, RefusedError, UnreachableError, part
from rollout.cli.live.session import Service, Session
from rollout.cli.live.watching import watch_service
from rollout.cli.shown.card import Frame, card
from rollout.cli.shown.fleet import fleet, summary
from rollout.cli.shown.glyphs import clean
from rollout.cli.shown.reasons import reasons
from rollout.cli.shown.timeline import full

View = Mapping[str, Any]
LIST_PAGE, PAGE = 1000, 200
"""The most that the app gives of the list at once, and of a history or of offers."""


def add_look_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("list")(list_services)
    for command in (get, watch, history, why, whoami):
        app.command()(command)


@asks_the_app
def list_services(asked: Asked) -> int:
    """List every service, those that need a person first."""
    run = asked.session()
    views = every_service(run.app)
    names = "\n".join(str(view["service"]) for view in views)
    run.give(views, names, lambda: _fleet(run, views))
    return ExitCode.GOOD


@asks_the_app
def get(asked: Asked, service: Service) -> int:
    """Show one service: where its rollout is, why, and what you can do."""
    run = asked.session()
    view = run.app.view(service)
    frame = Frame(run.app.now(), run.width, run.glyphs)
    run.give(view, str(view["service"]), lambda: card(view, frame))
    return ExitCode.GOOD


@asks_the_app
def watch(asked: Asked, service: Service) -> int:
    """Keep showing one service until Ctrl-C.

    On a terminal one picture that changes; elsewhere a line for each decision, or with -o json one
    line of JSON for each view that is new.
    """
    run = asked.session()
    return watch_service(run, service)


@asks_the_app
def history(
    asked: Asked,
    service: Service,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many rows at most, the latest.")] = 50,
) -> int:
    """Show what was decided and why, oldest first."""
    run = asked.session()
    rows = latest_rows(run.app, service, limit)
    names = "\n".join(f"{row['rollout']}/{row['sequence']}" for row in rows)
    run.give(rows, names, lambda: [full(row, run.glyphs) for row in rows])
    return ExitCode.GOOD


@asks_the_app
def why(
    asked: Asked,
    service: Service,
    version: Annotated[
        str | None, typer.Argument(help="A model version that did not start; else the service.")
    ] = None,
) -> int:
    """Say why a service, or a version, is where it is; exit code 1 if the version is not known."""
    run = asked.session()
    view = run.app.view(service)
    offers = every_offer(run.app, service) if version else []
    told = reasons({**view, "offers": offers}, version)
    document = {"service": view["service"], "version": version, "why": told}
    run.give(document, str(view["service"]), lambda: _sentences(run, told))
    return ExitCode.GOOD if told else _unknown(run, service, version)


@asks_the_app
def whoami(asked: Asked) -> int:
    """Say which app answers, whom it takes you for, and what you may order."""
    run = asked.session()
    told = run.app.get("whoami").body
    place = run.app.place
    document = {**told, "url": place.url, "foundBy": place.found}
    run.give(document, str(told["actor"]), lambda: _caller(run, document))
    return ExitCode.GOOD


def every_service(app: App) -> list[View]:
    """Return every service's view, page by page. Raises as `App.get`."""
    found: list[View] = []
    after: str | None = ""
    while after is not None:
        query = {"limit": str(LIST_PAGE), **({"after": after} if after else {})}
        page = app.get("rollouts", query).body
        found += page["value"]
        after = page["after"]
    return found


def latest_rows(app: App, service: str, limit: int) -> list[View]:
    """Return the latest rows of the history, oldest first. Raises as `App.get`."""
    found: list[View] = []
    query: dict[str, str] = {}
    while len(found) < limit:
        query["limit"] = str(min(PAGE, limit - len(found)))
        page = app.get(f"rollouts/{part(service)}/history", query).body
        found = [*page["value"], *found]
        if page["before"] is None:
            break
        # The first page says which rollout is the latest: one that starts meanwhile is another.
        query |= {"before": str(page["before"]), "rollout": str(page["rollout"])}
    return found[-limit:]


def every_offer(app: App, service: str) -> list[View]:
    """Return what became of every version. Raises as `App.get`."""
    found: list[View] = []
    after: str | None = ""
    while after is not None:
        query = {"limit": str(PAGE), **({"after": after} if after else {})}
        page = app.get(f"rollouts/{part(service)}/offers", query).body
        found += page["value"]
        after = page["after"]
    return found


def _fleet(run: Session, views: Sequence[View]) -> Iterable[Text]:
    lines = fleet(views, run.app.now(), run.width, run.glyphs, wide=run.form == "wide")
    return [*lines, Text(summary(views, tick_age(run.app)), style="dim")]


def tick_age(app: App) -> int | None:
    """Return how long ago the app's timer ran, in seconds; None where the app does not say."""
    try:
        age = app.get("health").body.get("tickAgeSeconds")
    except (RefusedError, UnreachableError):
        return None
    return age if isinstance(age, int) else None


def _sentences(run: Session, told: Iterable[str]) -> Iterable[Text]:
    for sentence in told:
        run.say(clean(sentence, run.glyphs))
    return ()


def _unknown(run: Session, service: str, version: str | None) -> int:
    run.say(
        f"{service} was never offered version {version}: is it registered, under the model that "
        "rollout.yaml names? `rollout start` offers it by hand."
    )
    return ExitCode.NOT_GOOD


def _caller(run: Session, told: View) -> Iterable[Text]:
    proof = "proven by the sign-in" if told["proven"] else "not proven: the key says nothing of you"
    lines = [
        f"app    {told['url']} ({told['foundBy']})",
        f"you    {told['actor']} ({proof})",
        f"roles  {', '.join(told['roles']) or 'none'}{'' if told['signIn'] else ' (no sign-in)'}",
        f"may    {', '.join(told['may']) or 'nothing'}",
    ]
    return [Text(clean(line, run.glyphs)) for line in lines]

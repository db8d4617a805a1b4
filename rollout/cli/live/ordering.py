"""Giving an order: what it will do and what it skips is shown first, and asked."""

import getpass
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from rollout.cli.exits import ExitCode
from rollout.cli.live.client import NoAnswerError, UnreachableError, part
from rollout.cli.live.place import PlaceError
from rollout.cli.live.session import Session, is_asked
from rollout.cli.safe_text import say

View = Mapping[str, Any]
ACTOR = "ROLLOUT_ACTOR"
SKIP_EVIDENCE = "skip_evidence"
SECOND_PERSON = "second-person"
SUSPEND = "suspend"
TRIES = 4
"""How often an order is sent that is not answered."""

PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 15.0
"""Of what the app asks for between two of them."""

_PERHAPS = "The order may have been carried out all the same: look before you give it anew."


@dataclass(frozen=True)
class Order:
    """An order as the command line gives it.

    `version`: for `retry` and `cancel`, "" where the app is to find it. `take_from` is for
    `rollback`, `until` for `suspend`. `skip_evidence` agrees beforehand that `advance` skips what
    the gate has not shown.
    """

    verb: str
    service: str
    reason: str
    version: str = ""
    take_from: tuple[str, ...] = ()
    skip_evidence: bool = False
    yes: bool = False
    until: str = ""


@dataclass(frozen=True)
class Given:
    """`code` is not `GOOD` where nothing was ordered. `before` is the view that was shown."""

    code: ExitCode
    before: View
    answer: View | None = None


def give(run: Session, order: Order) -> Given:
    """Show, ask, and send one order.

    Raises:
        PlaceError: Nobody can be asked, and `--yes` was not given, or what `--yes` needs was not.
        RefusedError: The app refuses.
        UnreachableError: No usable answer: the order may have been carried out, or not.
    """
    view = run.app.view(order.service)
    allowed = {each["verb"]: each for each in view["allowed"]}
    # One about a version may name one that the view does not list; one that suspends is not listed
    # where there is one already, and takes its place.
    unlisted = order.version or order.verb == SUSPEND
    found = allowed.get(order.verb, {"means": "", "needs": []} if unlisted else None)
    run.tell(str(view["says"]))
    if found is None:
        others = ", ".join(allowed) or "nothing"
        run.tell(f"{order.verb} can do nothing now; you can order: {others}")
        return Given(ExitCode.NOT_GOOD, view)
    skips = SKIP_EVIDENCE in found["needs"]
    named = f" of version {order.version}" if order.version else ""
    run.tell(f"{order.verb}{named}: {found['means'] or 'the app says what it does'}")
    if skips:
        run.tell("The gate has not passed this stage: this goes on without its evidence.")
    if SECOND_PERSON in found["needs"]:
        run.tell("This stage begins only for a signed-in person who did not start the rollout.")
    if skips and order.yes and not order.skip_evidence:
        raise PlaceError("With --yes, say --skip-evidence as well: nobody is asked.")
    if not agreed(order.yes, f"{order.verb} {order.service}?"):
        run.tell("nothing was ordered")
        return Given(ExitCode.NOT_GOOD, view)
    path = f"rollouts/{part(order.service)}/{order.verb}"
    return Given(ExitCode.GOOD, view, _post(run, path, _body(order, view, skips=skips)))


def start(run: Session, service: str, version: str, reason: str, *, yes: bool) -> Given:
    """Offer a version by hand. Raises as `give`."""
    view = run.app.view(service)
    run.tell(str(view["says"]))
    run.tell(f"start: offers version {version}; it starts once nothing else is under way")
    if not agreed(yes, f"start version {version} of {service}?"):
        run.tell("nothing was ordered")
        return Given(ExitCode.NOT_GOOD, view)
    body = {"service": service, "version": version, "reason": reason, "actor": actor()}
    return Given(ExitCode.GOOD, view, _post(run, "rollouts", body))


def give_for_all(run: Session, verb: str, reason: str, until: str, *, yes: bool) -> View | None:
    """Order something of all services; None where it was not agreed to. Raises as `give`."""
    for each in run.app.get("suspensions").body["value"]:
        end = f" until {each['until']}" if each["until"] else ""
        which = "all services are" if each["service"] is None else f"{each['service']} is"
        run.tell(f"{which} suspended by {each['by']}{end}: {each['reason']}")
    means = "nothing is raised or started in any service; rollback still works"
    run.tell(f"{verb}: {means if verb == SUSPEND else 'what all services wait for goes on'}")
    if not agreed(yes, f"{verb} all services?"):
        run.tell("nothing was ordered")
        return None
    body = {"reason": reason, "actor": actor(), **({"until": until} if until else {})}
    answer: View = _post(run, verb, body)
    return answer


def agreed(yes: bool, question: str) -> bool:  # noqa: FBT001 - the answer to the question
    """Ask unless the answer is known; only `y` and `yes` agree.

    Raises:
        PlaceError: There is nobody to ask.
    """
    if yes:
        return True
    if not is_asked():
        raise PlaceError("Nobody can be asked here: say --yes if it is to be done.")
    say(f"{question} [y/N]", error=True)
    try:
        return input().strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def actor() -> str:
    """Return who orders, for an app without a sign-in: `ROLLOUT_ACTOR`, or the user's name."""
    try:
        return os.environ.get(ACTOR, "").strip() or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _post(run: Session, path: str, body: View) -> Any:
    """Send the order until it is answered; its key lets it count once however often that is."""
    key = str(uuid4())
    for left in reversed(range(TRIES)):
        try:
            return run.app.post(path, body, key)
        except NoAnswerError as error:
            if not left:
                raise UnreachableError(f"{error}\n{_PERHAPS}") from error
            run.tell(f"no answer ({error}); the same order is sent again")
            asked = PAUSE_SECONDS if error.again_after is None else error.again_after
            time.sleep(min(asked, LONGEST_PAUSE_SECONDS))
        except UnreachableError as error:
            raise UnreachableError(f"{error}\n{_PERHAPS}") from error
    raise AssertionError("a try ends in an answer or an error")


def _body(order: Order, view: View, *, skips: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"reason": order.reason, "actor": actor()}
    if order.verb == "advance":
        rollout = view["rollout"]
        # Bound to what was shown: a stage that has moved on meanwhile is not skipped.
        body["expected"] = {name: rollout[key] for name, key in _EXPECTED}
        if skips:
            body[SKIP_EVIDENCE] = True
    if order.version:
        body["version"] = order.version
    if order.until:
        body["until"] = order.until
    if order.take_from:
        body["take_from"] = list(order.take_from)
    return body


_EXPECTED = (("rollout", "id"), ("phase", "phase"), ("stage", "stage"))

"""Endpoints of one workspace that many ask for at once: one list in place of many reads.

While one question about a workspace is under way, others wait. When its answer is there they are
told what to do: where there are enough of them, the newest reads the list of the workspace's
endpoints for all of them, and where there are few, each asks by itself. The list is sent after all
of them asked, so nobody gets an answer older than the question.

Nothing is concluded from a list but what an item that is complete says. Who is not answered by it,
for whatever reason, asks as if there were no lists.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition, Lock
from typing import Any

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import EndpointId, WorkspaceId
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.errors import RolloutError

LEAST_WAITING = 3
"""As many waiting questions are worth a list of one page."""

PATIENCE_SECONDS = 3.0
"""The longest that a question waits for calls of others; then it asks by itself."""

LIST_SECONDS = 2.0
"""The longest that a list may take, all its pages together."""

OWN_SHARE = 0.5
"""The share of its time-out that a question keeps for its own request, whatever comes before."""

NO_LISTS_SECONDS = 600.0
"""How long no list is tried after one that failed, answered nobody, or cost too much."""

_MANAGED = "managed"
_SPLITS = ("traffic", "mirrorTraffic")


class ListItem(dict[str, Any]):
    """An endpoint's body that came from a list: it is read, and never put back.

    Whether an item has everything that a PUT must have is known of the answer to a GET only.
    """


@dataclass(eq=False)
class _Question:
    """`told`: it need wait no longer. `batch` is not empty where it is to read the list for all."""

    endpoint: EndpointId
    told: bool = False
    batch: Sequence["_Question"] = ()
    item: ListItem | None = None


class _Line:
    """The questions about one workspace, one of which holds all that come after it.

    `pages` is how many the last list had.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = Condition()
        self._holder: _Question | None = None
        self._waiting: list[_Question] = []
        self._pages = 1
        self._no_lists_until = clock()

    def has_lists(self) -> bool:
        """Say whether a list may be tried, so that it makes sense to wait."""
        with self._changed:
            return self._clock() >= self._no_lists_until

    def put_off(self) -> None:
        """Try no list for a while."""
        with self._changed:
            self._put_off()

    def take_place(self, question: _Question, seconds: float) -> None:
        """Return when the question may ask, has its answer, or has waited for so many seconds."""
        with self._changed:
            if self._holder is None:
                self._holder = question
                return
            self._waiting.append(question)
            self._changed.wait_for(lambda: question.told, seconds)
            if question in self._waiting:
                # Those behind wait for this one now, and not for what takes so long.
                self._waiting.remove(question)
                self._holder = question

    def leave(self, question: _Question) -> None:
        """Where the question held others, tell them to go on."""
        with self._changed:
            if self._holder is not question:
                return
            batch, self._waiting = self._waiting, []
            # The newest has the most of its time left.
            self._holder = batch[-1] if batch else None
            if self._holder is not None and self._is_worth_a_list(len(batch)):
                self._holder.batch = batch
                self._holder.told = True
            else:
                for each in batch:
                    each.told = True
            self._changed.notify_all()

    def answer(self, batch: Sequence[_Question], items: Mapping[str, ListItem], pages: int) -> None:
        """Hand the items of a list out, by endpoint in lower case. None at all: it failed."""
        with self._changed:
            for each in batch:
                each.item = items.get(each.endpoint.name.lower())
                each.told = True
            if any(each.item is not None for each in batch):
                self._pages = pages
            else:
                self._put_off()
            self._changed.notify_all()

    def _put_off(self) -> None:
        self._no_lists_until = self._clock() + NO_LISTS_SECONDS

    def _is_worth_a_list(self, waiting: int) -> bool:
        enough = waiting >= max(LEAST_WAITING, self._pages + 1)
        return enough and self._clock() >= self._no_lists_until


class SharedReads:
    """Reads endpoints, several at once where many are asked for. Safe for threads.

    `clock` gives seconds that never go back.
    """

    def __init__(self, arm: Arm, clock: Callable[[], float] = time.monotonic) -> None:
        self._arm = arm
        self._clock = clock
        self._lock = Lock()
        self._lines: dict[str, _Line] = {}

    def read(self, endpoint: EndpointId, *, timeout: float) -> Any:
        """Return the endpoint's body, `Absent()` for 404. Raises as `Arm.get` does.

        It is a `ListItem` where a list gave it, which was sent after this call began.
        """
        deadline = Deadline(timeout)
        line = self._line(endpoint.workspace)
        if not line.has_lists():
            return self._arm.get(endpoint.path, timeout=timeout)
        question = _Question(endpoint)
        line.take_place(question, min(PATIENCE_SECONDS, timeout * (1 - OWN_SHARE)))
        try:
            if question.batch:
                self._read_list(line, question.batch, deadline)
            if question.item is not None:
                return question.item
            return self._arm.get(endpoint.path, timeout=deadline.left())
        finally:
            line.leave(question)

    def distrust(self, endpoint: EndpointId) -> None:
        """Try no list of its workspace for a while: what one said was not so."""
        self._line(endpoint.workspace).put_off()

    def _read_list(self, line: _Line, batch: Sequence[_Question], deadline: Deadline) -> None:
        items: dict[str, ListItem] = {}
        pages = 0
        # One request fewer than they would make by themselves is the most that it may cost.
        most = len(batch) - 1
        path = batch[0].endpoint.workspace.endpoints_path
        try:
            timeout = min(LIST_SECONDS, deadline.left() * (1 - OWN_SHARE))
            for page in self._arm.each_page(path, timeout=timeout, most=most):
                pages += 1
                complete = (ListItem(each) for each in page if _is_complete(each))
                items |= {str(each["name"]).lower(): each for each in complete}
        except RolloutError:
            # Whatever it was: who asks by itself is told, and half a list is none.
            items = {}
        finally:
            line.answer(batch, items, pages)

    def _line(self, workspace: WorkspaceId) -> _Line:
        with self._lock:
            return self._lines.setdefault(workspace.path.lower(), _Line(self._clock))


def _is_complete(item: Mapping[str, Any]) -> bool:
    """Say whether a list's item has all that is decided from.

    What a GET leaves out is not there; what a list leaves out may be there all the same.
    """
    properties = item.get("properties")
    return (
        isinstance(properties, dict)
        and str(item.get("kind")).lower() == _MANAGED
        and all(item.get(key) for key in ("name", "location"))
        and isinstance(item.get("tags"), dict)
        and all(properties.get(key) for key in ("provisioningState", "authMode", "scoringUri"))
        and all(isinstance(properties.get(key), dict) for key in _SPLITS)
    )

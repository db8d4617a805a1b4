"""How the story knows that people read of a rollback."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from demo.acts import CHATS, _told_of
from rollout.adapters.messages.slack import slack_body
from rollout.adapters.messages.teams import teams_body
from rollout.core.records.phases import Phase
from tests.support.happenings import a_happening, a_message

if TYPE_CHECKING:
    from demo.scene import Scene

ROLLED_BACK = a_message()
OTHERS = a_message(a_happening("Notice", Phase.ROLLED_BACK))
TEAMS, SLACK = (json.loads(make(ROLLED_BACK, None)) for make in (teams_body, slack_body))


def arrived(receiver: str, body: Any, *problems: str) -> dict[str, Any]:
    return {"receiver": receiver, "body": body, "problems": list(problems)}


def told(messages: Sequence[dict[str, Any]], version: str = "7") -> list[str]:
    scene = SimpleNamespace(cloud=SimpleNamespace(messages=lambda: messages))
    return _told_of(cast("Scene", scene), version)


def test_a_rollback_was_read_of_where_its_title_landed() -> None:
    assert told([arrived("teams", TEAMS), arrived("slack", SLACK)]) == CHATS


def test_what_was_refused_is_not_shown_or_is_about_something_else_does_not_count() -> None:
    cleared = json.loads(slack_body(OTHERS, None))
    assert told([arrived("teams", TEAMS, "no card"), arrived("slack", cleared)]) == []
    assert told([arrived("teams", TEAMS)], version="8") == []
    assert told([arrived("hook", {"data": SLACK})]) == []

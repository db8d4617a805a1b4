"""Nothing of what models are asked or answer is kept: no row, view, event or log line has it."""

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import Difference, Live, Output, OutputKind, Quality
from rollout.inbound.stream_views import predictions_view
from rollout.ports import Commit, Stored
from rollout.units import MINUTE
from tests.support.stories.azure import Behaviour
from tests.support.stories.collecting import JUDGED
from tests.support.stories.stage import Story

MARK = "mark-7Qx"
"""In everything that is a value of some client's own."""

LIVE = Live(outputs=(Output("reason", OutputKind.LABEL), Output("score")))
PROBED = replace(
    JUDGED,
    probes=Probes(when=ProbesWhen.ALWAYS, rate=5),
    quality=Quality(difference=Difference.EXPECTED, contract=None, live=LIVE),
)
PER_MINUTE = 40


def own(number: int, *, bad: bool) -> dict[str, Any]:
    """An answer with values that are nobody else's; a bad one differs, and is odd as well."""
    about = f"{MARK} {number}: what this client alone was told"
    answer = {"label": number % 2, "reason": about, "near": [{"name": f"{about}, near"}]}
    if bad:
        return {**answer, "label": 1 - number % 2, "reason": about.upper(), "score": f"no {MARK}"}
    return {**answer, "score": number / 1000}


class Everything:
    """What was ever stored."""

    def __init__(self, story: Story) -> None:
        self.rows: list[str] = []
        real = story.store.commit

        def kept(commit: Commit) -> Stored:
            self.rows.append(repr(commit))
            return real(commit)

        story.store.commit = kept  # type: ignore[method-assign]


def collected(story: Story, share: float) -> None:
    """Every minute both sides collect answers, of which the candidate's share is bad."""
    last: list[datetime] = [story.clock.now]

    def write() -> None:
        while last[0] + MINUTE <= story.clock.now:
            for name in story.split:
                answers = [
                    own(number, bad=name != "blue-0" and number % 100 < share * 100)
                    for number in range(PER_MINUTE)
                ]
                story.predictions.collect(story.policy.endpoint, name, last[0], *answers)
            last[0] += MINUTE

    story.predictions.make_up = write


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_no_value_of_an_answer_is_kept(share: float, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    story = Story(PROBED)
    kept = Everything(story)
    story.serves("0", Behaviour(answers=lambda number: (200, own(number, bad=False))))
    story.serves(
        "2", Behaviour(answers=lambda number: (200, own(number, bad=number % 100 < share * 100)))
    )
    story.adopt()
    collected(story, share)
    story.pass_time(30 * MINUTE)
    story.register("2")
    story.until_started("2", within=timedelta(hours=1))
    story.until(
        lambda: story.rollout.hold is not None or story.rollout.final, within=timedelta(hours=3)
    )

    view = predictions_view(story.rollout)
    assert view is not None
    told = [
        *kept.rows,
        json.dumps(view, default=str),
        *(entry.text for entry in story.history()),
        repr(story.lifecycle.__dict__),
        story.describe(),
        caplog.text,
    ]
    assert len(kept.rows) > 10
    assert view["live"] or view["paired"]
    assert not [text for text in told if MARK.lower() in text.lower()]

"""Every saved decision has one line, and the lines tell what the history tells."""

from rollout.core.records.decision_fields import DECISION_FIELDS
from rollout.core.records.phases import Phase
from rollout.errors import UnknownOutcomeError
from tests.doubles.seam import raising
from tests.support.stories.azure import FAILING
from tests.support.stories.scenes import HOUR, on_trial
from tests.support.stories.stage import Story


def one_line_a_commit(story: Story) -> None:
    """Of commits with history: each once, in order, though others have lines for minutes."""
    lines = story.log.decisions
    assert all(list(line) == list(DECISION_FIELDS) for line in lines)
    commits = [line["commit"] for line in lines]
    assert len(set(commits)) == len(commits)
    told = {line["commit"]: line["kinds"] for line in lines if line["kinds"]}
    assert told == {
        committed.after.commit_id: [entry.kind for entry in committed.history]
        for committed in story.store.journal
        if committed.history
    }


def test_a_promotion_can_be_read_from_the_lines() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.until_quiet(within=6 * HOUR)
    assert story.phase is Phase.SUCCEEDED
    one_line_a_commit(story)
    of_two = [line for line in story.log.decisions if line["version"] == "2"]
    raises = [line["weight"] for line in of_two if line["weight"] > line["weightBefore"]]
    assert raises == sorted(raises)
    assert raises[-1] == 100
    assert any(line["minutes"] and line["odds"] is not None for line in of_two)


def test_a_rollback_says_what_failed_and_how_sure_the_gate_was() -> None:
    story = Story()
    story.adopt()
    story.serves("2", FAILING)
    story.register("2")
    story.until_quiet(within=6 * HOUR)
    assert story.phase is Phase.ROLLED_BACK
    one_line_a_commit(story)
    (back,) = (
        line
        for line in story.log.decisions
        if line["phase"] == Phase.ROLLING_BACK and line["phaseBefore"] != Phase.ROLLING_BACK
    )
    assert (back["cause"], back["verdict"], back["weight"]) == ("gate", "rollback", 0)
    assert back["odds"] >= back["oddsNeeded"]
    assert sum(line["failed"] for line in story.log.decisions if line["version"] == "2") > 0


def test_a_commit_whose_answer_is_lost_has_its_line_once() -> None:
    story = on_trial(Phase.BAKING, 0)
    story.seam.once_after("store.commit", raising(UnknownOutcomeError("no answer")))
    story.until_quiet(within=6 * HOUR)
    one_line_a_commit(story)

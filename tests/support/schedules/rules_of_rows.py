"""What is stored: one owner, a numbered history, phases as the table says, names used once."""

from rollout.core.machine.transitions import TRANSITIONS, Finding
from rollout.core.predictions.golden_scores import GoldenScores
from rollout.core.records.examination import ExamStep
from rollout.core.records.phases import Phase
from tests.support.schedules.watching import Witness
from tests.support.stories.surroundings import Committed


def one_rollout_owns_the_endpoint(witness: Witness, step: Committed) -> None:
    """A rollout starts only after the one before it has ended, and a final phase is never left."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if was is None or now is None:
        return
    if was.id != now.id and not was.final:
        witness.broke(one_rollout_owns_the_endpoint, f"{now.id} replaced {was.id} in {was.phase}")
    if was.id == now.id and was.final and now.phase is not was.phase:
        witness.broke(one_rollout_owns_the_endpoint, f"{was.phase} -> {now.phase}")


def history_is_numbered(witness: Witness, step: Committed) -> None:
    """Rows follow one another without a gap, and the owner row's head is the last of them."""
    before = step.before
    for entry in step.history:
        same = before is not None and before.rollout_id == entry.rollout
        expected = before.sequence + 1 if same and before is not None else 1
        earlier = [each for each in step.history if each.rollout == entry.rollout]
        if entry.sequence != expected + earlier.index(entry):
            witness.broke(history_is_numbered, entry)
    if step.history and step.after.head != step.history[-1].key:
        witness.broke(history_is_numbered, f"head {step.after.head}")


def phases_follow_the_table(witness: Witness, step: Committed) -> None:
    """Every change of phase or stage is one row, and the table of transitions allows it."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if was is None or now is None or was.id != now.id:
        return
    moves = [entry for entry in step.history if entry.kind == "PhaseChanged"]
    if (was.phase, was.stage) == (now.phase, now.stage):
        return
    if len(moves) != 1:
        witness.broke(phases_follow_the_table, f"{was.phase} -> {now.phase}: {len(moves)} rows")
    for move in moves:
        finding = Finding(move.data["finding"])
        if TRANSITIONS[was.phase].get(finding) is not now.phase:
            witness.broke(phases_follow_the_table, move)


def no_name_is_used_twice(witness: Witness, step: Committed) -> None:
    """A candidate's name was never used on this endpoint, and nothing bears it at the start."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if now is None or (was is not None and was.id == now.id):
        return
    taken = now.candidate in witness.names
    if taken or (witness.serves_with(now.candidate) is not None and not witness.door.paused):
        witness.broke(no_name_is_used_twice, now.candidate)


def what_starts_is_registered(witness: Witness, step: Committed) -> None:
    """No trial begins of a version that is archived, or not in the workspace any more."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    if now is None or (was is not None and was.id == now.id) or witness.door.paused:
        return
    if not witness.offers(now.release.version):
        witness.broke(what_starts_is_registered, now.release)


def a_golden_row_counts_once(witness: Witness, step: Committed) -> None:
    """Both sides' scores have as many rows as are behind, whatever was sent again."""
    now = step.after.rollout
    if now is None or now.exam.step is not ExamStep.GOLDEN:
        return
    scores = GoldenScores.load(now.exam.scores)
    sides = [scores.candidate, *([scores.stable] if now.stable is not None else [])]
    if {each.rows + each.unusable for each in sides} != {now.exam.done}:
        witness.broke(a_golden_row_counts_once, now.exam)


def count_the_places(witness: Witness, step: Committed) -> None:
    """Count phases, holds and endings, for the table of what the schedules reached."""
    was, now = step.before.rollout if step.before else None, step.after.rollout
    waited = step.before.waiting if step.before else None
    if waited is not None and any(e.data.get("state") == "rejected" for e in step.history):
        witness.note("situation: a waiting version was withdrawn")
    if now is None:
        return
    new = was is None or was.id != now.id
    if new or (was is not None and was.phase is not now.phase):
        witness.note(f"phase {now.phase}")
        if now.final and now.phase is not Phase.SUCCEEDED:
            witness.note(f"cause {now.cause}")
    if now.hold is not None and (was is None or was.hold is None or was.hold != now.hold):
        witness.note(f"hold {now.hold.reason}")

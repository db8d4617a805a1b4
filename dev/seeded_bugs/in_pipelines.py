"""Bugs in what pipelines run."""

from dev.seeded_bugs.bug import SeededBug

MODES = "tests/unit/cli/pipelines/test_app_modes.py::"

BUGS = (
    SeededBug(
        file="rollout/cli/pipelines/comments.py",
        was='if by_app and str(each.get("body") or "").startswith(mark):',
        becomes='if str(each.get("body") or "").startswith(mark):',
        harm="Anybody who copies the mark has a comment in their name rewritten at each run.",
        test=(
            "tests/contract/test_cli_pipelines.py::"
            "test_a_persons_comment_with_our_mark_is_left_alone"
        ),
    ),
    SeededBug(
        file="rollout/cli/pipelines/app_modes.py",
        was='earlier = rollout.get("id") == aim.rollout and not aim.same',
        becomes="earlier = False",
        harm="A job shows the failed rollout of before as the one that it has just started.",
        test=f"{MODES}test_without_waiting_the_rollout_of_before_is_not_taken_for_this_one",
    ),
    SeededBug(
        file="rollout/cli/log_commands.py",
        was='shown = visible_line(text, LONGEST).replace("%", "%AZP25").replace("##", "# #")',
        becomes='shown = visible_line(text, LONGEST).replace("%", "%AZP25")',
        harm="A model's name ends or renames a step of somebody's pipeline.",
        test=(
            "tests/unit/cli/test_log_commands.py::"
            "test_what_others_wrote_ends_no_line_and_begins_no_command"
        ),
    ),
    SeededBug(
        file="rollout/cli/live/client.py",
        was="if fresh or not self.place.client_id or refused.status != HTTPStatus.UNAUTHORIZED:",
        becomes="if True or not self.place.client_id or refused.status != HTTPStatus.UNAUTHORIZED:",
        harm="A job that waits longer than its token lasts fails, whatever became of the rollout.",
        test="tests/contract/test_cli_client.py::test_a_token_that_has_expired_is_had_again_once",
    ),
)

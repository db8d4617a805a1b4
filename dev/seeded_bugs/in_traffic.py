"""Bugs in what is seen of an endpoint and asked of it: splits, creation, deletion."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/machine/wanted.py",
        was="return {**kept, **wanted_mirror(rollout)}",
        becomes="return {**dict(there), **wanted_mirror(rollout)}",
        harm="A rollback leaves the mirror on the candidate, which is then never deleted.",
        test=(
            "tests/unit/core/machine/test_wanted_mirror.py::"
            "test_what_gets_a_weight_loses_its_mirror_or_azure_would_refuse_the_write"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was="return dict(mirror) == wanted if wanted else rollout.candidate not in mirror",
        becomes="return dict(mirror) == wanted if wanted else True",
        harm="A rollback counts as done while requests are still mirrored to the candidate.",
        test=(
            "tests/unit/core/machine/test_wanted_mirror.py::"
            "test_stable_at_all_traffic_is_no_rollback_while_the_candidate_is_mirrored_to"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was=(
            "unproven = rollout.asked_for_requests_at is not None and "
            "PHASES[rollout.phase].confirms"
        ),
        becomes=(
            "unproven = rollout.asked_for_traffic_at is not None and PHASES[rollout.phase].confirms"
        ),
        harm="A mirror that arrives late goes on after its rollback was seen to be done.",
        test=(
            "tests/unit/core/machine/test_wanted_mirror.py::"
            "test_a_rollback_from_the_mirror_needs_the_proof_of_its_stamp"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/judge.py",
        was="return expected if expected >= UNLIKELY_QUIET else 0.0",
        becomes="return 0.0",
        harm="Probes alone pass a mirror of which Azure Monitor shows nothing.",
        test=(
            "tests/unit/core/gate/judging/test_judge_mirrored.py::"
            "test_probes_alone_do_not_pass_a_mirror_that_shows_nothing"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was="return Sight.AS_WANTED if ours or not unproven else Sight.NOT_YET",
        becomes="return Sight.AS_WANTED if ours or unproven else Sight.NOT_YET",
        harm=(
            "A rollback counts as seen although its own write has not arrived, and the "
            "candidate is deleted too soon."
        ),
        test=(
            "tests/unit/core/machine/test_endings.py::"
            "test_a_split_without_our_stamp_proves_no_way_back"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was="return number.isdecimal() and int(number) < rollout.write",
        becomes="return number.isdecimal() and int(number) <= rollout.write",
        harm=(
            "A split that somebody sets by hand beside our present tag is fought instead of "
            "respected."
        ),
        test="tests/unit/core/machine/test_sight.py::test_what_a_look_says",
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was="PASSES_IN_A_ROW = 2",
        becomes="PASSES_IN_A_ROW = 1",
        harm=(
            "One stale read after a write is taken for somebody else's split and holds the rollout."
        ),
        test=(
            "tests/unit/core/machine/test_with_traffic.py::"
            "test_somebody_elses_split_holds_on_the_second_pass"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was=(
            'return bool(name) and bool(endpoint.traffic.get(name or "") or '
            'endpoint.mirror.get(name or ""))'
        ),
        becomes='return bool(name) and bool(endpoint.traffic.get(name or ""))',
        harm="A deployment that still gets mirrored traffic is deleted.",
        test="tests/unit/core/machine/test_sight.py::test_mirrored_traffic_is_carried_too",
    ),
    SeededBug(
        file="rollout/core/machine/sight.py",
        was="return endpoint.traffic.get(rollout.stable, 0) > wanted",
        becomes="return endpoint.traffic.get(rollout.stable, 0) >= wanted",
        harm=(
            "An endpoint that somebody drained in the keep is taken for a rollback, and a good "
            "release is quarantined."
        ),
        test=(
            "tests/unit/core/machine/test_with_traffic.py::"
            "test_somebody_elses_split_holds_on_the_second_pass"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/wanted.py",
        was=(
            "left = {name: weight for name, weight in theirs.items() if name not in "
            "rollout.may_take}"
        ),
        becomes=(
            "left = {name: weight for name, weight in theirs.items() if name in rollout.may_take}"
        ),
        harm="A rollback takes the traffic of a hotfix that somebody put in place by hand.",
        test=(
            "tests/unit/core/machine/test_wanted_whose_traffic.py::"
            "test_the_way_back_moves_the_candidates_share_and_nobody_elses"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/memory.py",
        was="memory = replace(memory, absent=0)",
        becomes="pass",
        harm=(
            "An outage between two 404s counts as nothing, and a rollout is given up as lost "
            "on stale answers."
        ),
        test=(
            "tests/unit/core/machine/test_with_traffic.py::"
            "test_a_look_between_that_shows_the_endpoint_begins_the_count_anew"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/memory.py",
        was="foreign += int(first_look)",
        becomes="foreign += 1",
        harm="One pass that looks twice confirms somebody else's split by itself.",
        test=(
            "tests/unit/core/machine/test_with_traffic.py::"
            "test_a_further_look_of_one_pass_is_no_second_pass"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/effects_needed.py",
        was="if halted(rollout):",
        becomes="if rollout.suspended:",
        harm="A held rollout goes on raising the candidate's weight.",
        test=(
            "tests/unit/core/machine/test_effects_needed.py::"
            "test_while_held_or_suspended_nothing_is_raised"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/effects_needed.py",
        was="if not isinstance(deployment, DeploymentSeen) or carries(wanted.endpoint, name):",
        becomes="if not isinstance(deployment, DeploymentSeen):",
        harm="A deployment that serves clients is deleted.",
        test=(
            "tests/unit/core/machine/test_effects_needed.py::"
            "test_only_what_has_neither_weight_nor_mirror_is_deleted"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/effects_needed.py",
        was="return SetTraffic(split, mirror, stamp(rollout), raises_candidate=raises)",
        becomes="return SetTraffic(split, mirror, stamp(rollout), raises_candidate=lowers)",
        harm="A raise goes out without the check that nobody ordered a rollback meanwhile.",
        test=(
            "tests/unit/core/machine/test_effects_needed.py::"
            "test_every_write_carries_its_stamp_and_says_whether_it_raises"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/effects_needed.py",
        was="return rollout.candidate if wanted.now >= due else None",
        becomes="return rollout.stable if wanted.now >= due else None",
        harm="After a rollback the old version is deleted in place of the bad one.",
        test=(
            "tests/unit/core/machine/test_endings.py::"
            "test_the_kept_candidate_is_deleted_when_due_or_when_an_offer_waits"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/effects_needed.py",
        was="return max(now, min(moments))",
        becomes="return max(now, max(moments))",
        harm="A bake is looked at an hour apart, and harm waits as long.",
        test=(
            "tests/unit/core/machine/test_effects_needed.py::"
            "test_the_next_look_is_the_next_thing_that_can_happen"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/endings.py",
        was="absent = endpoint_gone or (rests and (stranger or isinstance(candidate, Absent)))",
        becomes="absent = endpoint_gone or (rests or (stranger or isinstance(candidate, Absent)))",
        harm=(
            "A rollback counts as over while the candidate exists, and a late write gives it "
            "traffic again."
        ),
        test=(
            "tests/unit/core/machine/test_endings.py::"
            "test_discarding_ends_only_with_the_candidate_absent_and_stable_at_100"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/endings.py",
        was="if last is not None and now - last < max(after, ROLLBACK_ATTENTION):",
        becomes="if last is not None and now - last < min(after, ROLLBACK_ATTENTION):",
        harm="Operators are called every few seconds about one deletion, and learn to ignore it.",
        test=(
            "tests/unit/core/machine/test_endings.py::"
            "test_a_person_is_asked_every_hour_and_not_every_look"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/before_traffic.py",
        was=(
            "return intent is None or now >= intent.started_at + rollout.policy.create.call_timeout"
        ),
        becomes="return intent is None or now >= intent.started_at",
        harm=(
            "Each look sends another create call, and one that arrives late makes a deployment "
            "that nobody wants."
        ),
        test=(
            "tests/unit/core/machine/test_before_traffic.py::"
            "test_a_create_call_is_issued_again_only_when_no_earlier_one_can_be_under_way"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/before_traffic.py",
        was="if isinstance(answers, Validation) and not answers.transient:",
        becomes="if isinstance(answers, Validation):",
        harm="A candidate that answered 503 to every sample request counts as validated.",
        test=(
            "tests/unit/core/machine/test_before_traffic.py::"
            "test_answers_that_say_nothing_of_the_model_are_asked_for_again"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/with_traffic.py",
        was="return on_trial is None or registered is None or registered > on_trial",
        becomes="return on_trial is None or registered is None or registered < on_trial",
        harm="An older version takes the place of the newer one on trial.",
        test=(
            "tests/unit/core/machine/test_with_traffic.py::"
            "test_queue_suspension_or_an_older_version_never_replace"
        ),
    ),
)

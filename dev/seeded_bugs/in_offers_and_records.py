"""Bugs in offers, reads, records and policies."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/decide.py",
        was="if draft.suspended:",
        becomes="if False:",
        harm="With everything suspended, new rollouts start all the same.",
        test=(
            "tests/unit/core/offers/test_start.py::"
            "test_while_everything_is_suspended_nothing_starts"
        ),
    ),
    SeededBug(
        file="rollout/core/reads.py",
        was="if current.offers and current.phase is not Phase.ROLLING_BACK:",
        becomes="if current.offers:",
        harm="A rollback waits for the registry and the bundle to answer.",
        test="tests/unit/core/test_reads.py::test_a_rollback_waits_for_nothing_that_an_offer_needs",
    ),
    SeededBug(
        file="rollout/core/reads.py",
        was="if rollout.phase is Phase.VALIDATING and ready and not rollout.validated:",
        becomes="if rollout.phase is Phase.VALIDATING and not rollout.validated:",
        harm="Sample requests go to a candidate that is still starting, and a good release fails.",
        test=(
            "tests/unit/core/test_reads.py::"
            "test_samples_are_sent_only_to_a_candidate_that_was_seen_ready"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/offers.py",
        was="quarantined = record.quarantined if record is not None else ()",
        becomes="quarantined = ()",
        harm="An offer that changes nothing else wipes out that the release failed before.",
        test="tests/unit/core/offers/test_offers_again.py::test_a_persons_offer_keeps_what_failed_before",
    ),
    SeededBug(
        file="rollout/core/offers/offers.py",
        was="if offer.source is not OfferSource.RETRY and offer.template_digest in quarantined:",
        becomes="if offer.source is OfferSource.EVENT and offer.template_digest in quarantined:",
        harm="A start pressed by mistake brings back a release that failed.",
        test=(
            "tests/unit/core/offers/test_offers.py::test_a_release_that_failed_starts_only_by_retry"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/offers.py",
        was="missing = {k: v for k, v in policy.tags.items() if truth.tags.get(k) != v}",
        becomes="missing = {k: v for k, v in policy.tags.items() if truth.tags.get(k, v) != v}",
        harm="An experiment without the tag that the policy asks for is rolled out to clients.",
        test="tests/unit/core/offers/test_offers.py::test_the_tags_that_the_workspace_has_decide",
    ),
    SeededBug(
        file="rollout/core/offers/naming.py",
        was="number = used + 1",
        becomes="number = used or 1",
        harm="A second rollout takes the name of the first, and a late write or alert hits it.",
        test=(
            "tests/unit/core/offers/test_naming.py::test_a_further_rollout_of_a_version_is_numbered"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/start.py",
        was="if endpoint.mirror:",
        becomes="if endpoint.mirror and not endpoint.traffic:",
        harm="A rollout starts under a mirror that its writes then drop.",
        test=(
            "tests/unit/core/offers/test_start.py::"
            "test_what_could_not_be_undone_is_rejected_with_the_reason"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/room.py",
        was="quarantined = held[key].quarantined if key in held else ()",
        becomes="quarantined = ()",
        harm="An offer that gave way forgets that its release failed, and the next one starts it.",
        test=(
            "tests/unit/core/offers/test_room.py::"
            "test_a_dropped_offer_is_rejected_and_keeps_its_quarantine"
        ),
    ),
    SeededBug(
        file="rollout/core/records/phases.py",
        was="return self.wants is Wants.CANDIDATE and not self.forward",
        becomes="return self.wants is Wants.CANDIDATE",
        harm="An alert in the keep, when one write would still go back, is only recorded.",
        test=(
            "tests/unit/core/machine/test_alerts.py::"
            "test_an_alert_on_the_candidate_sends_the_traffic_back"
        ),
    ),
    SeededBug(
        file="rollout/core/records/history.py",
        was="return key in _PRIVATE or (key in _BODIES and isinstance(value, Mapping))",
        becomes="return key in _PRIVATE or (key in _BODIES and isinstance(value, str))",
        harm="Events carry a deployment's environment variables, secrets among them.",
        test="tests/unit/inbound/test_views.py::test_the_view_holds_back_what_events_hold_back",
    ),
    SeededBug(
        file="rollout/core/records/history.py",
        was='return f"{rollout}|{sequence:08d}"',
        becomes='return f"{rollout}|{sequence}"',
        harm="The tenth fact sorts before the second, and the outbox forgets some.",
        test=(
            "tests/unit/core/records/test_history.py::"
            "test_the_tenth_fact_comes_after_the_ninth_and_before_those_of_a_later_rollout"
        ),
    ),
    SeededBug(
        file="rollout/core/records/retention.py",
        was="and row.key <= current.published",
        becomes="and row.key <= current.head",
        harm="History that the topic was down for is deleted before it was announced.",
        test=(
            "tests/contract/test_retention.py::"
            "test_what_was_not_announced_yet_and_what_is_under_way_stays[memory]"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/withdrawing.py",
        was=(
            "return tuple(offer for offer in _pending(current) if offer.version == command.version)"
        ),
        becomes=(
            "return tuple(offer for offer in _pending(current) if offer.version != command.version)"
        ),
        harm="A cancellation withdraws every version but the one that it names.",
        test=(
            "tests/unit/core/offers/test_withdrawing.py::"
            "test_a_version_that_has_not_started_is_rejected_and_the_running_one_stays"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/withdrawing.py",
        was="if len(versions) > 1:",
        becomes="if len(versions) > 2:",
        harm="A cancellation without a version withdraws one of two at random.",
        test=(
            "tests/unit/core/offers/test_withdrawing.py::"
            "test_where_it_could_mean_two_versions_it_asks_which"
        ),
    ),
    SeededBug(
        file="rollout/core/offers/room.py",
        was="current=replace(decision.current, offers=offers[: -len(dropped)]),",
        becomes="current=replace(decision.current, offers=offers[len(dropped) :]),",
        harm="The version that waited longest loses its place to one that came in a flood.",
        test=(
            "tests/unit/core/offers/test_room.py::"
            "test_the_newest_offers_give_way_and_the_oldest_keep_their_turn"
        ),
    ),
)

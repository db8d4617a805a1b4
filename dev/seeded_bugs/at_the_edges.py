"""Bugs in what comes in and in how the world is addressed."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/messages/routing.py",
        was="routes = usual if own is None else own",
        becomes="routes = usual if not own else own",
        harm="A team that switched its messages off gets all of them.",
        test=(
            "tests/unit/core/messages/test_routing_of_messages.py::"
            "test_no_routes_at_all_are_a_decision_too"
        ),
    ),
    SeededBug(
        file="rollout/service/notifying.py",
        was="if isinstance(claim, Settled):",
        becomes="if claim is Settled.GIVEN_UP:",
        harm="An event that comes twice makes two messages.",
        test="tests/unit/service/test_notifying.py::test_a_message_goes_to_the_usual_channels_once",
    ),
    SeededBug(
        file="rollout/adapters/messages/posting.py",
        was='raise MessageDelayedError(f"it does not answer: {late}") from None',
        becomes='raise MessageDelayedError(f"it does not answer: {error}") from None',
        harm="The secret address of a chat's hook stands in the log of an outage.",
        test=(
            "tests/contract/test_message_channels.py::"
            "test_no_error_and_no_line_of_a_log_tells_the_address"
        ),
    ),
    SeededBug(
        file="rollout/inbound/queued_events.py",
        was="return min(max(age, MIN_WAIT), MAX_WAIT)",
        becomes="return max(min(age, MIN_WAIT), MAX_WAIT)",
        harm="An event that met a short outage is tried again an hour later.",
        test=(
            "tests/unit/inbound/test_queued_events.py::"
            "test_the_wait_is_the_events_age_within_bounds"
        ),
    ),
    SeededBug(
        file="rollout/inbound/event_grid.py",
        was='if source.strip("/").lower() != workspace.strip("/"):',
        becomes='if source.strip("/") != workspace.strip("/"):',
        harm=(
            "Every registration is dismissed as another workspace's, because Azure spells "
            "resourceGroups with a capital."
        ),
        test="tests/unit/inbound/test_event_grid.py::test_the_workspace_is_compared_without_case",
    ),
    SeededBug(
        file="rollout/inbound/alert_bodies.py",
        was="return names.pop() if len(names) == 1 else None",
        becomes="return names.pop() if names else None",
        harm="An alert that names both deployments rolls back whichever comes first.",
        test=(
            "tests/unit/inbound/test_alert_bodies.py::"
            "test_without_one_certain_deployment_the_alert_names_none"
        ),
    ),
    SeededBug(
        file="rollout/inbound/alert_bodies.py",
        was="resolved=condition == RESOLVED,",
        becomes="resolved=condition == FIRED,",
        harm="The all-clear rolls back, and the alarm is ignored.",
        test="tests/unit/inbound/test_alert_bodies.py::test_an_alert_says_whether_it_is_resolved",
    ),
    SeededBug(
        file="rollout/inbound/principal.py",
        was='name = headers.get(NAME_HEADER, "").strip() if sign_in else ""',
        becomes='name = headers.get(NAME_HEADER, "").strip()',
        harm="Anybody can sign a command with somebody else's name.",
        test=(
            "tests/unit/inbound/test_command_bodies.py::"
            "test_the_actor_is_proven_only_where_sign_in_is_on"
        ),
    ),
    SeededBug(
        file="rollout/inbound/fields.py",
        was="if value is not None:",
        becomes="if value:",
        harm="The first stage, number 0, can never be advanced.",
        test="tests/unit/inbound/test_command_bodies.py::test_the_first_stage_can_be_advanced_from",
    ),
    SeededBug(
        file="rollout/adapters/storage/table_keys.py",
        was="return _key(endpoint.lower())",
        becomes="return _key(endpoint)",
        harm="Two spellings of one endpoint have two owner rows, and two rollouts at once.",
        test="tests/unit/adapters/storage/test_table_keys.py::test_a_partition_names_its_endpoint",
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/endpoints.py",
        was='body["tags"] = {**(live.get("tags") or {}), STAMP_TAG: stamp}',
        becomes='body["tags"] = {STAMP_TAG: stamp}',
        harm="Each write wipes the endpoint's own tags.",
        test=(
            "tests/unit/adapters/azure_ml/test_azure_ml_reading.py::"
            "test_a_traffic_body_keeps_the_live_object_and_drops_what_is_read_only"
        ),
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/deployment_specs.py",
        was="own = {key: text for key, text in self.variables.items() if key not in SERVICE_MADE}",
        becomes="own = {key: text for key, text in self.variables.items() if key in SERVICE_MADE}",
        harm="A candidate whose variables somebody changed is promoted as the release.",
        test=(
            "tests/unit/adapters/azure_ml/test_deployment_specs.py::"
            "test_what_it_serves_with_makes_a_deployment_another_one"
        ),
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/endpoints.py",
        was="if isinstance(seen.body, ListItem):",
        becomes="if not seen.body:",
        harm="A change of traffic takes away the identity of an endpoint that a list showed.",
        test=(
            "tests/contract/test_shared_reads_of_endpoints.py::"
            "test_what_a_list_showed_is_read_once_more_before_it_is_put"
        ),
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/shared_reads.py",
        was="and all(isinstance(properties.get(key), dict) for key in _SPLITS)",
        becomes="",
        harm="Where Azure's lists leave the mirror out, every bake that mirrors is held for drift.",
        test=(
            "tests/unit/adapters/azure_ml/test_shared_reads.py::"
            "test_an_item_that_lacks_what_is_decided_from_answers_nobody"
        ),
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/shared_reads.py",
        was="most = len(batch) - 1",
        becomes="most = 50",
        harm="Three looks at a workspace with 500 endpoints make fifty requests instead of three.",
        test=(
            "tests/unit/adapters/azure_ml/test_shared_reads.py::"
            "test_a_list_whose_pages_cost_as_much_as_the_reads_is_broken_off"
        ),
    ),
    SeededBug(
        file="rollout/service/observing.py",
        was="return self._waits and not PHASES[self._current.phase].back",
        becomes="return self._waits",
        harm="A rollback waits for the looks of others, and believes a list.",
        test=(
            "tests/stories/test_who_asks_together.py::"
            "test_an_alert_and_every_look_on_the_way_back_ask_at_once"
        ),
    ),
    SeededBug(
        file="rollout/adapters/templates/checks.py",
        was="if not _INJECTED.fullmatch(text) and (found := pattern.search(text)) is not None:",
        becomes="if (found := pattern.search(text)) is not None:",
        harm="A deployment that gets its secrets from Azure ML cannot be created from a template.",
        test="tests/unit/cli/test_linting.py::test_a_template_that_works_has_no_finding",
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/governing.py",
        was='if found["action"].lower() != _ASSIGN:',
        becomes='if not found["action"]:',
        harm="Whoever lacks a right on a registry is told to give the app a role on identities.",
        test=(
            "tests/unit/adapters/azure_ml/test_governing.py::"
            "test_another_linked_right_has_its_own_command"
        ),
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/missing_rights.py",
        was="if error.code in GOVERNED or names_a_setting(text):",
        becomes="if error.code in GOVERNED:",
        harm="A refusal that names its right also sends the reader after secrets.",
        test=(
            "tests/unit/adapters/azure_ml/test_missing_rights.py::"
            "test_what_has_another_reason_is_left_as_it_is"
        ),
    ),
)

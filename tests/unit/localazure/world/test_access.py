from localazure.world import ACTIONS, Access, Call

TRAFFIC = ACTIONS[Call.ENDPOINTS_PUT]


def test_every_call_needs_an_action_of_the_provider() -> None:
    assert set(ACTIONS) == set(Call)
    assert all(
        action.startswith("Microsoft.MachineLearningServices/") for action in ACTIONS.values()
    )


def test_without_a_rule_everything_is_allowed() -> None:
    assert Access().allows("anyone", TRAFFIC)


def test_a_restricted_principal_may_do_the_listed_actions_and_nothing_else() -> None:
    access = Access()
    access.allow_only("rollout", [TRAFFIC.upper()])
    assert access.allows("rollout", TRAFFIC)
    assert not access.allows("rollout", ACTIONS[Call.ENDPOINTS_DELETE])
    assert access.allows("someone-else", ACTIONS[Call.ENDPOINTS_DELETE])


def test_a_star_in_an_action_matches_everything_below_it() -> None:
    access = Access()
    access.allow_only("rollout", ["Microsoft.MachineLearningServices/workspaces/onlineEndpoints/*"])
    assert access.allows("rollout", ACTIONS[Call.DEPLOYMENTS_DELETE])
    assert not access.allows("rollout", ACTIONS[Call.MODELS_GET])


def test_a_restriction_can_be_lifted() -> None:
    access = Access()
    access.allow_only("rollout", [])
    access.allow_everything("rollout")
    assert access.allows("rollout", TRAFFIC)

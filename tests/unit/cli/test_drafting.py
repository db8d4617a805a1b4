"""The first policy of an endpoint that is served already."""

from datetime import UTC, datetime, timedelta

import pytest

from rollout.adapters.bundle.policy_yaml import read_policy_yaml
from rollout.cli.drafting import CAREFUL, Draft, draft, first_policy
from rollout.core.policy.model import CreateFrom, Policy, StartOn
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.records.observation import Minute, Percentiles, SideMinute

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def of_traffic(per_minute: int, failed: int = 0, minutes: int = 1440) -> list[Minute]:
    latency = Percentiles(p50=10, p90=20, p95=30, p99=60)
    side = SideMinute(requests=per_minute, failures=failed, latency=latency)
    times = (BEGAN + timedelta(minutes=at) for at in range(minutes))
    return [Minute(at=at, stable=side, candidate=None) for at in times]


def read(made: Draft) -> Policy:
    """The policy as the app reads the file."""
    document = read_policy_yaml(made.text.encode()).value
    policy, faults = parse_policy(ServiceFolder("fraud", document))
    assert (policy is not None, faults) == (True, ())
    assert policy is not None
    return policy


@pytest.fixture(scope="module")
def first() -> Policy:
    return first_policy("fraud", "fraud", "fraud-model")


def test_it_starts_nothing_by_itself_and_needs_no_template(first: Policy) -> None:
    policy = read(draft(first, None, "metrics refuse"))

    assert (policy.endpoint, policy.model) == ("fraud", "fraud-model")
    assert policy.start_on is StartOn.MANUAL
    assert policy.create.source is CreateFrom.COPY


def test_without_metrics_the_defaults_stand_and_the_reason_is_told(first: Policy) -> None:
    made = draft(first, None, "metrics refuse")

    assert read(made) == first
    assert made.warnings == ("Stable's traffic is not known (metrics refuse): the defaults stand.",)


def test_an_endpoint_without_traffic_is_told(first: Policy) -> None:
    made = draft(first, of_traffic(0))

    assert read(made) == first
    assert "no request lately" in made.warnings[0]


def test_much_traffic_gets_careful_stages_and_a_forecast(first: Policy) -> None:
    made = draft(first, of_traffic(600, 1))

    assert tuple(stage.weight for stage in read(made).stages) == CAREFUL
    assert "600 requests a minute" in made.says
    assert "# At 600 requests a minute" in made.text
    assert made.warnings == ()


def test_a_busy_endpoints_rate_reads_as_a_number(first: Policy) -> None:
    made = draft(first, of_traffic(1217, 1))

    assert "1,217 requests a minute" in made.says


def test_less_traffic_gets_coarser_stages_or_a_looser_limit(first: Policy) -> None:
    made = draft(first, of_traffic(5, minutes=600))
    policy = read(made)

    careful = tuple(stage.weight for stage in policy.stages) == CAREFUL
    assert not careful or policy.gate.errors.limit.points > 0.03
    assert made.warnings == ()


def test_traffic_that_proves_nothing_gets_the_defaults_and_what_would_help(first: Policy) -> None:
    made = draft(first, of_traffic(1, minutes=240))

    assert tuple(stage.weight for stage in read(made).stages) == CAREFUL
    assert "send probes" in made.warnings[0]


def test_a_stable_side_that_fails_often_has_no_absolute_limit(first: Policy) -> None:
    made = draft(first, of_traffic(600, 24))

    assert read(made).gate.errors.slo is None
    assert "gate.errors.slo is off" in made.warnings[-1]


@pytest.mark.parametrize("name", ["Fraud", "x" * 40])
def test_names_that_no_policy_can_have_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use"):
        first_policy(name, name, "fraud-model")


def test_names_that_yaml_reads_otherwise_are_text() -> None:
    made = draft(first_policy("null", "null", "2026"), None, "x")

    document = read_policy_yaml(made.text.encode()).value
    assert (document["endpoint"], document["model"]["name"]) == ("null", "2026")

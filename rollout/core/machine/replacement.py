"""Candidate and stable must stay what they were: the release, and what it is compared with.

Somebody may update a deployment in place, or make one by hand under the candidate's name. Each look
compares what it read with what this rollout made and began beside. One sighting is enough: a stale
read shows an older deployment, never one that nobody made.
"""

from dataclasses import replace

from rollout.core.records.observation import (
    Absent,
    DeploymentSeen,
    Observation,
    ProvisioningState,
)
from rollout.core.records.phases import PHASES
from rollout.core.records.rollout import Rollout
from rollout.core.records.specs import Specs


def remember_specs(rollout: Rollout, seen: Observation) -> Rollout:
    """Learn what is not known yet, and note what is not as it was."""
    specs = _of_stable(rollout.specs, seen.deployment(rollout.stable))
    candidate = seen.deployment(rollout.candidate)
    if isinstance(candidate, DeploymentSeen):
        specs = _of_candidate(rollout, specs, candidate)
    elif isinstance(candidate, Absent) and PHASES[rollout.phase].forward:
        # Somebody took away what was not ours; the end keeps what it ended for.
        specs = replace(specs, fault="")
    return replace(rollout, specs=specs)


def never_ours(rollout: Rollout, candidate: DeploymentSeen) -> bool:
    """A deployment that only bears the candidate's name: this rollout neither made nor used it."""
    unused = rollout.asked_for_requests_at is None and not rollout.specs.candidate
    return unused and candidate.rollout_tag != rollout.id


def _of_stable(specs: Specs, stable: object) -> Specs:
    if not isinstance(stable, DeploymentSeen) or not stable.spec:
        return specs
    return replace(specs, stable=specs.stable or stable.spec, stable_now=stable.spec)


def _of_candidate(rollout: Rollout, specs: Specs, candidate: DeploymentSeen) -> Specs:
    fault = _fault(rollout, candidate)
    ready = candidate.state is ProvisioningState.SUCCEEDED
    if not fault and ready and not specs.candidate:
        specs = replace(specs, candidate=candidate.spec)
    return replace(specs, fault=fault)


def _fault(rollout: Rollout, candidate: DeploymentSeen) -> str:
    name, release, model = candidate.name, rollout.release, candidate.model
    if candidate.rollout_tag != rollout.id:
        tag = candidate.rollout_tag or "nothing"
        return f"{name} is not the one this rollout made: its tag rollout says {tag}"
    if model is not None and not _same_model(rollout, candidate):
        return f"{name} was replaced: it serves {model} now, not version {release.version}"
    known = rollout.specs.candidate
    if known and candidate.spec != known:
        return f"{name} was replaced: its code, environment, instance type or variables changed"
    return ""


def _same_model(rollout: Rollout, candidate: DeploymentSeen) -> bool:
    release, model = rollout.release, candidate.model
    if model is None or not model.of_this_workspace:
        return False
    return (model.name.lower(), model.version) == (release.model.lower(), release.version)

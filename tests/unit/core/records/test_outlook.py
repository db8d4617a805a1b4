"""What the start foresaw."""

import pytest

from rollout.core.records.outlook import EvidenceFrom, Outlook
from rollout.core.records.phases import Phase
from tests.support.builders import a_rollout


def test_only_a_stage_of_which_it_was_foreseen_has_no_evidence() -> None:
    seen = Outlook(1, (EvidenceFrom.NOWHERE, EvidenceFrom.LIVE, EvidenceFrom.PROBES))
    assert [seen.without_evidence(stage) for stage in range(3)] == [True, False, False]
    assert not Outlook(1).without_evidence(0)


def test_an_outlook_has_one_entry_a_stage() -> None:
    with pytest.raises(ValueError, match="one entry for each"):
        a_rollout(Phase.BAKING, outlook=Outlook(1, (EvidenceFrom.LIVE,)))

"""What a status code says of the deployment that answered."""

import pytest

from rollout.core.records.statuses import is_client_error, is_failure


@pytest.mark.parametrize(
    ("status", "failed", "rejected"),
    [
        *((status, False, False) for status in ("200", "302", "5", "", "4", "40", "4000")),
        *((status, False, True) for status in ("400", "401", "403", "404", "413", "499")),
        *((status, True, False) for status in ("408", "424", "429", "500", "503")),
    ],
)
def test_failures_are_what_the_deployment_is_to_blame_for(
    status: str,
    failed: bool,  # noqa: FBT001 - a table's column
    rejected: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert (is_failure(status), is_client_error(status)) == (failed, rejected)

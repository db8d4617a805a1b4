"""A view that a client knows is not sent again."""

import pytest

from rollout.inbound.etags import etag, is_known

TAG = etag("commit", None, 7)


def test_a_tag_is_made_from_all_of_its_parts() -> None:
    assert etag("commit", None, 7) == TAG
    assert len({etag("ab", "c"), etag("a", "bc"), etag("abc"), TAG}) == 4
    assert TAG.startswith('W/"')
    assert TAG.endswith('"')


@pytest.mark.parametrize("named", [TAG, TAG[2:], f'"other", {TAG}', "*", f" {TAG} "])
def test_a_client_that_names_the_tag_knows_the_view(named: str) -> None:
    assert is_known({"if-none-match": named}, TAG)


@pytest.mark.parametrize("named", ["", '"other"', TAG[:-2], "W/", ","])
def test_any_other_client_is_sent_it(named: str) -> None:
    assert not is_known({"if-none-match": named}, TAG)
    assert not is_known({}, TAG)

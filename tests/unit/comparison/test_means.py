"""What a user has: read strictly, written back, and seen in captures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.comparison.means import EVERYTHING, MOST, Means, means_seen, parse_means
from pawwork_proxy.errors import ConfigurationError
from tests.unit.comparison.builders import OFFICE, SAVED_KEY, TWO, Diary

COUNT = st.integers(1, MOST)


@given(st.builds(Means, COUNT, COUNT, st.integers(0, MOST), st.booleans()))
def test_what_is_written_is_read_back(means: Means) -> None:
    assert parse_means(str(means), "--have") == means


@given(st.text(max_size=40))
def test_any_text_is_means_or_an_error_that_says_where(text: str) -> None:
    try:
        found = parse_means(text, "--have")
    except ConfigurationError as error:
        said = error
    else:
        assert parse_means(str(found), "--have") == found
        return
    assert said.message.startswith("--have: ")
    assert "networks=2" in said.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is none of networks, devices, keys, ipv6"),
        ("laptops=2", "'laptops' is none of networks, devices, keys, ipv6"),
        ("keys=1,keys=2", "'keys' is there twice"),
        ("networks=0", "networks is a number from 1 to 99"),
        ("keys=-1", "keys is a number from 0 to 99"),
        ("devices=two", "devices is a number"),
        ("keys=100", "keys is a number"),
        ("keys=٣", "keys is a number"),
        ("ipv6=maybe", "ipv6 is yes or no"),
    ],
)
def test_an_error_names_the_part(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match="--have") as caught:
        parse_means(text, "--have")
    assert words in caught.value.message


def test_what_is_not_named_is_as_it_was() -> None:
    assert parse_means(" keys = 2 ", "--have", Means(networks=3)) == Means(networks=3, keys=2)


def test_captures_show_what_was_used() -> None:
    diary = Diary().admitted().admitted(**OFFICE).admitted(**TWO, device="device:b")
    assert means_seen(diary.seen) == Means(networks=2, devices=2)
    diary.admitted(**SAVED_KEY).admitted(address="ip:six", prefix="ip:six/64", ip_family="ipv6")
    assert means_seen(diary.seen) == Means(2, 2, 1, True)
    assert means_seen([]) == Means()


def test_networks_are_told_by_addresses_where_nothing_is_labelled() -> None:
    diary = Diary().admitted(network=None).admitted(**OFFICE | {"network": None})
    assert means_seen(diary.seen).networks == 2


def test_what_is_lacking_is_named() -> None:
    assert Means().lacks(Means(networks=2, keys=1)) == ("networks", "keys")
    assert Means(1, 1, 0, False).lacks(EVERYTHING) == ("networks", "devices", "keys", "ipv6")
    assert EVERYTHING.lacks(EVERYTHING) == ()

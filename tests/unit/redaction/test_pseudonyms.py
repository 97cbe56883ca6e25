import hashlib
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.errors import RedactionError
from pawwork_proxy.facts.identifiers import NAMESPACES, Namespace
from pawwork_proxy.redaction import pseudonyms
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser, is_address

ONE = Pseudonymiser(b"1" * 32)
OTHER = Pseudonymiser(b"2" * 32)


@pytest.mark.parametrize("key", [b"", b"short"])
def test_an_empty_or_short_key_is_refused(key: bytes) -> None:
    with pytest.raises(RedactionError):
        Pseudonymiser(key)


@given(st.sampled_from(Namespace), st.text())
def test_equal_within_a_study_and_different_across(kind: Namespace, value: str) -> None:
    mine = ONE.of(kind, value)
    assert mine == Pseudonymiser(b"1" * 32).of(kind, value)
    assert mine != OTHER.of(kind, value)
    assert PSEUDONYM.fullmatch(mine)
    assert ONE.made(mine)
    assert not OTHER.made(mine)


@given(st.sampled_from(Namespace), st.text())
def test_never_applied_twice(kind: Namespace, value: str) -> None:
    once = ONE.of(kind, value)
    assert ONE.of(kind, once) == once


def test_kinds_are_namespaces() -> None:
    digits = {ONE.of(kind, "same").partition(":")[2] for kind in Namespace}
    assert len(digits) == len(Namespace)


def test_foreign_text_cannot_pose_as_a_pseudonym() -> None:
    posing = [f"key:{secrets.token_hex(12)}" for _ in range(200)]
    changed = [ONE.of(Namespace.KEY, text) for text in posing]
    assert sum(before == after for before, after in zip(posing, changed, strict=True)) <= 1


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("2001:db8::1", "2001:0DB8:0:0:0:0:0:1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
    ],
)
def test_addresses_are_compared_in_canonical_form(one: str, same: str) -> None:
    assert ONE.address(one) == ONE.address(same)


def test_ipv6_prefix_is_the_first_four_groups() -> None:
    first, second = ONE.address("2001:db8:1:2:3::1"), ONE.address("2001:db8:1:2:ffff::9")
    third = ONE.address("2001:db8:1:3::1")
    assert first.prefix == second.prefix != third.prefix
    assert first.address != second.address
    assert (first.family, ONE.address("192.0.2.7").family) == ("ipv6", "ipv4")
    assert ONE.address("192.0.2.7").prefix is None


def test_text_that_is_no_address_still_gets_a_pseudonym() -> None:
    found = ONE.address("somewhere")
    assert found.family is None
    assert ONE.made(found.address)


def test_hosts_ignore_case_and_addresses_stay_addresses() -> None:
    assert ONE.host("Proxy.Example.org.") == ONE.host("proxy.example.org")
    assert ONE.host("192.0.2.7") == ONE.address("192.0.2.7").address
    assert is_address("[::1]")


def test_guessable_values_are_stretched(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[int] = []

    def counting(password: bytes, *, salt: bytes, n: int, r: int, p: int, dklen: int) -> bytes:
        costs.append(n)
        return b"\0" * dklen

    monkeypatch.setattr(pseudonyms, "stretch", counting)
    fresh = Pseudonymiser(b"3" * 32)
    fresh.warm(["192.0.2.1", "192.0.2.1"])
    assert costs == [2**14], "derived once, then remembered"
    fresh.of(Namespace.VALUE, "alice")
    assert costs[1:] == [2**10]
    fresh.of(Namespace.VALUE, "x" * 40)
    assert costs[2:] == [2**10], "a long value may be listed as well: a root commit, a home page"
    fresh.of(Namespace.KEY, "k" * 64)
    fresh.of(Namespace.VALUE, "x" * 513)
    assert len(costs) == 3, "nobody lists keys, or whole texts"
    assert {row.namespace for row in NAMESPACES} == set(Namespace)


ROOT_COMMIT = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.parametrize("namespace", [Namespace.PROJECT, Namespace.WORKSPACE])
def test_ids_that_are_public_somewhere_are_as_hard_to_list_as_addresses(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project is the root commit of its repository: all public ones can be listed."""
    costs: list[int] = []

    def counting(password: bytes, *, salt: bytes, n: int, r: int, p: int, dklen: int) -> bytes:
        costs.append(n)
        return b"\0" * dklen

    monkeypatch.setattr(pseudonyms, "stretch", counting)
    fresh = Pseudonymiser(b"5" * 32)
    for _ in range(3):
        fresh.of(namespace, ROOT_COMMIT)
    assert costs == [2**14]


def test_the_real_derivation_is_slow_enough_to_matter() -> None:
    cost = pseudonyms._COST["full"]
    assert cost >= 2**14
    assert len(hashlib.scrypt(b"x", salt=b"s", n=cost, r=8, p=1, dklen=32)) == 32


def test_huge_values_do_not_stay_in_memory() -> None:
    fresh = Pseudonymiser(b"4" * 32)
    before = fresh._cached.cache_info().currsize
    fresh.of(Namespace.VALUE, "x" * 100_000)
    assert fresh._cached.cache_info().currsize == before

import pytest

from pawwork_proxy.simulator.facts import (
    DIMENSION_VALUES,
    QuotaDimension,
    RequestFacts,
    address_key,
    quota_key,
)

A_KEY = "sk-madeup-one"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::6", "2001:db8:1:2"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_addresses_are_keyed_as_the_server_splits_them(address: str, key: str) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize(
    ("key", "kind", "credential"),
    [
        (None, "none", None),
        ("public", "public", None),
        (A_KEY, "key", A_KEY),
        ("oc_sk_madeup", "oc_sk", "oc_sk_madeup"),
    ],
)
def test_the_shared_key_counts_as_none(key: str | None, kind: str, credential: str | None) -> None:
    facts = RequestFacts(key=key)
    assert (facts.auth_kind, facts.credential) == (kind, credential)


CHANGES: dict[QuotaDimension, RequestFacts] = {
    "ip": RequestFacts(address="198.51.100.1"),
    "key": RequestFacts(key=A_KEY),
    "auth_kind": RequestFacts(key=A_KEY),
    "workspace": RequestFacts(key=A_KEY),
    "session": RequestFacts(session="ses_other"),
    "install": RequestFacts(install="other"),
    "project": RequestFacts(project="other"),
    "request": RequestFacts(request="msg_other"),
    "user_agent": RequestFacts(user_agent="other/1"),
    "client": RequestFacts(client="desktop"),
    "model": RequestFacts(model="bigger"),
    "model_group": RequestFacts(model="other"),
    "region": RequestFacts(region="DE"),
}


@pytest.mark.parametrize("dimension", sorted(DIMENSION_VALUES))
def test_a_dimension_separates_what_differs_in_it_and_nothing_else(
    dimension: QuotaDimension,
) -> None:
    base = quota_key((dimension,), RequestFacts(), {})
    separated = {
        name for name, facts in CHANGES.items() if quota_key((dimension,), facts, {}) != base
    }
    together: dict[QuotaDimension, set[str]] = {
        "key": {"key", "auth_kind", "workspace"},
        "auth_kind": {"key", "auth_kind", "workspace"},
        "workspace": {"key", "auth_kind", "workspace"},
        "model": {"model", "model_group"},
        "global": set(),
    }
    assert separated == together.get(dimension, {dimension})


def test_two_keys_of_one_workspace_share_its_pool() -> None:
    workspaces = {"sk-a": "wrk_1", "sk-b": "wrk_1", "sk-c": "wrk_2"}
    pools = [quota_key(("workspace",), RequestFacts(key=key), workspaces) for key in workspaces]
    assert pools[0] == pools[1] != pools[2]

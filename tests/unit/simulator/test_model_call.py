import pytest

from pawwork_proxy.simulator.model_call import (
    QUOTA_DIMENSIONS,
    ModelCall,
    QuotaDimension,
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


@pytest.mark.parametrize(("key", "credential"), [(None, None), ("public", None), (A_KEY, A_KEY)])
def test_the_shared_key_counts_as_none(key: str | None, credential: str | None) -> None:
    assert ModelCall(key=key).credential == credential


CHANGES: dict[QuotaDimension, ModelCall] = {
    "ip": ModelCall(address="198.51.100.1"),
    "key": ModelCall(key=A_KEY),
    "auth_kind": ModelCall(key=A_KEY),
    "workspace": ModelCall(key=A_KEY),
    "session": ModelCall(session="ses_other"),
    "install": ModelCall(install="other"),
    "project": ModelCall(project="other"),
    "request": ModelCall(request="msg_other"),
    "user_agent": ModelCall(user_agent="other/1"),
    "client": ModelCall(client="desktop"),
    "model": ModelCall(model="bigger"),
    "model_group": ModelCall(model="other"),
    "region": ModelCall(region="DE"),
}


@pytest.mark.parametrize("dimension", sorted(QUOTA_DIMENSIONS))
def test_a_dimension_separates_what_differs_in_it_and_nothing_else(
    dimension: QuotaDimension,
) -> None:
    base = quota_key((dimension,), ModelCall(), {})
    separated = {
        name for name, call in CHANGES.items() if quota_key((dimension,), call, {}) != base
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
    pools = [quota_key(("workspace",), ModelCall(key=key), workspaces) for key in workspaces]
    assert pools[0] == pools[1] != pools[2]

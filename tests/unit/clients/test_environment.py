"""The environment a client gets, and what it keeps of its own."""

import json
from pathlib import Path

import pytest

from pawwork_proxy.clients.environment import (
    CONFIG,
    client_environment,
)
from pawwork_proxy.clients.own_addresses import MovedAddresses
from pawwork_proxy.errors import ConfigurationError

URL = "http://127.0.0.1:9610"
CA = Path("/private/ca.pem")
FILE = Path("/private/models.json")
ONE_BASE = MovedAddresses({"opencode": "/a/v1"}, None)


def test_the_reverse_route_sets_base_urls_and_merges_into_the_clients_own_config() -> None:
    own = {"provider": {"opencode": {"options": {"timeout": 1}}, "other": {}}, "theme": "x"}
    moved = MovedAddresses({"opencode": "/a/v1", "opencode-go": "/b/v1"}, None)
    env = client_environment({CONFIG: json.dumps(own)}, "reverse", URL, CA, moved)
    config = json.loads(env[CONFIG])
    assert config["provider"]["opencode"]["options"] == {"timeout": 1, "baseURL": f"{URL}/a/v1"}
    assert config["provider"]["opencode-go"]["options"]["baseURL"] == f"{URL}/b/v1"
    assert config["provider"]["other"] == {}
    assert config["theme"] == "x"
    assert env["HTTPS_PROXY"] == URL, "for what does not follow an address"
    assert env["NODE_EXTRA_CA_CERTS"] == str(CA)
    assert "OPENCODE_MODELS_PATH" not in env


def test_a_catalogue_that_was_moved_takes_the_place_of_the_clients_own() -> None:
    own = {"OPENCODE_MODELS_PATH": "/own/models.json"}
    env = client_environment(own, "reverse", URL, CA, MovedAddresses({}, FILE))
    assert env["OPENCODE_MODELS_PATH"] == str(FILE)
    assert CONFIG not in env


def test_the_forward_route_sets_proxy_and_certificate_and_no_configuration() -> None:
    env = client_environment({}, "forward", URL, CA)
    assert env["HTTPS_PROXY"] == env["https_proxy"] == URL
    assert env["NODE_EXTRA_CA_CERTS"] == str(CA)
    assert env["NODE_USE_ENV_PROXY"] == "1"
    assert CONFIG not in env


def test_the_tunnel_route_sets_the_proxy_and_nothing_that_it_would_have_to_trust() -> None:
    env = client_environment({"PATH": "/bin"}, "tunnel", URL, CA)
    assert env.keys() == {
        "PATH",
        "HTTPS_PROXY",
        "https_proxy",
        "NODE_USE_ENV_PROXY",
        "NO_PROXY",
        "no_proxy",
    }
    assert env["HTTPS_PROXY"] == URL


def test_loopback_is_never_proxied_and_own_exceptions_stay() -> None:
    base = {"NO_PROXY": "intranet.example,localhost"}
    kept = "intranet.example,localhost,127.0.0.1,::1"
    for env in (
        client_environment(base, "forward", URL, CA),
        client_environment(base, "reverse", URL, CA, ONE_BASE),
    ):
        assert env["NO_PROXY"] == env["no_proxy"] == kept


@pytest.mark.parametrize("text", ["[1]", "{", '"x"'])
def test_a_configuration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no JSON object"):
        client_environment({CONFIG: text}, "reverse", URL, CA, ONE_BASE)

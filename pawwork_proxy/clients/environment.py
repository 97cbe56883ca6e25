"""The environment that makes a client talk through the proxy.

Invariants: the client's own settings survive (its OPENCODE_CONFIG_CONTENT is merged into, its
NO_PROXY extended); no identity is set: no header, no key, no user agent.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pawwork_proxy.clients.key_formats import parse_jsonc
from pawwork_proxy.clients.own_addresses import MovedAddresses
from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.server import CONFIG_SCHEMA
from pawwork_proxy.model.context import Route

CONFIG = "OPENCODE_CONFIG_CONTENT"


def client_environment(
    base: Mapping[str, str],
    route: Route,
    listener_url: str,
    ca_bundle: Path,
    moved: MovedAddresses | None = None,
) -> dict[str, str]:
    """`base` with what the route needs: a proxy, our CA where we decrypt, moved addresses.

    Where an address is moved, the proxy gets what does not follow it: other providers, redirects,
    a client that reads no such configuration. Loopback is not asked for through a proxy.
    Raises ConfigurationError when the base's own OPENCODE_CONFIG_CONTENT is no JSON object.
    """
    env = dict(base)
    bypass = [
        *filter(None, env.get("NO_PROXY", env.get("no_proxy", "")).split(",")),
        *LOOPBACK_NAMES,
    ]
    env["NO_PROXY"] = env["no_proxy"] = ",".join(dict.fromkeys(bypass))
    if moved is not None:
        if moved.bases:
            own = own_config(env.get(CONFIG))
            env[CONFIG] = json.dumps(_merged(own, moved_providers(listener_url, moved.bases)))
        if moved.catalogue is not None:
            env["OPENCODE_MODELS_PATH"] = str(moved.catalogue)
    for name in ("HTTPS_PROXY", "https_proxy"):
        env[name] = listener_url
    env["NODE_USE_ENV_PROXY"] = "1"
    if route in ("reverse", "forward"):
        env["NODE_EXTRA_CA_CERTS"] = str(ca_bundle)
    return env


def moved_providers(listener_url: str, bases: Mapping[str, str]) -> dict[str, object]:
    """The configuration that points providers at the proxy; `bases` has a path for each."""
    return {
        "$schema": CONFIG_SCHEMA,
        "provider": {
            name: {"options": {"baseURL": f"{listener_url}{path}"}} for name, path in bases.items()
        },
    }


def own_config(text: str | None) -> dict[str, object]:
    """The user's own OPENCODE_CONFIG_CONTENT; ConfigurationError when it is no JSON object."""
    if not text:
        return {}
    try:
        config = parse_jsonc(text)
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise ConfigurationError(
            f"{CONFIG} in the environment is no JSON object",
            f"correct or unset {CONFIG}, or use --route forward",
        )
    return config


def _merged(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    result = dict(base)
    for name, value in over.items():
        old = result.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[name] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result

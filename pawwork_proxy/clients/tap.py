"""How the tap (`tap.mjs` and what it imports) gets into a client: as plugin, or by Node's options.

Both ways are set, since a command does not tell which program it starts: each client knows one of
them, and a client that knows both loads the tap once. Invariant: what the user has set there stays.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pawwork_proxy.clients.environment import CONFIG, own_config
from pawwork_proxy.errors import ConfigurationError

TAP = Path(__file__).resolve().with_name("tap.mjs")
SETTINGS = "PAWWORK_PROXY_TAP"
"""The one variable that the tap reads; it takes it out of the client's environment again."""


def tapped_environment(
    base: Mapping[str, str], address: str, token: str, hosts: Sequence[str]
) -> dict[str, str]:
    """`base` with the tap, which sends what it sees of `hosts` to `address`.

    Raises ConfigurationError when the base's own OPENCODE_CONFIG_CONTENT cannot be added to.
    """
    added = TAP.as_uri()
    config = own_config(base.get(CONFIG))
    plugins = config.get("plugin", [])
    if not isinstance(plugins, list):
        raise ConfigurationError(
            f"'plugin' in {CONFIG} is no list", f"correct {CONFIG}, or use another --route"
        )
    settings = {"address": address, "token": token, "hosts": list(hosts), "added": added}
    return {
        **base,
        CONFIG: json.dumps(config | {"plugin": [*plugins, added]}),
        "NODE_OPTIONS": f"{base.get('NODE_OPTIONS', '')} --import={added}".strip(),
        SETTINGS: json.dumps(settings),
    }


def takes_no_plugin(base: Mapping[str, str], command: Sequence[str]) -> bool:
    """Whether the user has told OpenCode to load no plugins, and so no tap."""
    return "--pure" in command or base.get("OPENCODE_PURE", "").lower() in ("1", "true")

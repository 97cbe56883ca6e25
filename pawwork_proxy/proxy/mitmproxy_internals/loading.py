"""mitmproxy's master and the addons that a proxy needs, without those that it does not need."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec, module_from_spec


def load_without_the_rest(package: str, modules: Iterable[str]) -> None:
    """Load modules without what a package that they import from would load by itself.

    A module that needs the package as a whole is loaded when it is imported in the usual way.
    """
    spec = find_spec(package)
    if spec is None or package in sys.modules:
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        for module in modules:
            with suppress(ImportError, AttributeError):
                import_module(module)
    finally:
        del sys.modules[package]  # whoever imports the package itself gets all of it


# mitmproxy.addons loads every addon, with a web framework, an LDAP client and a query parser: a
# fifth of the time from the command to the open listeners.
load_without_the_rest(
    "mitmproxy.addons",
    (
        "mitmproxy.master",
        "mitmproxy.addons.core",
        "mitmproxy.addons.next_layer",
        "mitmproxy.addons.proxyserver",
        "mitmproxy.addons.tlsconfig",
        "mitmproxy.addons.upstream_auth",
    ),
)


from mitmproxy.addons.core import Core
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.addons.upstream_auth import UpstreamAuth
from mitmproxy.master import Master

__all__ = ["Core", "Master", "NextLayer", "Proxyserver", "TlsConfig", "UpstreamAuth"]

"""What we change of mitmproxy's inner workings: each change only where they are what we know.

They are the first to break when mitmproxy changes, so they stand in this one package, and each
names the functions that it relies on together with what those use. A version in which one of them
takes other parameters or uses other names does something that we have not read: its own code is
left in place, one log line says so, and everything works as mitmproxy itself has it.

Two make it quicker. What they are worth of an exchange's processor time in `run`, measured side by
side: telling addons of hooks 8 to 11 %, leaving out type checks 5 to 12 %. The former is made in
`addons/capture.py` too, and worth 30 % there; type checks stay, since other scripts may make
messages. The others decide what mitmproxy has no option for: docs/mitmproxy-defaults.md.
"""

from pawwork_proxy.proxy.mitmproxy_internals import loading

__all__ = ["loading"]  # before anything that would load all of mitmproxy's addons

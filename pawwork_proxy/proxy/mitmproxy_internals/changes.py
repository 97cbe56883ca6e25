"""All changes, in the order in which they are made."""

from collections.abc import Sequence

from mitmproxy.master import Master
from mitmproxy.version import VERSION

from pawwork_proxy.logs import say
from pawwork_proxy.proxy.mitmproxy_internals.connections import HANDLE_CONNECTIONS, LOG_NO_SECRETS
from pawwork_proxy.proxy.mitmproxy_internals.hooks import REMEMBER_LISTENERS
from pawwork_proxy.proxy.mitmproxy_internals.messages import (
    LEAVE_OUT_TYPE_CHECKS,
    READ_HTTP1,
    READ_HTTP2,
    TELL_SIDES_APART,
)
from pawwork_proxy.proxy.mitmproxy_internals.shapes import Change

CHANGES: tuple[Change, ...] = (
    REMEMBER_LISTENERS,
    LEAVE_OUT_TYPE_CHECKS,
    HANDLE_CONNECTIONS,
    TELL_SIDES_APART,
    READ_HTTP1,
    READ_HTTP2,
    LOG_NO_SECRETS,
)


def make_changes(master: Master, changes: Sequence[Change] = CHANGES) -> None:
    """Make every change that this version of mitmproxy allows; before any addon is added."""
    for change in changes:
        if all(function.is_unchanged() for function in change.relies_on):
            change.make(master)
        else:
            say("change_not_made", change=change.name, mitmproxy=VERSION)

"""What every capture begins with, under our own master and under stock mitmdump alike."""

import gc
import secrets
from collections.abc import Mapping

import mitmproxy.version

from pawwork_proxy import __version__
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.model.capture import CaptureOptions, Header
from pawwork_proxy.model.context import Egress, Install


def new_header(
    identity: Identity,
    ports: Mapping[str, int | None],
    network: str | None,
    *,
    is_zen: bool,
    chained_proxy: bool = False,
    egress_probe: bool = False,
    egress: Egress | None = None,
    answers: str | None = None,
) -> Header:
    """First line of a capture of these installs, each with the port of its listener if we chose it.

    A capture whose upstream is not the real opencode.ai counts as simulated.
    """
    return Header(
        capture_id=secrets.token_hex(8),
        study_id=identity.study_id,
        tool_version=__version__,
        mitmproxy_version=mitmproxy.version.VERSION,
        started_at=utc_now(),
        machine=identity.machine,
        installs=tuple(
            Install(label=label, id=identity.register_install(label), port=port)
            for label, port in ports.items()
        ),
        network=network,
        egress=egress,
        simulated=not is_zen,
        options=CaptureOptions(
            upstream="opencode.ai" if is_zen else "other",
            chained_proxy=chained_proxy,
            egress_probe=egress_probe,
            answers=answers,
        ),
    )


def settle() -> None:
    """Keep the garbage collector from holding up the traffic; when all is made for a run.

    What the start has made lives as long as the process: each round over its objects would halt
    everything for some 60 ms, and cost a tenth of all processor time under stock mitmdump.
    """
    gc.collect()
    gc.freeze()

"""Asks along the route: our listeners on loopback, a free request through one, the proxy behind it.

Invariant: the only request that goes further than this machine is one for the list of models, which
costs no quota; it goes through a listener of ours and names itself.
"""

import http.client
import json
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from pawwork_proxy import __version__
from pawwork_proxy.diagnosis.situation import Chained, Occupant, Passage
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.facts.server import todays_base
from pawwork_proxy.proxy.listeners import LOOPBACK
from pawwork_proxy.recording.destination import PRESENCE_PATH

PATIENCE_S = 10.0
_HEADERS = {"User-Agent": f"pawwork-proxy/{__version__} (doctor)", "Accept": "application/json"}
_LONGEST_ANSWER = 4096
_LONGEST_LIST = 4 * 1024 * 1024


class Presence(NamedTuple):
    """Who listens on a port, and whether it is one of ours that decrypts."""

    answer: Occupant
    decrypts: bool = False


def presence_on(port: int) -> Presence:
    """Ask a port of this machine for what only our listeners answer."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_S)
    with closing(connection):
        try:
            connection.connect()
        except OSError:
            return Presence("nobody")
        with suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            connection.request("GET", PRESENCE_PATH)
            said = json.loads(connection.getresponse().read(_LONGEST_ANSWER))
            if said.get("program") == "pawwork-proxy":
                return Presence("ours", decrypts=said.get("decrypts") is True)
    return Presence("other")


def passage_through(port: int, now: Callable[[], datetime] = utc_now) -> Passage:
    """Ask for the list of models through a listener."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_S)
    with closing(connection):
        try:
            asked = now()
            connection.request("GET", f"{todays_base('zen', 'listing')}/models", headers=_HEADERS)
            response = connection.getresponse()
            answered = now()
            response.read(_LONGEST_LIST)  # else the record would say that it was broken off
        except (OSError, http.client.HTTPException):
            return Passage(port)
        halfway = asked + (answered - asked) / 2
        return Passage(port, response.status, _ahead(halfway, response.headers.get("Date")))


def _ahead(ours: datetime, date: str | None) -> float | None:
    try:
        return (ours - parsedate_to_datetime(date or "")).total_seconds()
    except (ValueError, TypeError):  # none, or one without a zone
        return None


def chained_answer(address: str, target: str) -> Chained:
    """Ask the proxy behind ours for a tunnel to the server, and send nothing through it."""
    proxy = urlsplit(address)
    try:
        with socket.create_connection(
            (proxy.hostname or "", proxy.port or 80), timeout=PATIENCE_S
        ) as connection:
            if proxy.scheme == "https":
                return Chained(address, "up")  # it listens; our own run speaks TLS with it
            connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
            status = connection.recv(_LONGEST_ANSWER).split(maxsplit=2)[1:2]
    except OSError:
        return Chained(address, "down")
    if status == [b"407"]:
        return Chained(address, "wants_password")
    return Chained(address, "up" if status == [b"200"] else "refuses")

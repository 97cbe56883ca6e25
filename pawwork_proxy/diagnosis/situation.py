"""What was seen of a set-up: the proxy's runs, the clients, the way to the server, our own files.

Pure values: whoever looks fills them in, `checks` judges them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Occupant = Literal["ours", "other", "nobody"]
"""Who listens on a port of this machine: a proxy of ours, another program, nobody."""
Authority = Literal["known", "unnamed", "missing", "other", "newer"]
"""Whether a client trusts our certificates: its variable names a file with ours, names none, names
a file that is not there or one without ours, or ours was made after the client had started."""


@dataclass(frozen=True)
class Run:
    """A run of ours that listens now."""

    installs: Mapping[str, int]
    version: str
    mitmproxy: str
    capture: str
    is_zen: bool = True
    """Whether its upstream is the real server."""
    via: str | None = None
    heard_at: datetime | None = None
    """When a client last asked a model through it."""
    turned_down_at: datetime | None = None
    """When a client last connected and asked nothing."""

    @property
    def port(self) -> int:
        """The port of its first install."""
        return next(iter(self.installs.values()))


@dataclass(frozen=True)
class Leads:
    """Where a setting leads, and where it stands."""

    port: int | None
    """A port of this machine; None: to another machine."""
    place: str
    """A file or a variable, as its user knows it."""


@dataclass(frozen=True)
class Hidden:
    """A setting that is not in force."""

    leads: Leads
    by: str
    """The stronger place."""


@dataclass(frozen=True)
class Client:
    """A client that runs, or the files of one that does not."""

    called: str
    release: str | None = None
    """As it is installed; None where nothing tells it."""
    runs: bool = True
    base: Leads | None = None
    """The address of the free models, as its configuration has it."""
    go_base: Leads | None = None
    go_key: bool = False
    proxy: Leads | None = None
    """The proxy that its environment names."""
    bypasses: bool = False
    """Whether NO_PROXY exempts the server from it."""
    ignores_proxy: bool = False
    """Whether its runtime looks at no such variable unless it is told to."""
    authority: Authority = "known"
    unreadable: tuple[str, ...] = ()
    """Files of its configuration that cannot be understood."""
    hidden: tuple[Hidden, ...] = ()
    changed_at: datetime | None = None
    """When the file with the address was changed, if that was after the client had started."""
    connected: frozenset[int] = frozenset()
    """Ports of this machine to which it has connections."""
    direct: bool = False
    """Whether it has connections to the server itself."""

    @property
    def proxied(self) -> Leads | None:
        """The proxy that it uses for the server."""
        return None if self.bypasses or self.ignores_proxy else self.proxy

    @property
    def told(self) -> Leads | None:
        """Where its requests for free models go; None: straight to the server."""
        return self.base if self.base and self.base.port is not None else self.proxied


@dataclass(frozen=True)
class Chained:
    """The proxy behind ours."""

    address: str
    answer: Literal["up", "down", "wants_password", "refuses"]
    """What it says to a tunnel to the server, without a password."""
    password: bool = False
    """Whether our proxy gives it one."""


@dataclass(frozen=True)
class Passage:
    """A free request through a listener, at what the server answers without any quota."""

    port: int
    status: int | None = None
    """None: it was broken off."""
    clock_ahead_s: float | None = None
    """How far this machine's clock is ahead of the server's."""

    @property
    def failed(self) -> bool:
        """Whether anything but the list came back."""
        return self.status is None or self.status >= 400


@dataclass(frozen=True)
class Situation:
    """All that was looked at."""

    version: str
    answers: Mapping[int, Occupant]
    """Who listens, on each port that a client is told or a run has noted."""
    decrypts: Mapping[int, bool]
    """Of each listener of ours, whether a client has to trust our certificates."""
    runs: tuple[Run, ...] = ()
    clients: tuple[Client, ...] = ()
    chained: Chained | None = None
    own_proxy: str | None = None
    """The proxy that programs of this machine use, by environment or system; never one of ours."""
    passages: tuple[Passage, ...] = ()
    exposed: tuple[str, ...] = ()
    """Private files and folders that others may read."""
    waited_s: float | None = None
    """How long a message was waited for in vain."""

    def ours(self, leads: Leads | None) -> bool:
        """Whether a setting leads to a proxy of ours."""
        return bool(leads and leads.port and self.answers.get(leads.port) == "ours")

    def covers_go(self, client: Client) -> bool:
        """Whether a client's requests for Go come through us."""
        return self.ours(client.go_base) or self.ours(client.proxied)

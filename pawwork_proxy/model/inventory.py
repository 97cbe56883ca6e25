"""What requests carry that may identify somebody: the result of `identity`.

Invariant: every statement was computed from records; what was not observed is named as untested.
"""

from typing import Literal

from pawwork_proxy.model.base import Noun

Layer = Literal["header", "body", "query", "key", "address", "http", "tls"]
Role = Literal[
    "device_or_install",
    "person",
    "conversation",
    "action",
    "project",
    "workspace",
    "key",
    "network",
    "software",
    "message",
    "unknown",
]
"""What a field's name promises; `unknown`: nobody has told us what it is for."""

Scope = Literal["everywhere", "network", "device", "install", "conversation", "action", "request"]
"""Within what a value stays the same, widest first."""

DeviceFinding = Literal["sent", "not_sent", "undecided"]


class FieldFinding(Noun):
    """One field: whether it is sent, how it looks, how long a value lives, what is done with it."""

    id: str
    """Layer and name, `header:x-opencode-session`."""
    layer: Layer
    name: str
    role: Role
    requests: int
    """How many requests were seen to carry it."""
    unseen: int = 0
    """In how many others nobody could look for it: the body was not read, header lines were cut, or
    nothing of the kind was recorded. 0 requests and 0 unseen: not sent."""
    installs: tuple[str, ...] = ()
    """The installs that sent it, by label."""
    shapes: tuple[str, ...] = ()
    distinct: int = 0
    texts: tuple[str, ...] = ()
    """Some of the values, where records keep them as text."""
    scope: Scope | None = None
    """The widest scope within which the value never changed; None: values are not kept."""
    untested: tuple[Scope, ...] = ()
    """Narrower scopes that the records cannot tell from `scope`: each had one unit only."""
    differs: bool = False
    """Whether two installs sent different values."""
    links_conversations: bool = False
    """A value came back in another conversation of one install, and never from another install."""
    lifetime: str | None = None
    """What the client's source says of how long a value lives."""
    server: str | None = None
    """What the server is known to do with it."""
    sources: tuple[str, ...] = ()


class Inventory(Noun):
    """Every field that may identify, over one or many captures, and the conclusion in words."""

    captures: int
    exchanges: int
    installs: tuple[str, ...]
    simulated: bool
    device_or_install: DeviceFinding
    suspects: tuple[str, ...] = ()
    """Ids of the fields on which `device_or_install` rests, unless it is `not_sent`."""
    answer: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What limits the conclusion."""
    fields: tuple[FieldFinding, ...]

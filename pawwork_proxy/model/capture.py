"""The lines of a capture file: header, then one line for each thing that happened, then end.

Invariant: the file alone tells whether something is missing: each request leaves an `opened` line
before a byte of it goes upstream, and an `exchange` or `stub` line when it is over. An `opened`
without either is an interrupted exchange.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.context import ClientProcess, Egress, Install, Machine, Route
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection, Hello
from pawwork_proxy.model.numbers import (
    Count,
    ExitCode,
    Milliseconds,
    Moment,
    Status,
    WaitSeconds,
)
from pawwork_proxy.model.outcome import Kind

SchemaVersion = Literal[1, 2]
"""Those that can be read. 2 added the routes inside and tunnel and the lines hello and connection,
which a reader of version 1 would take for damage."""
SCHEMA_VERSION: Literal[2] = 2


StubReason = Literal["taint", "recording_failed"]
TaintRule = Literal["credential", "shared_text", "shared_number", "self_test"]
"""What the last look at a record found in it: a key of the run; twelve characters or digits in a
row of the raw exchange. `self_test`: nothing is recorded, because the self-test failed."""


class CaptureOptions(Noun):
    """The options that change what a capture can show."""

    upstream: Literal["opencode.ai", "other"]
    """`other`: the user named another upstream; its address is not kept."""
    chained_proxy: bool = False
    egress_probe: bool = False
    answers: texts.Term | None = None
    """What model calls were answered with here in place of the server (`--answer`), by the name of
    its outcome; the exchanges concerned say so. None when the server answered all."""


class Header(Noun):
    """First line: who wrote this capture, where, and of what."""

    type: Literal["header"] = "header"
    schema_version: SchemaVersion = SCHEMA_VERSION
    capture_id: texts.RandomId
    study_id: texts.Pseudonym
    """Pseudonym of the study (or of the user's own key): equal ids may be joined."""
    tool_version: texts.Version
    mitmproxy_version: texts.Version
    started_at: Moment
    machine: Machine
    installs: tuple[Install, ...]
    network: texts.Label | None = None
    egress: Egress | None = None
    simulated: bool = False
    options: CaptureOptions


class Opened(Noun):
    """A request has arrived; written before anything of it goes upstream."""

    type: Literal["opened"] = "opened"
    seq: Count
    at: Moment
    install: texts.Label
    route: Route
    method: texts.Method
    path: texts.RouteShape
    """The route's shape, as in the exchange's request."""


class Stub(Noun):
    """Stands for an exchange whose record could not be made safe or whole."""

    type: Literal["stub"] = "stub"
    seq: Count
    at: Moment
    install: texts.Label
    reason: StubReason
    status: Status | None = None
    rule: TaintRule | None = None
    """What was found in the record. None when the record could not be made at all."""
    place: texts.RecordPlace | None = None
    """Where it was found, and could not be taken out."""
    outcome: Kind | None = None
    retry_after_s: WaitSeconds | None = None
    model_group: texts.ModelGroup | None = None
    cf_ray: texts.CfRay | None = None
    """The edge's id of the request."""
    started_at: Moment | None = None
    total_ms: Milliseconds | None = None


NoteEvent = Literal[
    "records_lost",
    "noted_late",
    "egress_changed",
    "egress_unavailable",
    "client_distrusts_ca",
    "self_test_failed",
    "client_observed",
    "client_not_observed",
    "client_error",
    "client_exit",
]


class Note(Noun):
    """Something that happened to the run, not to one exchange."""

    type: Literal["note"] = "note"
    at: Moment
    event: NoteEvent
    """`noted_late`: the disk hung, and so many requests had reached the server before their
    `opened` lines were written; a kill in between would have lost them."""
    install: texts.Label | None = None
    count: Count | None = None
    egress: Egress | None = None
    client: ClientProcess | None = None
    """The program that is observed from here on, or that cannot be."""
    outcome: Kind | None = None
    """What an error that the client itself printed comes to; nothing else of it is kept."""
    exit_code: ExitCode | None = None
    """Of the client that was started; above 128 it was ended by a signal."""


class End(Noun):
    """Last line: what the run counted. A capture without it was interrupted."""

    type: Literal["end"] = "end"
    at: Moment
    exchanges: Count
    stubs: dict[StubReason, Count] = Field(default_factory=dict)
    lost: Count = 0
    """Records that could not be written and were never made up for."""
    passed_by: Count = 0
    """Requests and tunnels to other hosts, relayed untouched and not recorded."""
    tap_failures: Count | None = None
    """How often looking at the traffic failed; the traffic itself went on. The exchanges concerned
    name the parts that were not seen (`signals.unobserved`). None when it never failed."""
    reason: Literal["finished", "interrupted"]


CaptureLine = Annotated[
    Header | Opened | Exchange | Stub | Note | Hello | Connection | End,
    Field(discriminator="type"),
]
LINE: TypeAdapter[CaptureLine] = TypeAdapter(CaptureLine, config=ConfigDict(defer_build=True))
"""Built when the first line is read: who only writes captures does without."""

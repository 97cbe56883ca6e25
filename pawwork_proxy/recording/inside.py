"""Turns what the tap in a client tells (`tap_frames`) into calls on the recorder.

Times are the client's: a record says when the client got something, not when we heard of it.
Invariants: nothing is raised; a connection that does not begin with the run's token records
nothing; each exchange that a client opened ends, with its own end or with its client's.
"""

import hmac
import re
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime

from pawwork_proxy.clients.processes import FoundProcess, ancestors, describe, started
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.facts.wordings import fetch_ending
from pawwork_proxy.model.context import ClientProcess, Runtime
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, RawHeaders, UpstreamFacts
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.recording.tap_frames import (
    Body,
    Chunk,
    Client,
    Ended,
    Frame,
    FrameReader,
    Head,
    Hello,
    Kind,
    Open,
    Sent,
    Unseen,
)

MOST_OPEN = 1000
"""Exchanges of one connection that are followed at once; no client has so many."""
_NUMBERS = re.compile(r"\d{1,4}(\.\d{1,5}){1,2}")
_PARTS: dict[Kind, ExchangePart] = {
    "body": "request_body",
    "sent": "request_body",
    "head": "response_head",
    "chunk": "response_body",
}
"""What a record lacks when a frame of this type was lost."""


class InsideClients:
    """The clients of one run that took the tap."""

    def __init__(
        self,
        recorder: Recorder,
        install: str,
        token: str,
        utc_now: Callable[[], datetime] = utc_now,
        ancestors: Callable[[int], frozenset[int]] = ancestors,
    ) -> None:
        self.recorder = recorder
        self.install = install
        self.loaded = False
        """Whether some process has loaded the tap, be it a client or what starts one."""
        self.pids: set[int] = set()
        """Processes that are clients."""
        self.on_client: Callable[[], None] = lambda: None
        self._token = token.encode()
        self._utc_now = utc_now
        self._ancestors = ancestors

    def connection(self) -> "TapConnection":
        """Another connection of a tap: one for each thread of a client that asks."""
        return TapConnection(self)

    def admits(self, hello: Hello) -> bool:
        """Whether it is a client of this run."""
        admitted = hmac.compare_digest(hello.token.encode("utf-8", "replace"), self._token)
        self.loaded = self.loaded or admitted
        return admitted

    def client(self, hello: Hello) -> FoundProcess:
        """The client behind a connection; the first of its process is noted in the capture."""
        version = _NUMBERS.match(hello.version)
        public = ClientProcess(
            name=describe(hello.program).name,
            runtime=Runtime(name=hello.runtime, version=version[0] if version else None),
            nested=bool(self._ancestors(hello.pid) & self.pids),
        )
        if hello.pid not in self.pids:
            self.pids.add(hello.pid)
            self.recorder.note("client_observed", install=self.install, client=public)
            self.on_client()
        return FoundProcess(hello.pid, public, started(hello.pid))

    def now(self) -> float:
        """Our clock, as the clients count: seconds since 1970."""
        return self._utc_now().timestamp()


class TapConnection:
    """One connection of a tap, and the exchanges that it has open."""

    def __init__(self, clients: InsideClients) -> None:
        self._clients = clients
        self._recorder = clients.recorder
        self._frames = FrameReader()
        self._hello: Hello | None = None
        self._process: Future[FoundProcess | None] | None = None
        self._open: dict[int, Ongoing] = {}
        self._at = 0.0

    def feed(self, data: bytes) -> bool:
        """Take bytes of the tap; False when the connection is none of ours."""
        damaged = self._frames.damaged
        for frame in self._frames.feed(data):
            if self._hello is not None:
                self._take(frame)
            elif isinstance(frame, Hello) and self._clients.admits(frame):
                self._hello = frame
            else:
                return False
        if self._hello is None:
            return self._frames.damaged == 0
        self._recorder.frames_lost(self._frames.damaged - damaged)
        return True

    def gone(self) -> None:
        """The client has closed the connection: what is open has ended with it."""
        self._at = max(self._at, self._clients.now())
        for ongoing in list(self._open.values()):
            self._finish(ongoing, _left(ongoing))
        self._open.clear()

    def _take(self, frame: Frame) -> None:
        self._at = frame.at / 1000
        try:
            self._handle(frame)
        except Exception as error:
            self._recorder.tap_failed(error)
            ongoing = self._open.get(getattr(frame, "id", -1))
            if ongoing is not None:
                ongoing.missed(_PARTS.get(_kind(frame), "ending"))

    def _handle(self, frame: Frame) -> None:
        match frame:
            case Hello():
                return
            case Client():
                self._found()
            case Unseen():
                self._recorder.not_opened()
            case Open():
                self._opened(frame)
            case _:
                ongoing = self._open.get(frame.id)
                if ongoing is not None:
                    self._missed(ongoing, frame.lost)
                    self._follow(ongoing, frame)

    def _opened(self, frame: Open) -> None:
        if frame.id in self._open or len(self._open) >= MOST_OPEN:
            self._recorder.not_opened()
            return
        arrival = Arrival(
            install=self._clients.install,
            route="inside",
            method=frame.method,
            target=frame.target,
            http_version=None,
            headers=_raw(frame.headers),
            process=self._found(),
        )
        at = datetime.fromtimestamp(self._at, UTC)
        self._open[frame.id] = self._recorder.open(arrival, at=at, now=lambda: self._at)

    def _follow(self, ongoing: Ongoing, frame: Body | Sent | Head | Chunk | Ended) -> None:
        match frame:
            case Body(data=data):
                if data:
                    ongoing.request_chunk(data)
            case Sent(seen=seen):
                ongoing.request_chunk(b"")
                if not seen:
                    ongoing.missed("request_body")
            case Head(status=status, headers=headers):
                if ongoing.first_byte is None:
                    ongoing.response_started(status, None, _raw(headers))
            case Chunk(data=data):
                ongoing.response_chunk(data)
            case Ended():
                del self._open[frame.id]
                self._finish(ongoing, _ending(ongoing, frame))

    def _missed(self, ongoing: Ongoing, lost: dict[Kind, int]) -> None:
        if lost:
            ongoing.missed(*(_PARTS[kind] for kind in lost if kind in _PARTS))
            self._recorder.frames_lost(sum(lost.values()))

    def _finish(self, ongoing: Ongoing, ending: Ending) -> None:
        try:
            ongoing.finish(ending, UpstreamFacts())
        except Exception as error:
            self._recorder.tap_failed(error)
            self._recorder.give_up(ongoing)

    def _found(self) -> Future[FoundProcess | None]:
        """The client's process, which needs no looking up: it has told us."""
        if self._process is None:
            assert self._hello is not None
            self._process = Future()
            self._process.set_result(self._clients.client(self._hello))
        return self._process


def _kind(frame: Frame) -> Kind:
    kind: Kind = frame.__struct_config__.tag  # type: ignore[assignment]
    return kind


def _ending(ongoing: Ongoing, frame: Ended) -> Ending:
    """How an exchange ended that the tap has seen the end of."""
    if frame.how == "complete":
        return Ending.COMPLETE
    if frame.how == "left":
        return _left(ongoing)
    if frame.how == "failed":
        if ongoing.answered:
            return Ending.UPSTREAM_CUT
        ending = fetch_ending(frame.code)
        if ending is not None:
            return ending
    else:
        ongoing.missed("response_body")
    ongoing.missed("ending")
    return Ending.UNSTATED


def _left(ongoing: Ongoing) -> Ending:
    return Ending.CLIENT_LEFT_MIDSTREAM if ongoing.answered else Ending.CLIENT_LEFT_BEFORE_ANSWER


def _raw(headers: tuple[tuple[str, str], ...]) -> RawHeaders:
    return tuple(
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers
    )

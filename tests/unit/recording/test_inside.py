"""What a tap tells becomes records: the client's times, endings by its codes, no strangers."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.inside import MOST_OPEN, InsideClients, TapConnection
from pawwork_proxy.recording.tap_frames import FrameReader
from tests.unit.recording.runs import Run, identity, run

__all__ = ["identity", "run"]

TOKEN = "of this run"
AT = 1_795_000_000_000.0
"""The client's clock in milliseconds."""
KEY = "sk-" + "Zx9" * 21 + "q"
PROMPT = "canary-of-a-prompt-that-nobody-else-would-write"
BODY = json.dumps({"model": "big-pickle", "messages": [{"role": "user", "content": PROMPT}]})
ANSWER = (
    'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
    'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


class Client:
    """A tap that is told what to tell."""

    def __init__(self, clients: InsideClients, pid: int = 7, token: str = TOKEN) -> None:
        self.connection: TapConnection = clients.connection()
        self.at = AT
        self.admitted = self.say(
            "hello", token=token, pid=pid, runtime="node", version="22.1.0", program="node"
        )

    def say(self, t: str, ms: float = 1, **fields: Any) -> bool:
        self.at += ms
        return self.connection.feed(line(t, self.at, **fields))

    def open(self, number: int = 1, **fields: Any) -> None:
        head = {
            "method": "POST",
            "target": "/zen/v1/chat/completions",
            "headers": [["authorization", f"Bearer {KEY}"]],
        }
        self.say("open", id=number, **head | fields)

    def body(self, text: str, number: int = 1) -> None:
        self.say("body", id=number, data=base64.b64encode(text.encode()).decode())

    def head(self, status: int = 200, *headers: tuple[str, str], number: int = 1) -> None:
        self.say("head", id=number, status=status, headers=headers)

    def chunk(self, text: str, number: int = 1, **fields: Any) -> None:
        self.say("chunk", id=number, data=base64.b64encode(text.encode()).decode(), **fields)

    def end(self, how: str = "complete", number: int = 1, **fields: Any) -> None:
        self.say("end", id=number, how=how, **fields)

    def whole(self, number: int = 1) -> None:
        self.open(number)
        self.body(BODY, number)
        self.say("sent", id=number, seen=True)
        self.head(200, ("content-type", "text/event-stream"), number=number)
        self.chunk(ANSWER, number)
        self.end(number=number)


def line(t: str, at: float, **fields: Any) -> bytes:
    return json.dumps({"t": t, "at": at, **fields}).encode() + b"\n"


class Inside:
    """A recorder for taps."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.parents: dict[int, frozenset[int]] = {}
        self.clients = InsideClients(
            run.recorder,
            "main",
            TOKEN,
            utc_now=lambda: datetime.fromtimestamp(AT / 1000 + 60, UTC),
            ancestors=lambda pid: self.parents.get(pid, frozenset()),
        )

    def client(self, pid: int = 7, token: str = TOKEN) -> Client:
        return Client(self.clients, pid, token)

    def capture(self) -> Capture:
        while self.run.later.due:  # a record waits for the search for its key
            self.run.later.run()
        return self.run.capture()

    def exchange(self) -> Exchange:
        (found,) = self.capture().exchanges
        return found


@pytest.fixture
def inside(run: Run) -> Inside:
    return Inside(run)


def test_an_exchange_is_recorded_with_the_clients_times(inside: Inside) -> None:
    client = inside.client()
    client.at = AT
    client.open()
    client.body(BODY)
    client.say("sent", 2, id=1, seen=True)
    client.say("head", 30, id=1, status=200, headers=[["content-type", "text/event-stream"]])
    client.chunk(ANSWER)
    client.say("end", 8, id=1, how="complete")
    found = inside.exchange()
    assert found.timing.started_at == datetime.fromtimestamp((AT + 1) / 1000, UTC)
    assert found.timing.request_sent_ms == 3
    assert found.timing.first_byte_ms == 33
    assert found.timing.first_event_ms == 34
    assert found.timing.total_ms == 42
    assert found.outcome.kind is Kind.SUCCESS
    assert found.request.model == "big-pickle"
    assert found.request.body.decoded_bytes == len(BODY)
    assert found.auth.kind == "user_key"


def test_what_cannot_be_seen_inside_is_null(inside: Inside) -> None:
    inside.client().whole()
    found = inside.exchange()
    assert found.context.route == "inside"
    assert found.response is not None
    unseen = (
        found.request.http_version,
        found.request.header_bytes,
        found.response.http_version,
        found.context.client_http,
        found.context.upstream_http,
        found.context.upstream_tls,
        found.context.upstream_family,
        found.context.source_address,
        found.timing.upstream_connect_ms,
    )
    assert set(unseen) == {None}
    assert not found.signals.made_by_proxy


def test_neither_key_nor_prompt_reaches_the_capture(inside: Inside) -> None:
    inside.client().whole()
    assert len(inside.capture().exchanges) == 1
    text = inside.run.writer.path.read_text()
    assert KEY not in text
    assert PROMPT not in text


def test_an_answer_whose_coding_is_undone_is_not_undone_again(inside: Inside) -> None:
    client = inside.client()
    client.open()
    client.head(200, ("content-type", "text/event-stream"), ("content-encoding", "zstd"))
    client.chunk(ANSWER)
    client.end()
    found = inside.exchange()
    assert found.response is not None
    assert (found.response.content_encoding, found.response.encoding) == ("zstd", "decoded")
    assert found.outcome.kind is Kind.SUCCESS
    assert not found.signals.decoding_failed


def test_the_client_is_noted_once_with_its_runtime(inside: Inside) -> None:
    client = inside.client()
    assert not inside.capture().notes, "a program that has loaded the tap may only start a client"
    client.say("client")
    inside.client().whole()
    (note,) = inside.capture().notes
    assert (note.event, note.install) == ("client_observed", "main")
    assert note.client is not None
    assert note.client.name == "node"
    assert note.client.runtime is not None
    assert (note.client.runtime.name, note.client.runtime.version) == ("node", "22.1.0")
    assert note.client == inside.exchange().context.client


@pytest.mark.parametrize("version", ["", "canary", "/home/anne"])
def test_a_version_that_is_none_is_not_kept(inside: Inside, version: str) -> None:
    client = inside.client()
    client.connection = inside.clients.connection()
    client.say("hello", token=TOKEN, pid=1, runtime="bun", version=version, program=version)
    client.whole()
    assert inside.exchange().context.client is not None
    (note,) = inside.capture().notes
    assert note.client is not None
    assert note.client.name == "other"
    assert note.client.runtime is not None
    assert note.client.runtime.version is None


def test_a_client_that_another_client_started_is_labelled_so(inside: Inside) -> None:
    launcher, outer = inside.client(1), inside.client(2)
    inside.parents = {2: frozenset({1}), 3: frozenset({1, 2})}
    outer.whole(1)
    nested = inside.client(3)
    nested.whole(1)
    assert launcher.admitted
    found = [one.context.client.nested for one in inside.capture().exchanges if one.context.client]
    assert found == [False, True], "who only started the first one is no client"


def test_several_clients_talk_at_once(inside: Inside) -> None:
    clients = [inside.client(pid) for pid in (1, 2, 2)]
    for client in clients:
        client.open()
    for client in clients:
        client.head()
        client.chunk('{"object":"chat.completion","choices":[]}')
    for client in clients:
        client.end()
    assert [one.seq for one in inside.capture().exchanges] == [1, 2, 3]
    assert len(inside.capture().notes) == 2, "two threads of one process are one client"


@pytest.mark.parametrize("token", ["", "of another run", TOKEN + "x"])
def test_a_wrong_token_records_nothing(inside: Inside, token: str) -> None:
    client = inside.client(token=token)
    assert not client.admitted
    assert not inside.clients.loaded
    assert inside.run.recorder.counts.opened == 0


@pytest.mark.parametrize("first", [b"\n", b"GET / HTTP/1.1\r\n", line("unseen", AT)])
def test_who_does_not_begin_with_the_token_is_turned_away(inside: Inside, first: bytes) -> None:
    assert not inside.clients.connection().feed(first)
    assert not inside.capture().notes


@pytest.mark.parametrize(
    ("answered", "ending"),
    [(False, Ending.CLIENT_LEFT_BEFORE_ANSWER), (True, Ending.CLIENT_LEFT_MIDSTREAM)],
)
def test_what_is_open_when_a_client_goes_was_left(
    inside: Inside, answered: bool, ending: Ending
) -> None:
    client = inside.client()
    client.open()
    if answered:
        client.head()
    client.connection.feed(b'{"t":"chunk","id":1')  # torn by the end of the process
    client.connection.gone()
    found = inside.exchange()
    assert found.signals.ending is ending
    assert found.timing.total_ms is not None
    assert found.timing.total_ms >= 59_000, "until it was gone"


@pytest.mark.parametrize(
    ("how", "code", "before", "after"),
    [
        ("failed", "ECONNREFUSED", Ending.UPSTREAM_REFUSED, Ending.UPSTREAM_CUT),
        ("failed", "ENOTFOUND", Ending.UPSTREAM_UNRESOLVABLE, Ending.UPSTREAM_CUT),
        ("failed", "UND_ERR_SOCKET", Ending.UPSTREAM_RESET, Ending.UPSTREAM_CUT),
        ("failed", "CERT_HAS_EXPIRED", Ending.UPSTREAM_TLS, Ending.UPSTREAM_CUT),
        ("left", "", Ending.CLIENT_LEFT_BEFORE_ANSWER, Ending.CLIENT_LEFT_MIDSTREAM),
    ],
)
def test_an_end_is_named_by_what_the_client_was_told(
    inside: Inside, how: str, code: str, before: Ending, after: Ending
) -> None:
    client = inside.client()
    client.open(1)
    client.end(how, 1, code=code)
    client.open(2)
    client.head(number=2)
    client.end(how, 2, code=code)
    assert [one.signals.ending for one in inside.capture().exchanges] == [before, after]
    assert all(one.signals.unobserved is None for one in inside.capture().exchanges)


def test_an_unknown_code_leaves_the_ending_open(inside: Inside) -> None:
    client = inside.client()
    client.open()
    client.end("failed", code="SOMETHING_NEW")
    found = inside.exchange()
    assert found.signals.ending is Ending.UNSTATED
    assert found.signals.unobserved == ("ending",)
    assert found.outcome.kind is Kind.UNKNOWN


def test_parts_that_were_not_seen_are_named(inside: Inside) -> None:
    client = inside.client()
    client.open(1)
    client.say("sent", id=1, seen=False)
    client.head(number=1)
    client.end("unseen", 1)
    client.open(2)
    client.head(number=2)
    client.say("end", id=2, how="complete", lost={"chunk": 3, "body": 1})
    one, other = inside.capture().exchanges
    assert one.signals.unobserved == ("request_body", "response_body", "ending")
    assert one.request.body.state == "not_observed"
    assert set(other.signals.unobserved or ()) == {"request_body", "response_body"}
    assert inside.run.recorder.counts.tap_failures == 4


def test_damage_is_counted_and_what_cannot_be_described_is_lost(inside: Inside) -> None:
    client = inside.client()
    client.connection.feed(b"{no frame}\n")
    client.say("unseen")
    assert inside.run.recorder.counts.tap_failures == 1
    assert inside.run.recorder.lost == 1


def test_one_connection_cannot_open_without_end(inside: Inside) -> None:
    client = inside.client()
    for number in range(MOST_OPEN + 2):
        client.open(number)
    client.open(1)
    assert inside.run.recorder.counts.opened == MOST_OPEN
    assert inside.run.recorder.lost == 3


def test_a_failing_look_costs_its_part_and_nothing_else(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise ValueError("a secret of the exchange")

    client = inside.client()
    client.open()
    client.head()
    with monkeypatch.context() as patched:
        patched.setattr("pawwork_proxy.responses.response_reader.ResponseReader.feed", fail)
        client.chunk("x")
    client.end()
    client.whole(2)
    one, other = inside.capture().exchanges
    assert one.signals.unobserved == ("response_body",)
    assert other.outcome.kind is Kind.SUCCESS


frames = st.lists(
    st.builds(
        lambda t, at, number, extra: line(
            t, at, **{**{"id": number, "seen": True, "data": "aGk=", "headers": []}, **extra}
        ),
        st.sampled_from(["open", "body", "sent", "head", "chunk", "end", "client", "unseen"]),
        st.floats(0, 4e13),
        st.integers(0, 3),
        st.fixed_dictionaries(
            {
                "status": st.integers(0, 2000),
                "how": st.sampled_from(["complete", "left", "failed", "unseen"]),
                "code": st.text(max_size=8),
                "method": st.text(max_size=8),
                "target": st.text(max_size=20),
            }
        ),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames)
def test_hostile_frames_never_raise_and_every_exchange_ends_once(
    tmp_path_factory: pytest.TempPathFactory, identity: Identity, told: list[bytes]
) -> None:
    inside = Inside(Run(tmp_path_factory.mktemp("captures"), identity))
    client = inside.client()
    for one in told:
        assert client.connection.feed(one)
    client.connection.gone()
    inside.run.recorder.close("finished")
    capture = inside.capture()
    assert capture.end is not None
    ended = capture.end.exchanges + sum(capture.end.stubs.values())
    assert ended == inside.run.recorder.counts.opened
    assert not capture.interrupted
    assert sum(1 for _ in FrameReader().feed(b"".join(told))) <= len(told)

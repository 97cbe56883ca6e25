"""Made-up captures for tests of gathering: refusals at chosen places among many admissions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pawwork_proxy.captures import gathering
from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.captures.records import Records
from pawwork_proxy.captures.sources import capture_sources, each_readable
from pawwork_proxy.captures.tally import Tally
from pawwork_proxy.model.capture import End, Header
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.model.context import ExchangeContext, Install
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.request import RequestBody, RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import Ending, Signals
from pawwork_proxy.model.view import view_of
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.unit.builders import exchange, header, opened

MORNING = datetime(2026, 11, 20, 9, tzinfo=UTC)
REFUSAL = (
    b'{"type":"error","error":{"type":"FreeUsageLimitError","message":"Rate limit exceeded. '
    b'Please try again later."},"metadata":{}}'
)
ANSWER = (
    b'{"id":"1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"made up"},"finish_reason":"stop"}]}'
)


def pseudonym(kind: str, number: int) -> str:
    """A made-up pseudonym."""
    return f"{kind}:{number:024x}"


def answer(*, refused: bool, at: datetime) -> Signals:
    """Signals of a whole answer."""
    date = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = [("date", date), ("content-type", "application/json")]
    if refused:
        midnight = (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        headers.append(("retry-after", str(int((midnight - at).total_seconds()))))
    reader = ResponseReader(429 if refused else 200, headers)
    reader.feed(REFUSAL if refused else ANSWER)
    return reader.finish(Ending.COMPLETE).signals


def one(
    seq: int,
    install: int,
    *,
    refused: bool = False,
    address: int = 1,
    session: int = 1,
    request: int | None = None,
    model: str = "big-pickle",
    at: datetime | None = None,
) -> Exchange:
    """An exchange of an install, a second after the one before."""
    moment = at or MORNING + timedelta(seconds=seq)
    signals = answer(refused=refused, at=moment)
    return exchange(
        seq,
        context=ExchangeContext(
            install=f"install{install}",
            install_id=pseudonym("install", install),
            device=pseudonym("device", install),
            network=f"network{address}",
            route="reverse",
            upstream_family="ipv4",
            source_address=pseudonym("ip", address),
        ),
        timing=Timing(started_at=moment, first_byte_ms=200.0, total_ms=400.0),
        request=RequestFacts(
            method="POST",
            path="/zen/v1/chat/completions",
            tier="zen",
            protocol="chat",
            http_version="HTTP/1.1",
            model=model,
            model_group=model[:2],
            session=pseudonym("session", session),
            request=pseudonym("request", seq if request is None else request),
            user_agent="opencode/1.18.33",
            body=RequestBody(state="json"),
        ),
        response=ResponseFacts(
            status=429 if refused else 200,
            http_version="HTTP/1.1",
            date=signals.date,
            colo="SIM",
        ),
        signals=signals,
    )


def write(path: Path, exchanges: list[Exchange], **changes: Any) -> Path:
    """A whole capture file."""
    values: dict[str, Any] = {
        "capture_id": path.stem.encode().hex().rjust(16, "0")[-16:],
        "simulated": True,
        "installs": (Install(label="install1", id=pseudonym("install", 1), port=9610),),
    }
    lines = [header(**(values | changes)).model_dump_json(exclude_none=True)]
    for record in exchanges:
        lines.append(opened(record.seq, at=record.timing.started_at).model_dump_json())
        lines.append(record.model_dump_json(exclude_none=True))
    end = End(at=MORNING, exchanges=len(exchanges), reason="finished")
    path.write_text("\n".join([*lines, end.model_dump_json()]) + "\n")
    return path


class Read(NamedTuple):
    """Captures read whole, and what is said of those that could not be read."""

    captures: list[Capture]
    remarks: list[str]


def read_captures(paths: Iterable[Path]) -> Read:
    """Every capture at these places with all its records."""
    remarks: list[str] = []
    records = each_readable(capture_sources(paths), Records, remarks)
    whole = [replace(one.capture, exchanges=list(one)) for one in records]
    return Read(whole, remarks)


def gather(paths: Iterable[Path], **options: Any) -> ComparisonInput:
    """What a comparison of the captures at these places is made from."""
    return gathering.gather(capture_sources(paths), **options)


def observed(head: Header, exchanges: Iterable[Exchange]) -> list[Observation]:
    """The observations of some records, without a file in between."""
    tally = Tally()
    for record in exchanges:
        tally.add(view_of(record))
    return tally.one_by_one(head, frozenset())

"""`classify`: the errors in what a user pastes or pipes, without a capture."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import click

from pawwork_proxy.cli import options
from pawwork_proxy.errors import PawworkProxyError

if TYPE_CHECKING:
    from pawwork_proxy.facts.clients import Client
    from pawwork_proxy.model.outcome import Outcome
    from pawwork_proxy.report.language import Language
    from pawwork_proxy.responses.reported import Paste

MAX_INPUT = 64 * 1024 * 1024
_HAR_START = 64 * 1024

EXITS = {0: "classified, also as unknown", 1: "there was nothing to classify", 2: "wrong usage"}


@click.command(
    epilog=options.after_help("classify body.json --status 429 --header 'retry-after: 60'", EXITS)
)
@click.argument("file", type=options.SOURCE, default="-")
@click.option(
    "--status",
    type=click.IntRange(100, 599),
    metavar="CODE",
    help="Take this HTTP status where the input is a body without one.",
)
@options.several(
    "--header",
    "headers",
    "'NAME: VALUE'",
    "Take this header where the input is a body without any.",
)
@click.option(
    "--jsonl",
    is_flag=True,
    help="Read one JSON object a line, with any of id, status, headers, content_type, body, "
    "streaming, transport, and write one a line. A bad line gives an object with `error`.",
)
@options.lang
@options.reply
@options.formats(
    "text",
    "json",
    words="json prints one object, its `errors` a list of all; for a HAR file one a response.",
)
def classify(
    file: Path,
    status: int | None,
    headers: Sequence[str],
    jsonl: bool,
    lang: Language,
    reply: Language | None,
    output: str,
) -> None:
    """Say what the errors in a text mean, and the last one in full.

    The text is what you have: a body, an error line, a screen, a log of any length, a problem
    report, an export, a `curl -i` transcript, a HAR file. Reads FILE, or stdin where FILE is left
    out.
    """
    if jsonl:
        # Line by line from a pipe, so that its other end may wait for what it has asked.
        for line in sys.stdin.buffer if str(file) == "-" else _content(file).splitlines():
            if line.strip():
                click.echo(json.dumps(_line_object(line), ensure_ascii=False))
        return
    stated = _headers(headers)
    shown = Shown(output, lang, reply)
    source = _source(file)
    with source:
        entries = _har_in(source)
        if entries is not None:
            _show_entries(entries, status, stated, shown)
        elif status is not None or stated:
            paste = _response(source.read(MAX_INPUT), status)
            _show_entries([paste], status, stated, shown)
        else:
            _show_findings(source, shown)


class Shown(NamedTuple):
    """How an outcome is shown."""

    output: str
    lang: Language
    reply: Language | None


def _har_in(source: BinaryIO) -> list[Paste] | None:
    """The entries of a HAR file; None, and the source at its beginning, for anything else."""
    from pawwork_proxy.responses.reported import har_entries

    start = source.read(_HAR_START)
    source.seek(0)
    if not start.strip():
        raise PawworkProxyError("there is nothing to classify", "pipe or paste a response")
    if b'"log"' not in start:
        return None
    entries = har_entries(source.read(MAX_INPUT))
    source.seek(0)
    if entries == []:
        raise PawworkProxyError(
            "the HAR file holds no responses", "record it again together with the responses"
        )
    return entries


def _response(data: bytes, status: int | None) -> Paste:
    """One response, with the status and headers that it states itself before those of options."""
    from pawwork_proxy.pastes.transcripts import response_of, unprefixed
    from pawwork_proxy.responses.reported import Paste

    response = response_of(unprefixed(data.decode("utf-8", "surrogateescape")))
    body = response.text.encode("utf-8", "surrogateescape")
    return Paste(
        body, status if response.status is None else response.status, dict(response.headers)
    )


def _show_entries(
    pastes: list[Paste], status: int | None, headers: dict[str, str], shown: Shown
) -> None:
    from pawwork_proxy.report.advice import weight

    results = [(paste, _outcome_of(paste, status, headers)) for paste in pastes]
    if shown.reply is not None:
        results = [max(reversed(results), key=lambda result: weight(result[1]))]
    for paste, outcome in results:
        entry = {"entry": paste.label} if paste.label else {}
        _show(outcome, paste.label or "", _sender(paste), shown, before=entry)


def _show_findings(source: BinaryIO, shown: Shown) -> None:
    from pawwork_proxy.facts.clients import client_of
    from pawwork_proxy.outcomes.client_behaviour import client_behaviour
    from pawwork_proxy.outcomes.clues import Clues
    from pawwork_proxy.pastes.findings import findings_in
    from pawwork_proxy.report.findings_text import finding_object, findings_lines

    findings = findings_in(source)
    outcome = findings.otherwise
    if findings.found:
        last = findings.found[-1]
        behaviour = client_behaviour(Clues(last.signals), last.outcome.kind)
        outcome = last.outcome.model_copy(update={"client": behaviour})
    if shown.reply is None and shown.output == "text":
        click.echo("".join(f"{line}\n" for line in findings_lines(findings)), nl=False)
    errors = [finding_object(one) for one in findings.found]
    found = {"errors": errors, "left_out": findings.left_out, "is_text": findings.text}
    _show(outcome, "", client_of("", "", session=False), shown, behind=found)


def _show(
    outcome: Outcome,
    label: str,
    sender: Client,
    shown: Shown,
    *,
    before: Mapping[str, object] = MappingProxyType({}),
    behind: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """One outcome in full, as JSON with more members, or only what to answer."""
    from pawwork_proxy.report.advice import advice
    from pawwork_proxy.report.outcome_text import outcome_lines

    if shown.reply is not None:
        click.echo("\n".join(advice(outcome, sender, shown.reply).reply))
    elif shown.output == "json":
        found = {**before, **_object(outcome, sender, shown.lang), **behind}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        zone = (outcome.reset_at or datetime.now()).astimezone().tzinfo or UTC
        click.echo("\n".join(outcome_lines(outcome, label, sender, shown.lang, zone)))


def _source(file: Path) -> BinaryIO:
    """What is read, from its beginning; a file is not held in memory."""
    if str(file) == "-":
        if sys.stdin.isatty():
            click.echo("Paste the text, then press Ctrl-D (Windows: Ctrl-Z, Enter).", err=True)
        return BytesIO(sys.stdin.buffer.read())
    try:
        return file.open("rb")
    except OSError as error:
        raise _unreadable(file) from error


def _unreadable(file: Path) -> PawworkProxyError:
    hint = "check that the file exists and that you may read it"
    return PawworkProxyError(f"{file} cannot be read", hint)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file) from error


def _headers(lines: Sequence[str]) -> dict[str, str]:
    pairs = [line.partition(":") for line in lines]
    if any(not colon for _, colon, _ in pairs):
        raise click.BadParameter("Write a header as 'Name: value'.", param_hint="--header")
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _outcome_of(paste: Paste, status: int | None, headers: dict[str, str]) -> Outcome:
    from pawwork_proxy.outcomes.rules import classify as judge
    from pawwork_proxy.responses.reported import read_reported

    response = read_reported(
        paste.body,
        status=paste.status if paste.status is not None else status,
        headers={**headers, **paste.headers},
    )
    return judge(response.signals)


def _sender(paste: Paste) -> Client:
    from pawwork_proxy.facts.clients import client_of

    agent, client = (paste.asked.get(name, "") for name in ("user-agent", "x-opencode-client"))
    return client_of(agent, client, session="x-opencode-session" in paste.asked)


def _object(outcome: Outcome, sender: Client, lang: Language) -> dict[str, object]:
    from pawwork_proxy.report.advice import advice
    from pawwork_proxy.report.language import paragraph
    from pawwork_proxy.report.outcome_text import reason

    told = advice(outcome, sender, lang)
    return {
        **outcome.model_dump(mode="json"),
        "meaning": told.meaning,
        "is_not": told.is_not,
        "reason": reason(outcome),
        "next": paragraph(told.actions),
        "reply": "\n".join(told.reply),
    }


def _line_object(line: bytes) -> dict[str, object]:
    from pawwork_proxy.outcomes.rules import classify as judge
    from pawwork_proxy.responses.reported import read_case

    try:
        case = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        case = None
    if not isinstance(case, dict):
        return {"id": None, "error": "not a JSON object"}
    problem = _problem(case)
    if problem:
        return {"id": case.get("id"), "error": problem}
    try:
        outcome = judge(read_case(case).signals)
    except Exception:  # one bad input never ends the others
        return {"id": case.get("id"), "error": "it could not be read"}
    stated = outcome.model_dump(mode="json", include={"reset_at"})
    return {
        "id": case.get("id"),
        "kind": outcome.kind,
        "family": outcome.family,
        "origin": outcome.origin_label,
        "in_stream": outcome.in_stream,
        "error_type": outcome.error_type,
        "rule_id": outcome.rule_id,
        "retry_after_s": outcome.retry_after_s,
        "reset_cadence": outcome.reset_cadence,
        "reset_at": stated["reset_at"],
        "provider": outcome.provider,
        "evidence": list(outcome.evidence),
    }


def _no_constant(name: str) -> object:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)


_FIELDS: dict[str, type] = {
    "status": int,
    "headers": dict,
    "content_type": str,
    "body": str,
    "streaming": bool,
    "transport": str,
}


def _problem(case: dict[str, object]) -> str | None:
    """The first field of a wrong kind, by name; values are not repeated."""
    for name, kind in _FIELDS.items():
        value = case.get(name)
        if value is not None and (not isinstance(value, kind) or (kind is int and value is True)):
            return f"{name} is no {kind.__name__}"
    status = case.get("status")
    if isinstance(status, int) and not 100 <= status <= 599:  # RFC 9110, section 15
        return "status is not between 100 and 599"
    return None

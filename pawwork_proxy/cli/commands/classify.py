"""`classify`: the outcome of a pasted or piped response, without a capture."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.errors import PawworkProxyError

if TYPE_CHECKING:
    from pawwork_proxy.facts.clients import Client
    from pawwork_proxy.model.outcome import Outcome
    from pawwork_proxy.report.language import Language
    from pawwork_proxy.responses.reported import Paste

MAX_INPUT = 64 * 1024 * 1024

EXITS = {0: "classified, also as unknown", 1: "there was nothing to classify", 2: "wrong usage"}


@click.command(
    epilog=options.after_help("classify body.json --status 429 --header 'retry-after: 60'", EXITS)
)
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path), default="-")
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
@options.formats("text", "json", words="json prints one object for each response.")
def classify(
    file: Path,
    status: int | None,
    headers: Sequence[str],
    jsonl: bool,
    lang: Language,
    reply: Language | None,
    output: str,
) -> None:
    """Say what a response means: a body, an error line, a `curl -i` transcript or a HAR file.

    Reads FILE, or stdin where FILE is left out.
    """
    from pawwork_proxy.report.advice import advice, weight
    from pawwork_proxy.report.outcome_text import outcome_lines
    from pawwork_proxy.responses.reported import responses_in

    if jsonl:
        # Line by line from a pipe, so that its other end may wait for what it has asked.
        for line in sys.stdin.buffer if str(file) == "-" else _content(file).splitlines():
            if line.strip():
                click.echo(json.dumps(_line_object(line), ensure_ascii=False))
        return
    stated = _headers(headers)
    pastes = responses_in(_read(file))
    results = [(paste, _outcome_of(paste, status, stated)) for paste in pastes]
    if not results:
        raise PawworkProxyError(
            "the HAR file holds no responses", "record it again together with the responses"
        )
    if reply is not None:
        paste, outcome = max(reversed(results), key=lambda result: weight(result[1]))
        click.echo("\n".join(advice(outcome, _sender(paste), reply).reply))
        return
    if output == "json":
        for paste, outcome in results:
            click.echo(json.dumps(_object(paste, outcome, lang), ensure_ascii=False))
        return
    for paste, outcome in results:
        zone = (outcome.reset_at or datetime.now()).astimezone().tzinfo or UTC
        for line in outcome_lines(outcome, paste.label or "", _sender(paste), lang, zone):
            click.echo(line)


def _content(file: Path, most: int = -1) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(most)
        with file.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise PawworkProxyError(
            f"{file} cannot be read", "check that the file exists and that you may read it"
        ) from error


def _read(file: Path) -> bytes:
    if str(file) == "-" and sys.stdin.isatty():
        click.echo("Paste the response, then press Ctrl-D (Windows: Ctrl-Z, Enter).", err=True)
    data = _content(file, MAX_INPUT)
    if not data.strip():
        raise PawworkProxyError("there is nothing to classify", "pipe or paste a response")
    return data


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


def _object(paste: Paste, outcome: Outcome, lang: Language) -> dict[str, object]:
    from pawwork_proxy.report.advice import advice
    from pawwork_proxy.report.language import paragraph
    from pawwork_proxy.report.outcome_text import reason

    told = advice(outcome, _sender(paste), lang)
    return {
        **({"entry": paste.label} if paste.label else {}),
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
        case = json.loads(line)
    except (ValueError, RecursionError):
        case = None
    if not isinstance(case, dict):
        return {"id": None, "error": "not a JSON object"}
    problem = _problem(case)
    if problem:
        return {"id": case.get("id"), "error": problem}
    outcome = judge(read_case(case).signals)
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
    }


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

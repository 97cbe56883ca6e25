"""`classify`: the outcome of a pasted or piped answer, without a capture."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import click

from pawwork_proxy.errors import PawworkProxyError
from pawwork_proxy.facts.client_behaviour import USER_SEES
from pawwork_proxy.facts.meanings import MEANINGS
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.outcomes.rules import classify as classify_signals
from pawwork_proxy.responses.pasted import Paste, answers_in
from pawwork_proxy.responses.stated import read_case, read_stated

MAX_INPUT = 64 * 1024 * 1024
_REASONS = {rule.id: rule.reason for rule in RULES}


def classify(
    file: Path, status: int | None, headers: Sequence[str], jsonl: bool, output: str
) -> None:
    """Print the outcome of every response in the input."""
    if jsonl:
        _write_lines(_open_lines(file))
        return
    stated = _headers(headers)
    pastes = answers_in(_read(file))
    results = [(paste, _outcome_of(paste, status, stated)) for paste in pastes]
    if not results:
        raise PawworkProxyError("the HAR file holds no answers", "Record it with responses.")
    if output == "json":
        for paste, outcome in results:
            click.echo(json.dumps(_object(paste, outcome), ensure_ascii=False))
        return
    for paste, outcome in results:
        click.echo("\n".join(_words(paste, outcome)))


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            if sys.stdin.isatty():
                click.echo(
                    "Paste the answer, then press Ctrl-D (Windows: Ctrl-Z, Enter).", err=True
                )
            data = sys.stdin.buffer.read(MAX_INPUT)
        else:
            with file.open("rb") as stream:
                data = stream.read(MAX_INPUT)
    except OSError as error:
        raise PawworkProxyError(f"{file} cannot be read", "Check the path.") from error
    if not data.strip():
        raise PawworkProxyError("there is nothing to classify", "Pipe or paste an answer.")
    return data


def _headers(lines: Sequence[str]) -> dict[str, str]:
    pairs = [line.partition(":") for line in lines]
    if any(not colon for _, colon, _ in pairs):
        raise click.BadParameter("a header reads 'Name: value'", param_hint="--header")
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _outcome_of(paste: Paste, status: int | None, headers: dict[str, str]) -> Outcome:
    answer = read_stated(
        paste.body,
        status=paste.status if paste.status is not None else status,
        headers={**headers, **paste.headers},
        transport=paste.transport,
    )
    return classify_signals(answer.signals)


def _object(paste: Paste, outcome: Outcome) -> dict[str, object]:
    meaning = MEANINGS[outcome.kind]
    return {
        **({"entry": paste.label} if paste.label else {}),
        **outcome.model_dump(mode="json"),
        "meaning": meaning.sentence,
        "reason": _REASONS[outcome.rule_id],
        "next": meaning.user,
    }


def _words(paste: Paste, outcome: Outcome) -> Iterable[str]:
    meaning = MEANINGS[outcome.kind]
    if paste.label:
        yield f"{paste.label}:"
    stream = ", inside a stream" if outcome.in_stream else ""
    yield f"{outcome.kind} (family {outcome.family}, from {outcome.origin_label}{stream})"
    yield f"  {meaning.sentence}"
    yield f"  why:   {_REASONS[outcome.rule_id]} [{outcome.rule_id}]"
    if outcome.evidence:
        yield f"  seen:  {', '.join(outcome.evidence)}"
    if outcome.error_type:
        yield f"  type:  {outcome.error_type}"
    yield from _clock(outcome)
    for behaviour in outcome.client:
        wait = (
            f", retried after {_span(behaviour.delay_s)}" if behaviour.delay_s is not None else ""
        )
        retried = wait or ", not retried"
        sees = USER_SEES[behaviour.user_sees]
        yield f"  {'/'.join(behaviour.eras)}: {behaviour.failure_kind}{retried}; user sees {sees}"
    if not outcome.client:
        yield "  PawWork: what it does depends on the HTTP status; give it with --status"
    yield f"  next:  {meaning.user}"


def _clock(outcome: Outcome) -> Iterable[str]:
    if outcome.retry_after_s is None:
        return
    wait = f"  wait:  {_span(outcome.retry_after_s)} (from {outcome.retry_after_from})"
    if outcome.reset_cadence != "none":
        wait += f", cadence {outcome.reset_cadence}"
    yield wait
    if outcome.reset_at is None:
        yield "  reset: not known, the answer has no date"
    else:
        local: datetime = outcome.reset_at.astimezone()
        utc = outcome.reset_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        yield f"  reset: {local.strftime('%Y-%m-%d %H:%M:%S %Z')} ({utc})"
    for conflict in outcome.reset_conflicts:
        yield f"  but:   {conflict} s says otherwise"


def _span(seconds: float) -> str:
    """A duration for people: `13 h 57 min`, `42 s`."""
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{seconds:g} s"


def _open_lines(file: Path) -> Iterable[bytes]:
    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.read_bytes().splitlines()
    except OSError as error:
        raise PawworkProxyError(f"{file} cannot be read", "Check the path.") from error


def _write_lines(lines: Iterable[bytes]) -> None:
    for line in lines:
        if line.strip():
            click.echo(json.dumps(_answer_line(line), ensure_ascii=False))


def _answer_line(line: bytes) -> dict[str, object]:
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "error": "not a JSON object"}
    if not isinstance(case, dict):
        return {"id": None, "error": "not a JSON object"}
    problem = _problem(case)
    if problem:
        return {"id": case.get("id"), "error": problem}
    outcome = classify_signals(read_case(case).signals)
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

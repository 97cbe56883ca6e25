"""A comparison as plain text for a terminal, and as Markdown for issues and chats.

Invariant: both say the same: the answer first, in ten lines, then what to do next, the evidence,
and last what support looks up. Every foreign word is escaped for Markdown, so that a label cannot
become a link or a heading. Nothing is wider than it has to be but commands and long words.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from rich.cells import cell_len

from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report import sentences as say
from pawwork_proxy.report.answer import Answer, figures
from pawwork_proxy.report.answer_words import joined, some_of
from pawwork_proxy.report.language import ENGLISH, Language, paragraph
from pawwork_proxy.report.next_step import Instructions
from pawwork_proxy.report.words import printable
from pawwork_proxy.report.wrapping import wrapped

SPECIAL = re.compile(r"([\\`*_\[\]<>|#!~])")
WIDTH = 80
"""Columns of the text where nobody says how many there are."""
UNKNOWN = "unknown"
"""An era of servers or clients of which nothing is known, and so nothing said."""
LEADS = {"item": "  - ", "text": ""}
MARKDOWN_LEADS = {"title": "### ", "item": "- ", "text": ""}
Printed = tuple[str, str]
"""Kind of line (`title`, `text`, `item`, `step` for numbered ones, `command`), and its words."""


def render_text(
    comparison: Comparison,
    answer: Answer,
    remarks: Iterable[str] = (),
    width: int = WIDTH,
    typed: Callable[[str], str] = str,
    language: Language = ENGLISH,
) -> str:
    """For a terminal: headings underlined; `remarks` are about the captures.

    `typed` names commands of ours as the user can type them, before lines are broken.
    """
    out: list[str] = []
    step = 0
    for kind, said in _lines(comparison, answer, remarks, language):
        words = typed(said)
        step = step + 1 if kind == "step" else 0
        if kind == "title":
            out.extend(("", words, "-" * min(cell_len(words), width)))
        elif kind == "command":
            out.append(f"    {words}")
        else:
            out.extend(_wrapped(words, width, f"{step:3}. " if step else LEADS[kind]))
    return printable("\n".join(out).strip()) + "\n"


def render_markdown(
    comparison: Comparison,
    answer: Answer,
    remarks: Iterable[str] = (),
    language: Language = ENGLISH,
) -> str:
    """For an issue or a chat."""
    out: list[str] = []
    before = ""
    step = 0
    for kind, words in _lines(comparison, answer, remarks, language):
        step = step + 1 if kind == "step" else 0
        if kind != before:
            out.append("")
        before = kind
        if kind == "command":
            out.append(f"- `{words.replace('`', '')}`")
        else:
            out.append((f"{step}. " if step else MARKDOWN_LEADS[kind]) + _escaped(words))
            out.extend([""] if kind == "text" else ())
    return printable(re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()) + "\n"


def _escaped(words: str) -> str:
    return SPECIAL.sub(r"\\\1", words)


def _wrapped(words: str, width: int, lead: str) -> list[str]:
    return wrapped(words, lead, " " * len(lead), width)


def _lines(
    comparison: Comparison, answer: Answer, remarks: Iterable[str], language: Language
) -> Iterator[Printed]:
    for words in (answer.caution, answer.instrument):
        yield from _said(words)
    yield "text", paragraph(filter(None, (answer.headline, answer.not_tried_first, answer.seen)))
    for label, words in figures(answer, language):
        yield "item", _labelled(label, words, language)
    yield from (("item", words) for words in answer.others)
    yield "title", language.text("Product options: keep or drop")
    together: dict[tuple[str, str], list[str]] = {}
    for one in answer.options:
        together.setdefault((one.word, one.reason), []).append(one.name)
    for (word, reason), names in together.items():
        named = language.say("{name}. {reason}", name=joined(names, language), reason=reason)
        yield "item", f"{word.upper()}  {named}"
    yield from _said(answer.not_tried)
    if answer.next_step is not None:
        yield from _next(answer.next_step, language)
    if answer.evidence:
        yield "title", language.text("Evidence (times in UTC)")
    for story in answer.evidence:
        told = _labelled(story.shows, story.sentences, language)
        yield "step", language.say("{told} ({where})", told=told, where=story.where)
    yield "title", language.text("Behind this")
    for how, dimensions in answer.findings:
        yield "item", language.say("{how}: {names}.", how=how, names=dimensions)
    yield from _behind(comparison, answer, remarks, language)


def _said(words: str) -> Iterator[Printed]:
    if words:
        yield "text", words


def _labelled(label: str, words: str, language: Language) -> str:
    return language.say("{label}: {words}", label=label, words=words)


def _next(step: Instructions, language: Language) -> Iterator[Printed]:
    yield "title", _labelled(language.text("Next"), step.title, language)
    yield "text", step.reason
    for words in step.steps:
        yield "step", words
    for command in step.commands:
        yield "command", command
    for result, words in step.meanings:
        yield "item", _labelled(result, words, language)


def _behind(
    comparison: Comparison, answer: Answer, remarks: Iterable[str], language: Language
) -> Iterator[Printed]:
    """What support and researchers look up."""
    for limit in comparison.limits:
        said = language.count(
            "{refused} refused, {admitted} answered in {number} reset window; limit of {origin}",
            "{refused} refused, {admitted} answered in {number} reset windows; limit of {origin}",
            len(limit.windows),
            refused=limit.refused,
            admitted=limit.admitted,
            origin=limit.origin.removeprefix("relayed:"),
        )
        if limit.server_era != UNKNOWN:
            said = language.say("{said}, server era {era}", said=said, era=limit.server_era)
        yield "item", language.say("{said}.", said=said)
    said = language.count(
        "{number} exchange, {evidence} of them evidence",
        "{number} exchanges, {evidence} of them evidence",
        comparison.exchanges,
        evidence=comparison.evidence,
    )
    if known := [era for era in comparison.client_eras if era != UNKNOWN]:
        said = language.say("{said}; client eras: {eras}", said=said, eras=some_of(known, language))
    yield "item", language.say("{said}.", said=said)
    yield from (("item", note) for note in (*answer.notes, *remarks))
    for exclusion in comparison.exclusions:
        reason = language.text(say.EXCLUSIONS[exclusion.reason])
        number = exclusion.exchanges
        yield "item", language.say("Left out: {number} x {reason}.", number=number, reason=reason)

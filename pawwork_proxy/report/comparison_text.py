"""A comparison as plain text for a terminal, and as Markdown for issues and chats.

Invariant: both say the same: the answer first, then what it rests on, then what to do next. Every
foreign word is escaped for Markdown, so that a label cannot become a link or a heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.model.verdict import (
    Comparison,
    EvidenceRow,
    Experiment,
    LimitFindings,
    OptionFinding,
    Threshold,
    Verdict,
)
from pawwork_proxy.report.plain_text import printable

FINDINGS = {"follows": "follows", "does_not_follow": "does not", "undetermined": "open"}
OPTION_NAMES = {
    "own_relay": "own relay or token",
    "user_keys": "users' own keys",
    "no_free_default": "no free default",
}
SPECIAL = re.compile(r"([\\`*_\[\]<>|#!~])")
Line = tuple[str, str]
"""Kind of line (`title`, `text`, `item`, `command`, `row`, `head`), and its words."""


def render_text(comparison: Comparison) -> str:
    """For a terminal: headings underlined, tables in columns."""
    out: list[str] = []
    table: list[list[str]] = []
    for kind, words in [*_lines(comparison), ("end", "")]:
        if kind in {"head", "row"}:
            table.append(words.split("\t"))
            continue
        if table:
            out.extend(_columns(table))
            table = []
        if kind == "title":
            out.extend(("", words, "-" * len(words)))
        elif kind == "item":
            out.append(f"  - {words}")
        elif kind == "command":
            out.append(f"    {words}")
        elif kind == "text":
            out.append(words)
    return printable("\n".join(out).strip()) + "\n"


def render_markdown(comparison: Comparison) -> str:
    """For an issue or a chat."""
    out: list[str] = []
    before = ""
    for kind, words in _lines(comparison):
        if kind not in ("row", before):
            out.append("")
        before = kind
        cells = [_escaped(cell) for cell in words.split("\t")]
        if kind == "title":
            out.append(f"### {_escaped(words)}")
        elif kind == "item":
            out.append(f"- {_escaped(words)}")
        elif kind == "command":
            out.append(f"- `{words.replace('`', '')}`")
        elif kind == "head":
            out.extend((f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"))
        elif kind == "row":
            out.append(f"| {' | '.join(cells)} |")
        else:
            out.extend((_escaped(words), ""))
    return printable(re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()) + "\n"


def _escaped(words: str) -> str:
    return SPECIAL.sub(r"\\\1", words)


def _columns(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()


def _lines(comparison: Comparison) -> Iterator[Line]:
    if comparison.simulated:
        yield "text", "SIMULATED: these captures say nothing about the real server."
    yield "text", comparison.answer
    yield (
        "text",
        f"{comparison.exchanges} exchanges, {comparison.evidence} of them evidence; "
        f"client eras: {', '.join(comparison.client_eras) or 'none'}.",
    )
    for note in comparison.notes:
        yield "item", note
    for limit in comparison.limits:
        yield from _limit(limit)
    if comparison.next_experiment is not None:
        yield from _experiment(comparison.next_experiment)
    yield "title", "Product options"
    for option in comparison.options:
        yield "item", f"{OPTION_NAMES[option.option]}: {_open(option)}. {option.words}"
    yield from _patterns(comparison)
    if comparison.assumptions:
        yield "title", "What the verdicts assume"
    for assumption in comparison.assumptions:
        checked = "vouched for" if assumption.checked else "not known"
        yield "item", f"{assumption.id} ({checked}): {assumption.words}"
    if comparison.exclusions:
        yield "title", "Left out"
    for exclusion in comparison.exclusions:
        examples = ", ".join(exclusion.examples)
        yield "item", f"{exclusion.exchanges} x {exclusion.words} ({examples})"


def _open(option: OptionFinding) -> str:
    return {True: "open", False: "ruled out", None: "undecided"}[option.open]


def _limit(limit: LimitFindings) -> Iterator[Line]:
    yield "title", f"Limit of {limit.origin} (server era {limit.server_era})"
    yield (
        "text",
        f"{limit.refused} refused and {limit.admitted} admitted in "
        f"{len(limit.windows)} reset window(s): {', '.join(limit.windows)}.",
    )
    yield "head", "dimension\tverdict\tobservations\twhy"
    for verdict in limit.verdicts:
        yield (
            "row",
            f"{title(verdict.dimension)}\t{FINDINGS[verdict.finding]}\t"
            f"{verdict.independent or '-'}\t{verdict.words}",
        )
    yield from _evidence(limit.verdicts)
    if limit.thresholds:
        yield "title", "Requests counted per bucket"
        yield "head", "bucket\twindow\tadmits at least\trefused at (own requests)\tothers"
        for bound in limit.thresholds:
            yield "row", _threshold(bound)
    for early in limit.early_refusals:
        yield "item", early.words


def _evidence(verdicts: Iterable[Verdict]) -> Iterator[Line]:
    decided = [verdict for verdict in verdicts if verdict.evidence]
    if decided:
        yield "title", "Evidence"
    for verdict in decided:
        for contrast in verdict.evidence[:1]:
            rows = " -> ".join(_row(row) for row in contrast.rows)
            yield "item", f"{title(verdict.dimension)}: {rows}"


def _row(row: EvidenceRow) -> str:
    value = f" ({row.value})" if row.value else ""
    return f"{row.capture}#{row.seq} {row.at:%Y-%m-%d %H:%M:%S}Z {row.part}{value}"


def _threshold(bound: Threshold) -> str:
    refused = "never" if bound.at_most is None else str(bound.at_most)
    others = "impossible" if bound.exclusive else "possible"
    return f"{bound.bucket}\t{bound.window}\t{bound.at_least}\t{refused}\t{others}"


def _experiment(experiment: Experiment) -> Iterator[Line]:
    yield "title", f"Next experiment: {experiment.title}"
    yield "text", f"{experiment.why} It costs {experiment.requests} request(s) beyond ordinary use."
    for step in experiment.steps:
        yield "item", step
    for command in experiment.commands:
        yield "command", command
    for meaning in experiment.meanings:
        yield "item", f"{meaning.result}: {meaning.words}"


def _patterns(comparison: Comparison) -> Iterator[Line]:
    if comparison.cadence:
        yield "title", "Resets announced"
    for count in comparison.cadence:
        latest = f", latest {count.latest_reset:%Y-%m-%d %H:%M}Z" if count.latest_reset else ""
        yield "item", f"{count.cadence}: {count.refusals} refusals{latest}"
    if comparison.hours:
        yield "title", "Quota and overload over time (UTC)"
        yield "head", "hour\tadmitted\tquota\toverload\tother"
    for hour in comparison.hours:
        yield (
            "row",
            f"{hour.at:%Y-%m-%d %H}h\t{hour.admitted}\t{hour.quota}\t{hour.overload}\t{hour.other}",
        )
    yield "title", "Noise floor"
    yield "text", comparison.noise.words

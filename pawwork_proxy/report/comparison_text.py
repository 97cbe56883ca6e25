"""A comparison as plain text for a terminal, and as Markdown for issues and chats.

Invariant: both say the same: the conclusion and the verdicts first, then what to do next, then what
all of it rests on. Every foreign word is escaped for Markdown, so that a label cannot become a link
or a heading. Nothing is wider than it has to be but commands and words without a space.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.model.verdict import (
    Comparison,
    EvidenceRow,
    Experiment,
    LimiterFindings,
    OptionFinding,
    Verdict,
)
from pawwork_proxy.report import sentences as say
from pawwork_proxy.report.evidence import Evidence, Piece, evidence_of
from pawwork_proxy.report.layout import Column, Sheet
from pawwork_proxy.report.next_step import instructions
from pawwork_proxy.report.words import counted, printable
from pawwork_proxy.report.wrapping import wrapped

FINDINGS = {"follows": "follows", "does_not_follow": "does not", "undetermined": "open"}
SPECIAL = re.compile(r"([\\`*_\[\]<>|#!~])")
WIDTH = 80
"""Columns of the text where nobody says how many there are."""
LEADS = {"item": "  - ", "detail": "      - ", "text": ""}
MARKDOWN_LEADS = {"title": "### ", "item": "- ", "detail": "  - ", "text": ""}
TABLE = {"head", "row"}
TABLE_LEAD = "  "
OF_LEAST_USE = {"observations": 1}
"""Columns that give way to the others."""
Printed = tuple[str, str]
"""Kind of line (`title`, `text`, `item`, `detail`, `step`, `command`, `row`, `head`), its words."""


def render_text(
    comparison: Comparison,
    remarks: Iterable[str] = (),
    width: int = WIDTH,
    typed: Callable[[str], str] = str,
) -> str:
    """For a terminal: headings underlined, tables in columns; `remarks` are about the captures.

    `typed` names commands of ours as the user can type them, before lines are broken.
    """
    out: list[str] = []
    step = 0
    for is_table, lines in groupby(_lines(comparison, remarks), lambda line: line[0] in TABLE):
        if is_table:
            out.extend(_columns([words.split("\t") for _, words in lines], width))
            continue
        for kind, said in lines:
            words = typed(said)
            step = step + 1 if kind == "step" else 0
            if kind == "title":
                out.extend(("", words, "-" * min(len(words), width)))
            elif kind == "command":
                out.append(f"    {words}")
            else:
                out.extend(_wrapped(words, width, f"{step:3}. " if step else LEADS[kind]))
    return printable("\n".join(out).strip()) + "\n"


def render_markdown(comparison: Comparison, remarks: Iterable[str] = ()) -> str:
    """For an issue or a chat."""
    out: list[str] = []
    before = ""
    step = 0
    for kind, words in _lines(comparison, remarks):
        step = step + 1 if kind == "step" else 0
        if kind not in ("row", "detail", before) and (kind, before) != ("item", "detail"):
            out.append("")
        before = kind
        if kind == "command":
            out.append(f"- `{words.replace('`', '')}`")
        elif kind in TABLE:
            cells = [_escaped(cell) for cell in words.split("\t")]
            out.append(f"| {' | '.join(cells)} |")
            out.extend(["|---" * len(cells) + "|"] if kind == "head" else ())
        else:
            out.append((f"{step}. " if step else MARKDOWN_LEADS[kind]) + _escaped(words))
            out.extend([""] if kind == "text" else ())
    return printable(re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()) + "\n"


def _escaped(words: str) -> str:
    return SPECIAL.sub(r"\\\1", words)


def _wrapped(words: str, width: int, lead: str) -> list[str]:
    return wrapped(words, lead, " " * len(lead), width) or [lead.rstrip()]


def _columns(table: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    heads, *rows = table
    columns = [Column(head, OF_LEAST_USE.get(head, 0), folds=0) for head in heads]
    for line in Sheet(columns, rows).text(width - len(TABLE_LEAD)):
        yield (TABLE_LEAD + line).rstrip()


def _lines(comparison: Comparison, remarks: Iterable[str]) -> Iterator[Printed]:
    if comparison.simulated:
        yield "text", "SIMULATED: these captures say nothing about the real server."
    yield "text", say.conclusion(comparison)
    for pair in comparison.instrument.pairs:
        yield "item", say.contrast_words(pair)
    yield (
        "text",
        f"{counted(comparison.exchanges, 'exchange')}, {comparison.evidence} of them evidence; "
        f"client eras: {', '.join(comparison.client_eras) or 'none'}.",
    )
    for note in (*say.notes_of(comparison), *remarks):
        yield "item", note
    limits = list(zip(comparison.limits, evidence_of(comparison, briefly=True), strict=True))
    for limit, evidence in limits:
        yield from _limit(limit, evidence)
    yield "title", "Product options"
    for option in comparison.options:
        yield "item", _option(option)
    if comparison.next_experiment is not None:
        yield from _experiment(comparison.next_experiment)
    for limit, evidence in limits:
        yield from _grounds(limit, evidence)
    yield from _patterns(comparison)
    if comparison.assumptions:
        yield "title", "What the verdicts assume"
    for assumption in comparison.assumptions:
        checked = "vouched for" if assumption.checked else "not known"
        yield "item", f"{assumption.id} ({checked}): {say.ASSUMPTIONS[assumption.id]}"
    if comparison.exclusions:
        yield "title", "Left out"
    for exclusion in comparison.exclusions:
        examples = ", ".join(exclusion.examples)
        yield "item", f"{exclusion.exchanges} x {say.EXCLUSIONS[exclusion.reason]} ({examples})"


def _option(option: OptionFinding) -> str:
    if option.open is None:
        return say.option_words(option)
    is_open = "open" if option.open else "ruled out"
    return f"{say.OPTION_NAMES[option.option]}: {is_open}. {say.option_words(option)}"


def _limit(limit: LimiterFindings, evidence: Evidence) -> Iterator[Printed]:
    yield "title", f"Limit of {limit.origin} (server era {limit.server_era})"
    yield (
        "text",
        f"{limit.refused} refused and {limit.admitted} admitted in "
        f"{counted(len(limit.windows), 'reset window')}: {', '.join(limit.windows)}.",
    )
    reasons = [(verdict, _why(verdict, evidence)) for verdict in limit.verdicts]
    alike: dict[str, list[str]] = defaultdict(list)
    for verdict, why in reasons:
        if verdict.finding == "undetermined":
            alike[why].append(title(verdict.dimension))
    rows = [
        f"{title(one.dimension)}\t{FINDINGS[one.finding]}\t{one.independent or '-'}\t{why}"
        for one, why in reasons
        if len(alike[why]) <= 1
    ]
    if rows:
        yield "head", "dimension\tverdict\tobservations\twhy"
    yield from (("row", row) for row in rows)
    for why, names in alike.items():
        if len(names) > 1:
            yield "text", f"Open: {', '.join(names)}. {why}"


def _why(verdict: Verdict, evidence: Evidence) -> str:
    """The reason in few words: what is one for several dimensions reads the same for each."""
    words = "Only one value was seen." if verdict.ground == "one_value" else say.reasoning(verdict)
    return " ".join([words, *(f"[{n}]" for n in evidence.numbers.get(verdict.dimension, ()))])


def _grounds(limit: LimiterFindings, evidence: Evidence) -> Iterator[Printed]:
    if evidence.pieces:
        yield "title", f"Evidence on the limit of {limit.origin}"
    for piece in evidence.pieces:
        yield from _piece(piece)
    if limit.thresholds:
        yield "title", "Requests counted per bucket"
        yield "head", "bucket\twindow\tadmits at least\trefused at (own requests)\tothers"
        for bound in limit.thresholds:
            refused = "never" if bound.at_most is None else bound.at_most
            others = "impossible" if bound.exclusive else "possible"
            cells = (bound.bucket, bound.window, bound.at_least, refused, others)
            yield "row", "\t".join(map(str, cells))
    for early in limit.early_refusals:
        yield "item", say.early_refusal_words(early)


def _piece(piece: Piece) -> Iterator[Printed]:
    yield "item", f"[{piece.number}] {say.contrast_words(piece.contrast)}"
    for row in piece.contrast.rows:
        yield "detail", _row(row)
    for value in piece.values:
        if len(value.each) > 1:
            yield "detail", f"{value.name}: {' -> '.join(value.each)}"
    same = [f"{value.name}: {value.each[0]}" for value in piece.values if len(value.each) == 1]
    if same:
        yield "detail", f"the same in all rows: {'; '.join(same)}"


def _row(row: EvidenceRow) -> str:
    install = f", {row.install}" if row.install else ""
    return f"{say.row_label(row)} {row.at:%Y-%m-%d %H:%M:%S}Z {row.part}{install}"


def _experiment(experiment: Experiment) -> Iterator[Printed]:
    told = instructions(experiment)
    yield "title", f"Next experiment: {told.title}"
    yield (
        "text",
        f"{told.why} It costs {counted(experiment.requests, 'request')} beyond ordinary use.",
    )
    for step in told.steps:
        yield "step", step
    yield "text", "The commands:"
    for command in told.commands:
        yield "command", command
    yield "text", "What each result would mean:"
    for result, words in told.meanings:
        yield "item", f"{result}: {words}"


def _patterns(comparison: Comparison) -> Iterator[Printed]:
    if comparison.cadence:
        yield "title", "Resets announced"
    for count in comparison.cadence:
        latest = f", latest {count.latest_reset:%Y-%m-%d %H:%M}Z" if count.latest_reset else ""
        yield "item", f"{count.cadence}: {counted(count.refusals, 'refusal')}{latest}"
    if comparison.hours:
        yield "title", "Quota and overload over time (UTC)"
        yield "head", "hour\tadmitted\tquota\toverload\tother"
    for hour in comparison.hours:
        yield (
            "row",
            f"{hour.at:%Y-%m-%d %H}h\t{hour.admitted}\t{hour.quota}\t{hour.overload}\t{hour.other}",
        )
    yield "title", "Noise floor"
    yield "text", say.noise_words(comparison.noise)

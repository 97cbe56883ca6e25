"""Writes docs/outcomes.md from the tables of classification; `--check` only compares.

Usage: python scripts/outcomes_page.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pawwork_proxy.facts.client_behaviour import FAILURES, USER_SEES
from pawwork_proxy.facts.meanings import MEANINGS
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.outcomes.rules import RULES

PAGE = Path(__file__).parents[1] / "docs" / "outcomes.md"

INTRODUCTION = """\
# Outcomes

This page says what each kind of response means, how it is recognised, and what to tell the user.
`scripts/outcomes_page.py` writes it from the tables in `pawwork_proxy/outcomes`, and a test keeps
the two in step.

Two steps lead to an outcome. First, `pawwork_proxy/responses` reads *signals* from the bytes: the
status, the error object wherever it stands, its words and codes, wrappers, waits, marks of the
edge, how a stream ended, and who left first. Then `pawwork_proxy/outcomes` asks the *rules* below
in their order, and the first rule that holds decides. The places where a rule found what it looks
for are the evidence of the outcome.

A record stores the signals, and outcomes are judged again whenever a capture is read. So a better
rule improves old captures. Messages are never stored: what a message says is kept as ids of known
phrases.

The order of trust is: Zen's own types; then codes of vendors, of which the innermost counts; then,
if no type decides, what the message says, in the languages that the server speaks; then marks of
an edge, the transport, and the status. A model's own words never count, because the reader does
not enter the keys that hold them.

To classify a response without a capture, use `pawwork-proxy classify`. It reads a body, an error
line, a `curl -i` transcript or a HAR file. With `--jsonl` it reads and writes one object a line.
"""

ORIGINS = {
    Origin.ZEN: "Zen itself, in its own types",
    Origin.RELAYED: "somebody behind Zen; the name follows (`relayed:Nvidia`) when it is known, "
    "`Console` and `Console Go` being OpenCode's own closed service",
    Origin.EDGE: "the CDN in front, or the way to it",
    Origin.PROXY: "this proxy: the response of a scenario, or its own failure",
    Origin.CLIENT: "the client left or refused the connection",
    Origin.UNKNOWN: "not stated",
}


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_kinds(), *_origins(), *_rules(), *_clients(), *_clock()])


def _kinds() -> list[str]:
    lines = ["## Kinds", ""]
    for kind in Kind:
        meaning = MEANINGS[kind]
        lines += [
            f"### {kind}",
            "",
            f"Family {kind.family}. {meaning.sentence}",
            "",
            f"- Recognised by: {meaning.recognised}",
            f"- The user: {meaning.user}",
            f"- Support: {meaning.support}",
            "",
        ]
    return lines


def _origins() -> list[str]:
    rows = [f"| `{origin}` | {words} |" for origin, words in ORIGINS.items()]
    return ["## Origins", "", "| Origin | Who spoke |", "|---|---|", *rows, ""]


def _rules() -> list[str]:
    rows = [
        f"| {number} | `{rule.id}` | {rule.kind} | {rule.reason} |"
        for number, rule in enumerate(RULES, 1)
    ]
    return [
        "## Rules, in order",
        "",
        "The first rule that holds decides.",
        "",
        "| # | Rule | Outcome | Why |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _clients() -> list[str]:
    kinds = dict.fromkeys((row.kind, row.user_sees) for row in FAILURES)
    rows = [f"| `{kind}` | {USER_SEES[sees]} |" for kind, sees in kinds]
    return [
        "## What the client does with it",
        "",
        "Each outcome says for each range of client releases (C1 to C6 are PawWork's) what the",
        "client does: the failure kind that it sees, whether it retries, how long it waits before",
        "the first retry (`retry-after-ms`, else `retry-after`, else 2 s), and what the user",
        "sees. For example, C1 waits for hours when the free quota is used up, and later clients",
        "stop. A client gate looks like a wrong key.",
        "",
        "| Failure kind | The user sees |",
        "|---|---|",
        *rows,
        "",
    ]


def _clock() -> list[str]:
    return [
        "## The reset clock",
        "",
        "`retry_after_s` comes from the first of these that is there: `retry-after-ms`,",
        "`retry-after` (as seconds, then as a date), fields of the body, and, as a last resort,",
        "the text; then `retry_after_from` is `text`. `reset_at` is counted from the server's",
        "`date`. Without a date, the moment of the reset is not known. If a wait ends within 2 s",
        "of 00:00 UTC, its cadence is `utc_day`. `reset_conflicts` lists sources that name",
        "another wait.",
        "",
    ]


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is up to date."""
    if arguments == ["--check"]:
        same = PAGE.exists() and PAGE.read_text("utf-8") == page()
        print("up to date" if same else "docs/outcomes.md: run scripts/outcomes_page.py")
        return 0 if same else 1
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

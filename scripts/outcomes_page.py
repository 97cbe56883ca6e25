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

What a response means, how it is recognised, what to tell the user. This page is written by
`scripts/outcomes_page.py` from the tables in `pawwork_proxy/outcomes`; a test keeps it so.

Two steps lead to an outcome. `pawwork_proxy/responses` reads *signals* from the bytes: status, the
error object wherever it is, its words, codes, wrappers, waits, marks of the edge, the end of a
stream, who left first. `pawwork_proxy/outcomes` then asks the *rules* in their order, and the first
that holds decides. A rule states what it looks for once; the places where that was found are the
outcome's evidence. Signals are stored, outcomes are computed anew from them, so a better table
improves old captures. Messages are never stored: what they say is kept as ids of known phrases.

Order of trust: Zen's own types, then codes of vendors (the innermost counts), then what a message
says (in the languages the server speaks) where no type decides, then edges, transport, status.
A model's own words never count: keys that hold them are not entered.

Classify a response without a capture: `pawwork-proxy classify` reads a body, an error line, a
`curl -i` transcript or a HAR file; `--jsonl` reads and writes one object a line.
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
        "The first that holds decides.",
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
        "Each outcome says so per client era (C1 to C6): failure kind, retried or not, the first",
        "wait (`retry-after-ms`, `retry-after`, else 2 s), what the user sees. C1 waits out a free",
        "limit for hours; from C2 it stops. A client gate is shown as a wrong key.",
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
        "`retry_after_s` comes from `retry-after-ms`, `retry-after` (seconds, then date), fields",
        "of the body, and as a last resort from the text (`retry_after_from` is then `text`).",
        "`reset_at` counts from the server's `date`; without it the moment is not known. A wait",
        "that ends within 2 s of 00:00 UTC is `utc_day`. Sources that disagree are listed in",
        "`reset_conflicts`.",
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

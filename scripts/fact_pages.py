"""Writes what documents have from the tables: `python -m scripts.fact_pages [--check]`."""

import sys

from pawwork_proxy.cli.answers import STATES
from pawwork_proxy.comparison.dimensions import DIMENSIONS
from pawwork_proxy.facts.clients import RELEASES, releases_of
from pawwork_proxy.facts.fields import KNOWN
from pawwork_proxy.facts.outcomes import (
    MEANINGS,
    RANGES,
    SPECIAL_CASES,
    USER_SEES,
    Meaning,
    Range,
)
from pawwork_proxy.facts.table import read
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.simulator.faults import FAULTS
from pawwork_proxy.simulator.presets import preset_rows
from pawwork_proxy.simulator.refusals import REFUSALS
from scripts._pages import DOCS, table, write


def outcomes() -> dict[str, str]:
    """What the tables of facts and outcomes say of kinds, rules and clients."""
    rules = [(n, f"`{rule.id}`", rule.kind, rule.reason) for n, rule in enumerate(RULES, 1)]
    return {
        "kinds": "\n".join(map(_kind, MEANINGS.values())),
        "rules": table(("#", "Rule", "Outcome", "Why"), rules),
        "ranges": table(
            ("Releases", "Retries", "Waits", "Reads `retry-after`", "Free quota"),
            map(_range, RANGES),
        ),
        "screens": "\n".join(f"- {text}" for text in USER_SEES.values()),
    }


def identity() -> dict[str, str]:
    """What servers are known to do with each field, and where that was read."""
    told = [row for row in KNOWN if row.server]
    used = dict.fromkeys(name for row in KNOWN for name in row.sources)
    places = read("sources")["source"]
    return {
        "fields": table(
            ("Field", "The server", "Sources"),
            [(f"`{row.name}`", row.server, ", ".join(row.sources)) for row in told],
        ),
        "sources": table(("Source", "Where"), [(name, places[name]) for name in used]),
    }


def dimensions() -> dict[str, str]:
    """What a quota could follow."""
    head = ("Dimension", "Id", "Own", "May change the threshold", "Why")
    yes = {True: "yes", False: ""}
    rows = (
        (row.title, f"`{row.name}`", yes[row.private], yes[row.threshold], row.reason)
        for row in DIMENSIONS
    )
    return {"dimensions": table(head, rows)}


def states() -> dict[str, str]:
    """What each state that can be answered with sends, by the preset of its name."""
    return {"states": table(("KIND", "Status", "What the client gets"), map(_state, STATES))}


def _state(name: str) -> tuple[str, ...]:
    row = preset_rows()[name.replace("_", "-")]
    effect = FAULTS[row["faults"][0]["kind"]]
    what = row["summary"].removeprefix("state: ")
    named = f"`{REFUSALS[effect.refusal].type}`: {what}" if effect.refusal else what
    return f"`{name}`", str(effect.status or "-"), named


PAGES = {
    DOCS / "outcomes.md": outcomes,
    DOCS / "identity.md": identity,
    DOCS / "qa.md": states,
    DOCS / "quota-inference.md": dimensions,
}


def _range(row: Range) -> tuple[str, ...]:
    eras = [era for era in RELEASES if era.startswith(row.era)]
    first = [f"{row.first_wait_s * factor:g}" for factor in dict.fromkeys(row.jitter)]
    longest = f", at most {row.longest_s:g} s" if row.longest_s else ""
    return (
        f"{RELEASES[eras[0]].program} {releases_of(eras)}",
        str(row.retries),
        f"{'-'.join(first)} s, each {row.growth:g} times the last{longest}" if row.retries else "-",
        "yes" if row.waits else "no",
        "the conversation is blocked"
        if row.blocks
        else USER_SEES[row.sees["free_quota_exhausted"]],
    )


def _kind(meaning: Meaning) -> str:
    cases = [case for case in SPECIAL_CASES if case.kind is meaning.kind]
    return f"""\
### {meaning.kind}

Family {meaning.kind.family}. {meaning.sentence} {meaning.is_not}

- Recognised by: {meaning.recognised}
{_advice(meaning)}{"".join(map(_case, cases))}"""


def _case(case: Meaning) -> str:
    told = [f"the type `{one}`" for one in sorted(case.types)]
    told += [f"the rule `{one}`" for one in sorted(case.rules)]
    told += [f"the origin `{one}`" for one in sorted(case.origins)]
    return f"\nWith {' or '.join(told)}: {case.sentence}\n\n{_advice(case)}"


def _advice(meaning: Meaning) -> str:
    support = f"- Support: {meaning.support}\n" if meaning.support else ""
    reply = "\n".join(f"  > {sentence}" for sentence in meaning.reply)
    return f"- The user: {' '.join(meaning.user)}\n{support}- The answer to the user:\n\n{reply}\n"


if __name__ == "__main__":
    sys.exit(max(write(page, made(), sys.argv[1:]) for page, made in PAGES.items()))

"""Writes the tables of docs/outcomes.md: `python -m scripts.outcomes_page [--check]`."""

import sys

from pawwork_proxy.facts.outcomes import FAILURES, MEANINGS, USER_SEES, Meaning
from pawwork_proxy.outcomes.rules import RULES
from scripts._pages import DOCS, table, write

PAGE = DOCS / "outcomes.md"


def parts() -> dict[str, str]:
    """What the tables of facts and outcomes say in the document."""
    rules = [(n, f"`{rule.id}`", rule.kind, rule.reason) for n, rule in enumerate(RULES, 1)]
    failures = dict.fromkeys((f"`{row.kind}`", USER_SEES[row.user_sees]) for row in FAILURES)
    return {
        "kinds": "\n".join(map(_kind, MEANINGS.values())),
        "rules": table(("#", "Rule", "Outcome", "Why"), rules),
        "failures": table(("Failure kind", "The user sees"), failures),
    }


def _kind(meaning: Meaning) -> str:
    return f"""\
### {meaning.kind}

Family {meaning.kind.family}. {meaning.sentence}

- Recognised by: {meaning.recognised}
- The user: {meaning.user}
- Support: {meaning.support}
"""


if __name__ == "__main__":
    sys.exit(write(PAGE, parts(), sys.argv[1:]))

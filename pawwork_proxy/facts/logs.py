"""How logs and transcripts are written: what begins an entry, and where its time stands."""

import re

from pydantic import Field

from pawwork_proxy.facts.table import AnyCase, Fact, rows


class Start(Fact):
    """One way in which an entry begins."""

    id: str = Field(alias="name")
    says: AnyCase
    example: str
    firm: bool = False


def _starts(firm: bool) -> re.Pattern[str]:
    says = "|".join(f"(?:{row.says.pattern})" for row in STARTS if row.firm or not firm)
    return re.compile(
        rf"[ \t]{{0,3}}(?:[^\w\s{{}}\[\]\"'<>()$#.,;:/\\|-]{{1,3}}[ \t]*)?(?:{says})", re.IGNORECASE
    )


STARTS = rows(Start, "logs", "start")
BEGINS = _starts(firm=False)
"""The beginning of a line that starts an entry, also behind a sign such as a cross."""
BEGINS_FIRMLY = _starts(firm=True)

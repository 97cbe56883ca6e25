"""The support view as one self-contained HTML file: nothing is loaded, nothing is sent.

Invariant: as in `report.page`: every word that came from a capture is escaped by Jinja2, the page's
policy allows its own style and no script at all, and no mark turns the direction of a text.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

from pawwork_proxy import __version__
from pawwork_proxy.model.support import Meeting
from pawwork_proxy.report.language import Language
from pawwork_proxy.report.page import asset, digest, environment
from pawwork_proxy.report.support_table import install_names, support_sheet
from pawwork_proxy.report.trouble import Trouble, trouble_words

POLICY = "default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'none'"
STYLE = "report.css"


def render_support(
    rows: Sequence[Meeting],
    troubles: Sequence[Trouble],
    replies: Mapping[str, Sequence[str]],
    spoken: Language,
    *,
    simulated: bool = False,
    zone: tzinfo = UTC,
) -> str:
    """The paragraphs, the table, and the answers to the user by language."""
    style = asset(STYLE)
    names = install_names(rows)
    sheet = support_sheet(rows, zone, spoken)
    made = environment()
    made.globals["_"] = spoken.text
    return made.get_template("support.html.j2").render(
        policy=POLICY.format(style=digest(style)),
        style=style,
        version=__version__,
        lang=spoken.name,
        simulated=simulated,
        paragraphs=[
            trouble_words(one, names[one.failed.context.install_id], spoken, zone)
            for one in troubles
        ],
        times=sheet.title,
        heads=[column.head for column in sheet.columns],
        rows=sheet.rows,
        replies={name: "\n".join(reply) for name, reply in replies.items()},
    )

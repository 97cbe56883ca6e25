"""One self-contained HTML file from a comparison: nothing is loaded, nothing is sent.

Invariant: the page's policy allows exactly the script and the style that are in it, by their
hashes; every word that came from a capture is escaped by Jinja2 or is JSON data that the script
writes as text, and none can turn the direction of the words around it. Equal input makes an equal
file.
"""

import hashlib
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import jinja2

from pawwork_proxy import __version__
from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.comparison.selection import one_world
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.model.inventory import Inventory
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report import sentences
from pawwork_proxy.report.answer import Answer, figures, rows_told
from pawwork_proxy.report.contrast_story import install_names
from pawwork_proxy.report.evidence import evidence_of
from pawwork_proxy.report.identity_table import COLUMNS, identity_rows, identity_words
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.sharing import Picture, sharing
from pawwork_proxy.report.timeline import GROUPS, UNKNOWN, Timeline, outcome_words, timeline
from pawwork_proxy.report.words import counted

SCRIPTS = ("uplot/uPlot.iife.min.js", "report.js")
WATCHING = "watch.js"
"""What a page does in addition while it is served."""
STYLES = ("uplot/uPlot.min.css", "report.css")
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; "
    "form-action 'none'"
)
"""No source but the page itself; hashes rather than 'unsafe-inline'."""
SERVED = "; connect-src 'self'"
"""A served page asks whether there is a newer one."""
FINDINGS = {
    ("follows", ""): "counted by it",
    ("does_not_follow", ""): "not counted by it",
    ("does_not_follow", "wider"): "shared across it",
    ("does_not_follow", "narrower"): "counted finer",
    ("undetermined", ""): "not decided",
}

DIRECTIONS = {
    code: f"\\u{code:04x}"
    for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Marks that turn the direction of text, and what is shown in their place."""


def render_report(
    comparison: Comparison,
    inputs: ComparisonInput,
    answer: Answer,
    inventory: Inventory | None = None,
    *,
    language: Language = ENGLISH,
    watched: int = 0,
) -> str:
    """The report; `inventory` is left out where captures are too many to take one.

    `watched`: the number of this page among those that are served in turn; 0 for a file.
    """
    script = "\n".join(map(asset, (*SCRIPTS, *([WATCHING] if watched else []))))
    style = "\n".join(map(asset, STYLES))
    names = _names(comparison, inputs, language)
    drawn = _named(timeline(inputs.observations), names)
    policy = POLICY + SERVED if watched else POLICY
    made = environment()
    made.globals["_"] = language.text
    return made.get_template("report.html.j2").render(
        comparison=comparison,
        answer=answer,
        figures=figures(answer, language),
        level="decided" if answer.confidence else "undecided",
        picture=_picture(comparison, inputs, names, language),
        notes=(*answer.others, *answer.notes, *inputs.remarks),
        evidence=evidence_of(comparison),
        finding_words=lambda found: language.text(FINDINGS[found.finding, found.reach]),
        captures=inputs.captures,
        version=__version__,
        language=language,
        lang=language.name,
        watched=watched,
        policy=policy.format(script=digest(script), style=digest(style)),
        script=script,
        style=style,
        data=_inert_json(_drawing(drawn) | {"say": _words_of_script(language)}),
        lanes=drawn.lanes,
        groups=[
            (name, language.text(words))
            for name, words in GROUPS
            if any(mark.group == name for mark in drawn.marks)
        ],
        outcomes=_outcomes(inputs.observations, names),
        installs=tuple(lane.install for lane in drawn.lanes),
        identity=tuple(identity_rows(inventory)) if inventory else (),
        identity_columns=tuple(column.head for column in COLUMNS),
        identity_words=tuple(identity_words(inventory)) if inventory else (),
        began=min((one.started_at for one in inputs.observations), default=None),
        ended=max((one.ended_at for one in inputs.observations), default=None),
    )


def _words_of_script(language: Language) -> dict[str, str]:
    """What the timeline says of a mark."""
    return {
        "install": language.text("install"),
        "outcome": language.text("outcome"),
        "time": language.text("time"),
        "model": language.text("model, key"),
        "by": language.text("said by"),
        "retry": language.text("retry after"),
        "resets": language.text("resets"),
        "record": language.text("record"),
        "all": language.text("All {all} marks, by time."),
        "some": language.text(
            "{left} of {all} marks are left out to keep the page quick. Shown are {shown} of "
            "{refusals} refusals by quota and {beside} of {others} other marks, evenly over time. "
            'The command "pawwork-proxy show FILE" lists every record.'
        ),
    }


def _names(comparison: Comparison, inputs: ComparisonInput, language: Language) -> dict[str, str]:
    """What each install is called, as in the evidence: its rows come first there, too."""
    told = (row.install for row in rows_told(comparison))
    named = install_names((*told, *(one.who.install for one in inputs.observations)))
    unknown = language.say("{dimension} not known", dimension=language.text("install"))
    return {**named, UNKNOWN: unknown}


def _named(drawn: Timeline, names: Mapping[str, str]) -> Timeline:
    lanes = (lane._replace(install=names.get(lane.install, lane.install)) for lane in drawn.lanes)
    return drawn._replace(lanes=tuple(lanes))


def _picture(
    comparison: Comparison,
    inputs: ComparisonInput,
    names: Mapping[str, str],
    language: Language,
) -> Picture | None:
    """Who shares with whom, by the main limit."""
    if not comparison.limits:
        return None
    return sharing(comparison.limits[0], one_world(inputs.observations), names, language)


def environment() -> jinja2.Environment:
    """What makes pages of our templates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pawwork_proxy.report", "assets"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_straight,
    )
    environment.filters |= {"title": title, "utc": utc, "counted": counted}
    environment.globals["say"] = sentences
    return environment


def _straight(value: object) -> object:
    """A text whose direction marks are visible: in a sentence nothing else would contain them."""
    plain = isinstance(value, str) and not hasattr(value, "__html__")
    return str(value).translate(DIRECTIONS) if plain else value


def utc(moment: datetime) -> str:
    """A time as the report writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def asset(name: str) -> str:
    """A file that becomes part of a page."""
    return (files("pawwork_proxy.report") / "assets" / name).read_text(encoding="utf-8").strip()


def digest(text: str) -> str:
    """How a page's policy names a script or a style that it allows."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _inert_json(value: object) -> str:
    """JSON that cannot end the script element that holds it."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _drawing(drawn: Timeline) -> dict[str, Any]:
    """The timeline as small as JSON allows: repeated words as numbers."""
    words: dict[str, int] = {}

    def drawn_as(value: object) -> object:
        if not isinstance(value, str):
            return value
        return words.setdefault(value.translate(DIRECTIONS), len(words))

    return {
        "lanes": [f"{lane.install} · {lane.network}".translate(DIRECTIONS) for lane in drawn.lanes],
        "groups": GROUPS,
        "marks": [[drawn_as(value) for value in mark] for mark in drawn.marks],
        "resets": drawn.resets,
        "words": list(words),
    }


def _outcomes(
    observations: Iterable[Observation], names: Mapping[str, str]
) -> list[tuple[str, str, int, Counter[str]]]:
    """Kind, origin, total, and the number per install; most frequent first."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for one in observations:
        per_install = found.setdefault((outcome_words(one), one.origin), Counter())
        install = one.who.install or UNKNOWN
        per_install[names.get(install, install)] += one.count
    rows = [(kind, origin, count.total(), count) for (kind, origin), count in found.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))

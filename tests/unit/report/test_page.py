"""One file that loads nothing; whatever a capture says stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.observations import observations
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.gathered import CaptureSummary, Gathered
from pawwork_proxy.report.page import render_report
from tests.unit.builders import header
from tests.unit.engine.studies import MORNING, one

HOSTILE = "</script><img src=x onerror=alert(1)>{{7*7}}"


class Tags(HTMLParser):
    """Names of tags and addresses in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def page(exchanges: list[Exchange], **changes: str) -> str:
    head = header(simulated=True)
    gathered = Gathered(
        captures=(
            CaptureSummary(
                name="a.jsonl",
                capture_id=head.capture_id,
                study_id=head.study_id,
                tool_version="0.1.0",
                started_at=MORNING,
                exchanges=len(exchanges),
                simulated=True,
                ended=True,
            ).model_copy(update=changes),
        ),
        observations=tuple(observations(head, exchanges)),
    )
    return render_report(
        compare(gathered.observations), gathered, take_inventory([(head, exchanges)])
    )


def study() -> list[Exchange]:
    return [
        *(one(seq, 1) for seq in range(1, 6)),
        one(6, 1, refused=True),
        one(7, 2, session=2, refused=True),
        one(8, 1, address=2),
    ]


def test_the_answer_comes_first_and_says_simulated() -> None:
    text = page(study())
    assert text.index("SIMULATED") < text.index("shared by every install") < text.index("Timeline")


def test_nothing_is_loaded_from_anywhere() -> None:
    tags = Tags()
    tags.feed(page(study()))
    assert not {"link", "img", "iframe", "object", "form"} & set(tags.tags)
    addresses = [value for name, value in tags.attributes if name in {"src", "href", "action"}]
    assert all(address.startswith("#") for address in addresses)
    assert not any(name.startswith("on") or name == "style" for name, _ in tags.attributes)


def test_the_policy_allows_exactly_what_is_in_the_page() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page(study()))
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert policy[1].startswith("default-src &#39;none&#39;") or policy[1].startswith(
        "default-src 'none'"
    )


def test_hostile_words_stay_text() -> None:
    record = study()[0]
    context = record.context.model_copy(update={"install": HOSTILE, "network": HOSTILE})
    text = page([record.model_copy(update={"context": context})], name=HOSTILE)
    tags = Tags()
    tags.feed(text)
    assert "img" not in tags.tags
    assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(\d+)", text)
    data = re.search(r'id="marks">([^<]*)</script>', text)
    assert data is not None
    assert HOSTILE in json.loads(data[1])["lanes"][0]


def test_equal_input_makes_an_equal_file() -> None:
    assert page(study()) == page(study())


def test_a_comparison_without_evidence_has_a_page_too() -> None:
    assert "there is no verdict" in page([one(1, 1)])
    assert "There are no exchanges" in page([])

"""One file that loads nothing; whatever a capture says stays text."""

import json
import re
from html import unescape
from html.parser import HTMLParser

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.report.answer import answer_of
from pawwork_proxy.report.comparison_text import render_text
from pawwork_proxy.report.exchange_table import row_of
from pawwork_proxy.report.language import language
from pawwork_proxy.report.page import render_report
from tests.unit.builders import header
from tests.unit.captures.studies import observed, one
from tests.unit.comparison.builders import Diary
from tests.unit.report.answers import shared_address
from tests.unit.report.chinese import english_in
from tests.unit.report.pages import aborted, named, page, study

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


def test_the_answer_comes_first_and_says_simulated() -> None:
    text = page(study())
    order = ["SIMULATED", 'id="answer"', "Product options", "Who shares with whom", "Timeline"]
    order += ["Evidence (times", "For researchers", "The verdict on each dimension", "Method, and"]
    body = text[text.index("<body>") :]
    assert sorted(order, key=body.index) == order


def test_the_banner_folds_what_is_taken_for_granted_and_the_legend_has_what_is_drawn() -> None:
    text = page(study())
    banner = text[text.index('class="banner') : text.index("</header>")]
    assert "<summary>Taken for granted</summary>The server counts by" in banner
    assert banner.count("The server counts by") == 1
    legend = text[text.index('class="legend"') : text.index('id="timeline"')]
    assert "answered" in legend
    assert "overload" not in legend


def test_the_picture_shows_the_study_that_is_compared_only() -> None:
    seen = shared_address(1)
    stranger = seen[0].model_copy(update={"study": "study:b", "who": seen[-2].who})
    inputs = ComparisonInput(captures=(), observations=(*seen, stranger))
    comparison = compare(inputs.observations, plan=False)
    text = render_report(comparison, inputs, answer_of(comparison))
    picture = text[text.index('class="pools') : text.index("</figure>")]
    assert picture.count('class="pool"') == 2
    assert picture.count(">1 answered<") + picture.count('title="1 answered"') == 1


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
    text = page([named(study()[0], HOSTILE)], name=HOSTILE)
    tags = Tags()
    tags.feed(text)
    assert "img" not in tags.tags
    assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(\d+)", text)
    data = re.search(r'id="marks">([^<]*)</script>', text)
    assert data is not None
    assert HOSTILE in json.loads(data[1])["lanes"][0]


def test_installs_have_names_and_no_hashes_and_the_same_ones_as_in_the_evidence() -> None:
    exchanges = [named(one, "laptop") for one in study()]
    text = page([exchanges[-1], *exchanges[:-1]])
    data = re.search(r'id="marks">([^<]*)</script>', text)
    assert data is not None
    lanes = json.loads(data[1])["lanes"]
    assert lanes == ["laptop · laptop", "laptop (2) · laptop"]
    for begin, end in (('id="over-time"', "</section>"), ('id="outcomes"', "</table>")):
        assert "laptop 0" not in text.partition(begin)[2].partition(end)[0]
    assert "laptop (2), at laptop as well, was refused on its first request" in text


def test_equal_input_makes_an_equal_file() -> None:
    assert page(study()) == page(study())


def test_a_comparison_without_evidence_has_a_page_too() -> None:
    assert "there is no verdict" in page([one(1, 1)])
    assert "There are no exchanges" in page([])


def test_an_aborted_answer_is_called_what_show_calls_it() -> None:
    record = aborted(9, 1)
    assert record.outcome.kind == "transport_error"
    text = page([*study(), record])
    assert row_of(record, record.outcome).outcome.startswith("transport_error")
    row = re.search(r'<th scope="row">(transport_error[^<]*)</th><td[^>]*>client<', text)
    assert row is not None
    assert row[1] == "transport_error (admitted, then aborted)"
    assert '<th scope="row">success</th><td data-name="Said by">client' not in text


def test_every_table_has_a_name_and_every_scroll_area_can_be_reached() -> None:
    text = page(study())
    for table in re.findall(r"<table[^>]*>\s*(?:<caption>)?", text):
        assert "aria-label" in table or "<caption>" in table, table
    areas = re.findall(r'<div class="scroll"[^>]*>', text)
    assert areas
    for area in areas:
        assert 'role="region"' in area
        assert 'tabindex="0"' in area
        assert re.search('aria-label="[^"]+"', area)


def test_each_piece_of_evidence_is_shown_once_and_every_reference_leads_to_one() -> None:
    text = page(
        [
            *(one(seq, 1, request=1) for seq in range(1, 9)),
            *(one(seq, 1, refused=seq % 4 in {1, 2}, request=1) for seq in range(9, 21)),
        ]
    )
    assert "contradict" in text
    ids = re.findall(r'id="contrast-(\d+)"', text)
    assert ids == sorted(set(ids), key=int)
    assert set(re.findall(r'href="#contrast-(\d+)"', text)) == set(ids)
    assert text.count("admitted after") == len(ids) > 0


def test_direction_marks_are_shown_and_turn_nothing() -> None:
    text = page([named(study()[0], "a\u202eb"), *study()[1:]], name="c\u2067d.jsonl")
    assert not {"\u202e", "\u2067"} & set(text)
    assert "a\\u202eb" in text
    assert "<bdi>c\\u2067d.jsonl</bdi>" in text


def test_numbers_and_their_nouns_agree() -> None:
    text = page(study())
    assert "(s)" not in text.split('<script type="application/json"')[0].split("</style>")[1]
    assert "captures: 1." in text
    assert "clock. pawwork-proxy" in re.sub(r"\s+", " ", text)
    assert "reset windows: " in text
    assert "refusals: 5" in text


def test_that_measuring_disturbs_is_part_of_the_answer_with_its_rows() -> None:
    tapped = one(2, 1, session=2)
    tapped = tapped.model_copy(
        update={"context": tapped.context.model_copy(update={"route": "inside"})}
    )
    text = page([one(1, 1, refused=True), tapped, one(3, 1, refused=True)])
    assert text.index("Measuring disturbs: what passes") < text.index('id="answer"')
    told = text[text.index('id="evidence"') :]
    assert re.search(r"<strong>Another way of observing, another answer</strong>.*#1 #2\)", told)


def test_text_and_page_number_the_evidence_alike() -> None:
    text = page(study())
    numbered = re.findall(r'<li value="(\d+)"><strong>([^<]+)</strong>', text)
    assert [number for number, _ in numbered] == [str(n + 1) for n in range(len(numbered))]
    comparison = compare(observed(header(simulated=True), study()))
    printed = render_text(comparison, answer_of(comparison), width=400)
    assert numbered
    for number, shows in numbered:
        assert re.search(rf"^ +{number}\. {re.escape(shows)}", printed, re.MULTILINE)


def test_in_chinese_all_but_the_table_of_identities_is_chinese() -> None:
    text = page(study(), lang="zh")
    assert '<html lang="zh">' in text
    assert "<title>模拟数据：免费额度按什么计数</title>" in text
    assert "谁与谁共用" in text
    seen = re.sub(r'<div lang="en">.*?</div>\s*</details>|<pre>.*?</pre>|<script.*</script>', "",
                  text[text.index("<body>") :], flags=re.DOTALL)  # fmt: skip
    assert 'lang="en"' not in seen
    attributes = " ".join(re.findall(r' (?:aria-label|title|data-\w+)="([^"]*)"', seen))
    assert not english_in(unescape(re.sub(r"<[^>]+>", " ", seen) + attributes))
    assert "下一步：" in seen
    assert "Anything else" not in seen


def test_an_install_that_is_not_known_is_told_in_chinese() -> None:
    seen = Diary().admitted(2).refused(install=None).seen
    inputs = ComparisonInput(captures=(), observations=tuple(seen))
    comparison, spoken = compare(seen), language("zh")
    text = render_report(comparison, inputs, answer_of(comparison, spoken), language=spoken)
    assert "安装未知" in text
    assert "install not known" not in text


def test_only_a_served_page_may_ask_for_a_newer_one() -> None:
    written, served = page(study()), page(study(), watched=7)
    assert "connect-src" not in written
    assert "fetch(" not in written
    assert "connect-src 'self'" in served.replace("&#39;", "'")
    assert 'data-number="7"' in served

"""The report in a real headless Chromium: silent, self-contained, usable by key and pointer."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from pawwork_proxy.cli.comparing import Wanted, compared, page_of
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report.language import language
from scripts._bench_varied import write_varied
from tests.unit.captures.studies import MORNING, one
from tests.unit.report.answers import STUDIES
from tests.unit.report.pages import aborted, crowd, named, page_of_study, study, wordy
from tests.unit.report.pages import page as made_page

HOSTILE = (
    "<img src=x onerror=document.title='owned'></script><script>document.title='owned'</script>"
    + "unbroken" * 8
)
CAPTURE = "0011223344556677"
TURNING = "a\u202eb"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["PAWWORK_TEST_CHROMIUM"], args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    first, second, *rest = (one(seq, 1) for seq in range(1, 8))
    text = made_page(
        [
            named(first, HOSTILE),
            named(second, TURNING),
            *rest,
            aborted(8, 1),
            one(9, 1, refused=True),
            one(10, 2, session=2, refused=True),
            one(11, 1, address=2),
        ],
        name=f"{'unbroken' * 25}.jsonl",
    )
    out.write_text(text, encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 600 exchanges, of which 26 are refusals."""
    out = tmp_path_factory.mktemp("report") / "long.html"
    exchanges = [
        one(seq, 1, refused=seq % 100 == 0, at=MORNING + timedelta(seconds=5 * seq))
        for seq in range(1, 2601)
    ]
    out.write_text(made_page(exchanges), encoding="utf-8")
    return out


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_quiet_and_fits(browser: Browser, file: Path, width: int, scheme: str) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.locator("#timeline canvas").wait_for()
    page.locator("#all-marks summary").click()
    page.locator("#all-marks tbody tr").nth(10).wait_for()
    assert page.locator("#all-marks tbody tr").count() == 11
    assert said == []
    assert asked == [file.as_uri()]
    assert "owned" not in page.title()
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".stories").is_visible() == (width > 640)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    folder = os.environ.get("PAWWORK_TEST_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/report-{width}-{scheme}.png", full_page=True)
    page.close()


def test_records_are_reached_by_keyboard_and_by_pointer(browser: Browser, file: Path) -> None:
    page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    page.locator("#timeline").focus()
    page.keyboard.press("ArrowDown")
    assert "free_usage_limit" in page.locator("#record").inner_text()
    assert f"{CAPTURE}#9" in page.locator("#record").inner_text().split()
    page.keyboard.press("Home")
    assert f"{CAPTURE}#1" in page.locator("#record").inner_text().split()
    box = page.locator("#timeline .u-over").bounding_box()
    assert box is not None
    # 10 of 10.4 s, with a margin of a second on both sides; lanes are sorted by network.
    page.mouse.click(box["x"] + box["width"] * 11 / 12.4, box["y"] + box["height"] * 3.62 / 4)
    assert f"{CAPTURE}#11" in page.locator("#record").inner_text().split()
    page.close()


def test_many_lanes_scroll_to_the_mark_that_is_chosen(browser: Browser, tmp_path: Path) -> None:
    out = tmp_path / "lanes.html"
    lanes = [named(one(seq, 1), f"laptop{seq:02}") for seq in range(1, 41)]
    out.write_text(made_page(lanes), encoding="utf-8")
    page: Page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(out.as_uri())
    timeline = page.locator("#timeline")
    timeline.focus()
    page.keyboard.press("End")
    assert f"{CAPTURE}#40" in page.locator("#record").inner_text().split()
    assert timeline.evaluate("box => box.scrollTop") > 0
    page.keyboard.press("Home")
    assert timeline.evaluate("box => box.scrollTop") == 0
    assert timeline.evaluate("box => box.clientHeight") < 844
    page.close()


def broken_words(page: Page, selector: str) -> list[str]:
    """Words of at most 20 letters, between spaces, that are laid out on more than one line."""
    found: list[str] = page.evaluate(
        """(selector) => {
          const found = [];
          for (const cell of document.querySelectorAll(selector)) {
            const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode());) {
              for (const word of node.data.matchAll(/(?<!\\S)[A-Za-z]{2,20}(?![^\\s,.;:)])/g)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const tops = new Set([...range.getClientRects()].map((box) => box.top));
                if (tops.size > 1) found.push(word[0]);
              }
            }
          }
          return found;
        }""",
        selector,
    )
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_no_ordinary_word_is_broken(browser: Browser, file: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(file.as_uri())
    assert broken_words(page, "h1, h2, h3, th:not(.name), td, caption, summary, li") == []
    page.close()


def test_on_a_phone_the_fields_are_cards(browser: Browser, file: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(file.as_uri())
    for area in page.locator(".scroll").all():
        assert area.evaluate("(area) => area.scrollWidth <= area.clientWidth")
    heights = page.locator(".fields tbody tr").evaluate_all(
        "(rows) => rows.map((row) => row.getBoundingClientRect().height)"
    )
    assert len(heights) > 10
    assert max(heights) < 250
    page.close()


def test_a_link_opens_its_evidence(browser: Browser, file: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    page.locator("#tables > summary").click()
    page.locator("#verdicts summary").click()
    link = page.locator(".verdicts a[href^='#contrast-']").first
    piece = page.locator(link.get_attribute("href") or "")
    page.goto(f"{file.as_uri()}{link.get_attribute('href')}")
    piece.wait_for(state="visible")
    page.close()


SCREEN: ViewportSize = {"width": 390, "height": 844}
"""Of a phone."""
Kinds = dict[str, Callable[[], list[Observation] | Comparison]]
CROWDS: Kinds = {
    "one-network": partial(crowd, "address", installs=40, networks=1, keys=1),
    "per-address": partial(crowd, "address", installs=40, networks=8, keys=1),
    "per-install": partial(crowd, "install", installs=40, networks=8, keys=20),
    "per-key": partial(crowd, "key", installs=40, networks=3, keys=20),
}


def pages_of_every_kind(folder: Path) -> Iterator[tuple[str, str]]:
    """Each with what it is called; the last are of thousands of varied exchanges."""
    kinds: Kinds = {**STUDIES, **CROWDS}
    for lang in ("en", "zh"):
        for name, made in kinds.items():
            yield f"{name}.{lang}", page_of_study(made(), lang)
        seen = crowd("key", installs=9, networks=3, keys=9)
        yield f"wordy.{lang}", page_of_study(wordy(), lang, seen)
    write_varied(folder, 6000)
    found = compared(Wanted([folder], frozenset(), False, None, language("en")))
    yield "varied.en", page_of(found)
    yield "varied.zh", page_of_study(found.comparison, "zh", found.inputs.observations)


def test_on_a_phone_every_kind_of_study_takes_three_screens(
    browser: Browser, tmp_path: Path
) -> None:
    """With all that is asked first in sight: what is folded are tables, commands and evidence."""
    page = browser.new_page(viewport=SCREEN)
    (tmp_path / "varied").mkdir()
    out = tmp_path / "report.html"
    long: dict[str, float] = {}
    for name, text in pages_of_every_kind(tmp_path / "varied"):
        out.write_text(text, encoding="utf-8")
        page.goto(out.as_uri())
        screens = page.evaluate("document.documentElement.scrollHeight") / SCREEN["height"]
        if screens > 3:
            long[name] = screens
        first = page.locator(".options li").first.bounding_box()
        assert first is not None
        assert first["y"] + first["height"] < SCREEN["height"], f"{name}: the option to take"
        for seen in (".banner", ".options", ".pools", "#next", "#timeline"):
            assert all(one.is_visible() for one in page.locator(seen).all()), f"{name}: {seen}"
    assert long == {}
    page.close()


def test_on_a_phone_words_can_be_read_and_folds_be_pressed(browser: Browser, file: Path) -> None:
    page = browser.new_page(viewport=SCREEN)
    page.goto(file.as_uri())
    folds = [fold.bounding_box() for fold in page.locator("summary:visible").all()]
    assert len(folds) > 3
    assert min(fold["height"] for fold in folds if fold) >= 44
    size = "(words) => parseFloat(getComputedStyle(words).fontSize)"
    for words in page.locator("main p:visible, .banner dd, .options li, .party").all():
        assert words.evaluate(size) >= 15
    page.close()


def test_everybody_is_in_the_table_of_the_picture(browser: Browser, tmp_path: Path) -> None:
    out = tmp_path / "crowd.html"
    seen = crowd("key", installs=40, networks=3, keys=20)
    out.write_text(page_of_study(seen, "en"), encoding="utf-8")
    page = browser.new_page(viewport=SCREEN)
    page.goto(out.as_uri())
    assert page.locator(".party").count() < 12
    page.locator("#everybody > summary").click()
    assert page.locator("#everybody tbody tr:visible").count() == 40
    numbers = page.locator("#everybody tbody td.number").all_text_contents()
    assert sum(map(int, numbers)) == len(seen)
    page.close()


def test_of_too_many_marks_all_refusals_are_listed_and_the_rest_evenly(
    browser: Browser, long_file: Path
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(long_file.as_uri())
    page.locator("#all-marks summary").click()
    page.locator("#all-marks tbody tr").nth(1999).wait_for()
    records = page.locator("#all-marks tbody td:last-child").all_inner_texts()
    seen = [int(record.split("#")[1]) for record in records]
    assert len(seen) == 2000
    assert seen == sorted(seen)
    assert set(range(100, 2601, 100)) <= set(seen)
    assert max(later - earlier for earlier, later in pairwise(seen)) <= 2
    words = page.locator("#marks-shown").inner_text()
    assert "600 of 2600 marks are left out" in words
    assert "26 of 26 refusals" in words
    page.close()


def test_of_few_marks_all_are_listed(browser: Browser, file: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    page.locator("#all-marks summary").click()
    page.locator("#all-marks tbody tr").nth(10).wait_for()
    assert page.locator("#marks-shown").inner_text() == "All 11 marks, by time."
    page.close()


def inks(page: Page) -> set[str]:
    """The opaque colours of the timeline."""
    found: list[str] = page.evaluate(
        """() => {
          const canvas = document.querySelector("#timeline canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const found = new Set();
          const hex = (value) => value.toString(16).padStart(2, "0");
          for (let n = 0; n < data.length; n += 4) {
            if (data[n + 3] === 255) found.add([...data.slice(n, n + 3)].map(hex).join(""));
          }
          return [...found];
        }"""
    )
    return set(found)


def test_paper_shows_the_evidence_in_light_colours(browser: Browser, file: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page.goto(file.as_uri())
    page.locator("#timeline canvas").wait_for()
    dark, light = "4cc38a", "1a7f4b"
    assert dark in inks(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert light in inks(page)
    assert dark not in inks(page)
    for words in (".evidence section", "#left-out", "#method"):
        assert page.locator(words).first.is_visible()
    assert not page.locator("#record").is_visible()
    legend = page.locator(".legend .ok").evaluate("(mark) => getComputedStyle(mark).color")
    assert re.findall(r"\d+", legend) == ["26", "127", "75"]
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert dark in inks(page)
    assert not page.locator(".evidence section").first.is_visible()
    page.close()


def test_without_a_script_paper_shows_the_evidence_too(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert not page.locator(".evidence section").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator(".evidence section").first.is_visible()
    context.close()


def test_a_verdict_is_neither_red_nor_green(browser: Browser, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text(made_page([*study(), one(9, 1, refused=True)]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(out.as_uri())
    for finding in ("follows", "does_not_follow"):
        cell = page.locator(f"tr.{finding} .finding").first
        colour = cell.evaluate("(cell) => getComputedStyle(cell).color")
        red = page.evaluate("getComputedStyle(document.querySelector('.legend .quota')).color")
        green = page.evaluate("getComputedStyle(document.querySelector('.legend .ok')).color")
        assert colour not in {red, green}
        assert cell.locator(".sign").text_content() in {"=", "≠"}
    page.close()

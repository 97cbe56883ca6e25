"""The report in a real headless Chromium: silent, self-contained, usable by key and pointer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright

from pawwork_proxy.cli.report import report
from tests.unit.engine.studies import one, write

HOSTILE = (
    "<img src=x onerror=document.title='owned'></script><script>document.title='owned'</script>"
)

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
    folder = tmp_path_factory.mktemp("report")
    exchanges = [
        *(one(seq, 1) for seq in range(1, 9)),
        one(9, 1, refused=True),
        one(10, 2, session=2, refused=True),
        one(11, 1, address=2),
    ]
    context = exchanges[0].context.model_copy(update={"install": HOSTILE, "network": HOSTILE})
    hostile = exchanges[0].model_copy(update={"context": context})
    write(folder / "a.jsonl", [hostile, *exchanges[1:]])
    out = folder / "report.html"
    result = CliRunner().invoke(report, [str(folder / "a.jsonl"), "--out", str(out)])
    assert result.exit_code == 0
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
    assert "a#9" in page.locator("#record").inner_text()
    page.keyboard.press("Home")
    assert f"{'a':0>16}#1" in page.locator("#record").inner_text().split()
    box = page.locator("#timeline .u-over").bounding_box()
    assert box is not None
    # 10 of 10.4 s, with a margin of a second on both sides; the last of four lanes.
    page.mouse.click(box["x"] + box["width"] * 11 / 12.4, box["y"] + box["height"] * 3.62 / 4)
    assert f"{'a':0>16}#11" in page.locator("#record").inner_text().split()
    page.close()

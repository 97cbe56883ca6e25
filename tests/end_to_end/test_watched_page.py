"""`report --watch` in a real Chromium: the page renews itself while a capture grows."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli
from tests.unit.captures.studies import one, write

pytestmark = pytest.mark.browser


@contextmanager
def watched(home: Path, captures: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, and the link that it printed."""
    process = subprocess.Popen(
        cli("report", str(captures), "--watch"),
        env=clean_environment(home),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_the_page_fills_and_stays_as_it_was_opened(tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    captures.mkdir()
    with watched(tmp_path, captures) as (process, link), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["PAWWORK_TEST_CHROMIUM"], args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(PATIENCE * 1000)
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(link)
        assert "There is nothing to compare" in page.locator("#answer").inner_text()
        page.locator("#tables > summary").click()
        page.locator("#method summary").click()
        seen = [one(seq, 1) for seq in range(1, 6)]
        write(captures / "a.jsonl", [*seen, one(6, 1, refused=True)])
        page.locator("#sharing").wait_for()
        assert page.locator(".party").count() == 1
        page.locator("#method[open]").wait_for()
        write(captures / "b.jsonl", [one(7, 2, session=2, refused=True)], capture_id="b" * 16)
        page.locator(".party").nth(1).wait_for()
        assert said == []
        assert {url.split("?")[0] for url in asked} == {
            link, *(link.rpartition("/")[0] + path for path in ("/", "/newer"))
        }  # fmt: skip
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        page.get_by_text("Not followed any longer").wait_for()
        chromium.close()


def test_a_path_to_write_to_is_no_use_while_watching(tmp_path: Path) -> None:
    command = cli("report", str(tmp_path), "--watch", "--out", "other.html")
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "--watch writes no file" in done.stderr

"""Nobody reads the served page but the browser that followed the link first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from pawwork_proxy.cli import page_server
from pawwork_proxy.cli.page_server import COOKIE, Page, served


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps cookies as a browser does."""
    jar = aiohttp.CookieJar(unsafe=True)  # of an address, too
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield session


def root(link: str) -> str:
    return link.rpartition("/")[0]


async def test_the_link_opens_the_page_once() -> None:
    async with served(Page("<p>now</p>")) as link, browser() as first, browser() as second:
        assert urlsplit(link).hostname == "127.0.0.1"
        async with first.get(link) as answer:
            assert (answer.status, await answer.text()) == (200, "<p>now</p>")
            assert link.rpartition("/")[2] not in str(answer.url)
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        async with first.get(link) as answer:
            assert answer.status == 200, "who has the page may use the link again"
        async with second.get(link) as answer:
            assert answer.status == 410
            assert "counts once" in await answer.text()
        async with second.get(root(link)) as answer:
            assert answer.status == 403


@pytest.mark.parametrize("path", ["/", "/newer?than=1", "/no-such-link", "/a/b"])
async def test_without_the_link_there_is_nothing(path: str) -> None:
    async with served(Page("<p>now</p>")) as link, browser() as stranger:
        async with stranger.get(root(link) + path) as answer:
            assert answer.status == 403
            assert "now" not in await answer.text()
        async with stranger.get(root(link), cookies={COOKIE: "guessed"}) as answer:
            assert answer.status == 403


async def test_a_cookie_may_be_any_bytes() -> None:
    async with served(Page("<p>now</p>")) as link:
        port = urlsplit(link).port
        incoming, outgoing = await asyncio.open_connection("127.0.0.1", port)
        head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {COOKIE}=".encode()
        outgoing.write(head + b"gu\xe9ss\xff\r\n\r\n")
        assert await incoming.readline() == b"HTTP/1.1 403 Forbidden\r\n"
        outgoing.close()


async def test_looking_at_the_link_does_not_use_it_up() -> None:
    """Mail and chat programs ask for the head of each link that they show."""
    async with served(Page("<p>now</p>")) as link, browser() as looker, browser() as first:
        for method in ("HEAD", "POST"):
            async with looker.request(method, link) as answer:
                assert answer.status == 403
        async with first.get(link) as answer:
            assert answer.status == 200


async def test_a_page_of_another_site_cannot_ask_by_its_own_name() -> None:
    """A name that its owner lets point here later (DNS rebinding)."""
    async with served(Page("<p>now</p>")) as link, browser() as first:
        for headers in ({"Host": "evil.example"}, {"Host": "127.0.0.1:1"}):
            async with first.get(link, headers=headers) as answer:
                assert answer.status == 403
        async with first.get(link) as answer:
            assert answer.status == 200, "it was not used up by that"


async def test_whoever_waits_is_told_of_a_newer_page() -> None:
    page = Page("<p>1</p>")
    async with served(page) as link, browser() as first:
        async with first.get(link) as answer:
            assert await answer.text() == "<p>1</p>"
        waiting = asyncio.create_task(first.get(f"{root(link)}/newer?than=1").__aenter__())
        async with first.get(root(link)) as answer:  # so that the server has the other one, too
            assert answer.status == 200
        page.replace("<p>2</p>")
        assert (await waiting).status == 200
        async with first.get(root(link)) as answer:
            assert await answer.text() == "<p>2</p>"
        for known in ("1", "", "x", "9" * 5000):
            async with first.get(f"{root(link)}/newer?than={known}") as answer:
                assert answer.status == 200


async def test_a_browser_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_server, "PATIENCE_S", 0.0)
    async with served(Page("<p>1</p>")) as link, browser() as first:
        async with first.get(link) as answer:
            assert answer.status == 200
        async with first.get(f"{root(link)}/newer?than=1") as answer:
            assert answer.status == 204

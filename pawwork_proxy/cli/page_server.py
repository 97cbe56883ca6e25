"""Serves one page to one browser of this machine, and tells it when there is a newer one.

Invariants: it listens on loopback only, and answers nobody who has not followed the link that was
printed. The link counts once: what it leads to is a cookie, so that an address that somebody sees,
in a history or over a shoulder, opens nothing. A page of another site cannot read it either: the
name that it was asked by has to be ours.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

COOKIE = "pawwork_proxy_page"
PATIENCE_S = 20.0
"""How long a browser waits for a newer page before it asks again."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
USED = "This link was used already, and counts once. Start 'report --watch' again for a new one.\n"
NO_ACCESS = "Open the link that 'pawwork-proxy report --watch' printed.\n"


class Page:
    """The page as it is now; a newer one takes its place."""

    def __init__(self, text: str) -> None:
        """The first one; it has the number 1."""
        self.text, self.number = text, 1
        self._newer = asyncio.Event()

    def replace(self, text: str) -> None:
        """Show this from now on, by the next number; whoever waits is told."""
        self.text, self.number = text, self.number + 1
        self._newer.set()
        self._newer = asyncio.Event()

    async def after(self, number: str) -> bool:
        """Wait until there is another one than `number`, not for ever; whether there is."""
        if number == str(self.number):
            try:
                await asyncio.wait_for(self._newer.wait(), PATIENCE_S)
            except TimeoutError:
                return False
        return True


@asynccontextmanager
async def served(page: Page) -> AsyncIterator[str]:
    """Serve it; gives the link that opens it, once."""
    link, session = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    unused = [link]
    names: set[str] = set()

    def allowed(request: web.Request) -> bool:
        shown = request.cookies.get(COOKIE, "").encode(errors="surrogateescape")
        return secrets.compare_digest(shown, session.encode())

    async def enter(request: web.Request) -> web.Response:
        if not secrets.compare_digest(request.match_info["link"].encode(), link.encode()):
            return web.Response(status=403, text=NO_ACCESS)
        if not unused and not allowed(request):
            return web.Response(status=410, text=USED)
        unused.clear()
        entered = web.Response(status=303, headers={"Location": "/"})
        entered.set_cookie(COOKIE, session, httponly=True, samesite="Strict")
        return entered

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=page.text, content_type="text/html")

    async def newer(request: web.Request) -> web.Response:
        there_is = await page.after(request.query.get("than", ""))
        return web.Response(status=200 if there_is else 204)

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        entering = "link" in request.match_info
        if request.host not in names or not (entering or allowed(request)):
            answer: web.StreamResponse = web.Response(status=403, text=NO_ACCESS)
        else:
            answer = await handler(request)
        answer.headers.update(HEADERS)
        return answer

    app = web.Application(middlewares=[guard])
    app.add_routes([web.get("/", show), web.get("/newer", newer)])
    # HEAD is what looks at a link before a person follows it, and would use it up.
    app.router.add_get("/{link}", enter, allow_head=False)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        names.update((f"127.0.0.1:{port}", f"localhost:{port}"))
        yield f"http://127.0.0.1:{port}/{link}"
    finally:
        await runner.cleanup()

"""An OpenCode look-alike client: one conversation is a title call and a main call.

Headers, their order and the forms of ids are OpenCode's (source `opencode-client`); the words are
made up.
Invariant: it talks to loopback only and retries nothing.
"""

import json
import random
import string
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection

USER_AGENT = "opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14"
MODEL = "big-pickle"
_HEX = "0123456789abcdef"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_TOOLS = ("bash", "edit", "glob", "grep", "read", "task", "todowrite", "webfetch", "write")


@dataclass
class DemoClient:
    """One install of the look-alike."""

    port: int
    random: random.Random
    base: str
    """The path of the address that the catalogue of its server names."""
    key: str = "public"

    def converse(self, prompt: str) -> list[int]:
        """A new conversation: its title, then its main call; the statuses of both."""
        session, request = self._new_id("ses"), self._new_id("msg")
        title = {"temperature": 0.5, "messages": _messages("You are a title generator.", prompt)}
        main = {"messages": _messages("You are a coding agent.", prompt), "tools": _tools()}
        return [self._ask(body, session, request) for body in (title, main)]

    def _ask(self, body: dict[str, object], session: str, request: str) -> int:
        whole = {"model": MODEL, "stream": True, "stream_options": {"include_usage": True}, **body}
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "x-opencode-client": "cli",
            "x-opencode-project": "global",
            "x-opencode-request": request,
            "x-opencode-session": session,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate, br, zstd",
        }
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", f"{self.base}/chat/completions", json.dumps(whole), headers)
            response = connection.getresponse()
            response.read()
            return response.status

    def _new_id(self, prefix: str) -> str:
        choices = self.random.choices
        return f"{prefix}_{''.join(choices(_HEX, k=12))}{''.join(choices(_BASE62, k=14))}"


def _messages(system: str, prompt: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": prompt}]


def _tools() -> list[dict[str, object]]:
    return [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
        for name in _TOOLS
    ]

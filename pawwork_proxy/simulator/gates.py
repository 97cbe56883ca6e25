"""Gates: what a request must look like to be served, and how all others are refused.

A gate is no limit: whoever it turns away is turned away always. The defaults are OpenCode's own
marks (`data/gates.toml`); each can be set or left out, since reports on real gates differ. How a
gate refuses can be set too, up to the quota's own words and its wait until midnight. Pure.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from pawwork_proxy.facts.table import Fact, InOrder, rows_in
from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.handshake import CodePoints
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.refusals import REFUSALS
from pawwork_proxy.simulator.tables import one_of, read_table
from pawwork_proxy.wire.client_hello import ClientHello


class Mark(Fact):
    """Something by which a gate knows a client."""

    name: str
    what: str
    words: InOrder = ()
    pattern: re.Pattern[str] = re.compile("")
    numbers: CodePoints = ()


MARKS: Mapping[str, Mark] = {
    row.name: row for row in rows_in(Mark, read_table("gates"), "mark", "gates.toml")
}


class Gate(Noun):
    """What all gates have: how they refuse. `admits` says whom they let through."""

    refuses_with: Annotated[str, one_of(REFUSALS)] = "free_tier"
    """Id of a refusal, for its status, type and sentence."""
    provider: str = ""
    """The closed service in whose name it refuses, which is a provider's response and counted.
    Empty: Zen itself, before any limiter, in the language that was asked for."""
    until_midnight: bool = False
    """Whether Zen's own refusal announces the wait of a used-up quota."""

    def admits(self, call: ModelCall) -> bool:
        """Whether a call gets through this gate."""
        raise NotImplementedError


class KeylessGate(Gate):
    """Addresses that are closed to callers without a key, whatever they ask for."""

    closed: tuple[str, ...] = MARKS["closed"].words

    def admits(self, call: ModelCall) -> bool:
        """See `Gate`."""
        return call.credential is not None or call.base not in self.closed


class VersionFloor(Gate):
    """A least version of OpenCode; a user agent that names none is left to the other gates."""

    refuses_with: Annotated[str, one_of(REFUSALS)] = "upgrade_required"
    provider: str = "Console"
    least: str = Field(default=MARKS["version"].words[0], pattern=r"^\d+\.\d+\.\d+$")

    def admits(self, call: ModelCall) -> bool:
        """See `Gate`."""
        found = MARKS["version"].pattern.match(call.user_agent or "")
        return found is None or _numbers(found.groups()) >= _numbers(self.least.split("."))


class UserAgentLimit(Gate):
    """The relayed 429 for clients whose user agent has another beginning."""

    refuses_with: Annotated[str, one_of(REFUSALS)] = "free_usage_limit"
    provider: str = "Console"
    admitted_prefix: str = "opencode/"
    models: tuple[str, ...] = ()
    """Only these models; empty: all free ones."""

    def admits(self, call: ModelCall) -> bool:
        """See `Gate`."""
        exempt = self.models and call.model not in self.models
        return bool(exempt) or (call.user_agent or "").startswith(self.admitted_prefix)


class HelloGate(Noun):
    """Which ClientHellos are admitted: all that is given must hold. Without TLS there is none."""

    suites: CodePoints = MARKS["suites"].numbers
    """All cipher suites in order; empty: not checked, as with each of the following."""
    number_of_suites: int | None = None
    alpn: tuple[str, ...] = ()
    """All protocols in order."""
    digests: tuple[texts.HelloDigest, ...] = ()
    """One of these, as captures and `/_simulator/seen` show them."""
    ja4: tuple[texts.Ja4, ...] = ()
    """One of these."""

    def admits(self, hello: ClientHello | None) -> bool:
        """Whether a client with this handshake gets through."""
        return (
            hello is not None
            and self.suites in ((), hello.suites)
            and self.number_of_suites in (None, len(hello.suites))
            and self.alpn in ((), hello.alpn)
            and (not self.digests or hello.digest in self.digests)
            and (not self.ja4 or hello.ja4 in self.ja4)
        )


class ClientGate(Gate):
    """What a request must look like to count as OpenCode's."""

    provider: str = "Console"
    user_agent: re.Pattern[str] = MARKS["user_agent"].pattern
    """Regular expression at the beginning of the user agent."""
    session: re.Pattern[str] = MARKS["session"].pattern
    """Regular expression for the whole session id; empty: not checked."""
    session_headers: tuple[str, ...] = MARKS["session_headers"].words
    """All of them must be sent, with one and the same value."""
    stream: bool = True
    tools: tuple[str, ...] = MARKS["tools"].words
    """All of them must be offered."""
    environment: bool = False
    """Whether the system prompt must have the block that names a directory."""
    titles_pass: bool = True
    """Whether a title call needs neither tools nor that block."""
    hello: HelloGate | None = None
    """None: the handshake is not looked at."""

    def admits(self, call: ModelCall) -> bool:
        """See `Gate`."""
        return (
            self.user_agent.match(call.user_agent or "") is not None
            and self._admits_session(call)
            and (call.stream or not self.stream)
            and self._admits_prompt(call)
            and (self.hello is None or self.hello.admits(call.hello))
        )

    def _admits_session(self, call: ModelCall) -> bool:
        sent = {call.headers.get(name, "") for name in self.session_headers}
        formed = not self.session.pattern or self.session.fullmatch(call.session or "") is not None
        return formed and "" not in sent and len(sent) <= 1

    def _admits_prompt(self, call: ModelCall) -> bool:
        if self.titles_pass and MARKS["title"].pattern.match(call.system):
            return True
        named = not self.environment or MARKS["environment"].pattern.search(call.system)
        return bool(named) and call.tools.issuperset(self.tools)


def _numbers(parts: tuple[str, ...] | list[str]) -> tuple[int, ...]:
    return tuple(map(int, parts))

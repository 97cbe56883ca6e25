"""What a provider sends when all is well: plain JSON, and events in each protocol's real shape.

The shapes are in `data/conversations.toml` and `data/tool_calls.toml`. Pure; the text is made up,
and the same for everybody.
"""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from string import Template
from typing import NamedTuple

from pawwork_proxy.simulator.model_call import Protocol
from pawwork_proxy.simulator.tables import read_table

WORDS = ("Hello", " from", " the", " simulated", " model", ".", " Nothing", " was", " asked", "!")
DEFAULT_EVENTS = 6
INPUT_TOKENS = 12
_CREATED = 1_234_567_890
"""Stands in the cached events for the time of the response, as sequence 0 does for its id."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply to be written: how long, by which model, when (whole seconds UTC)."""

    model: str
    created: int
    sequence: int
    text_events: int = DEFAULT_EVENTS
    filler: int = 0
    """Bytes added to each text event, to reach a size."""
    tool: str = ""
    """Name of the tool that is called instead of saying anything."""

    def calling(self, tools: Container[str]) -> "Reply":
        """A call of the first tool that we know among those offered; else the reply itself."""
        tool = next((name for name in TOOLS if name in tools), "")
        return replace(self, tool=tool)

    @property
    def id(self) -> str:
        """Of the response; derived from its number."""
        return f"gen{self.sequence:08d}"

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text, one piece an event; or the arguments of a tool."""
        if self.tool:
            return (TOOLS[self.tool],)
        filler = "x" * self.filler
        return tuple([WORDS[n % len(WORDS)] + filler for n in range(self.text_events)])

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)

    def values(self) -> dict[str, str]:
        """What the templates are filled with, but for each event's own piece and number."""
        return {
            "id": self.id,
            "created": str(self.created),
            "model": _json(self.model),
            "text": _json(self.text),
            "tool": _json(self.tool),
            "arguments": self.text,
            "output": str(self.text_events),
            "total": str(INPUT_TOKENS + self.text_events),
        }


class Templates(NamedTuple):
    """Templates of one protocol, see the data file."""

    first: tuple[Template, ...]
    each: Template
    last: tuple[Template, ...]
    whole: Template


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _events_of(text: str) -> tuple[Template, ...]:
    return tuple(Template(f"{event}\n\n") for event in text.strip().split("\n\n") if event)


def _templates(row: Mapping[str, str]) -> Templates:
    (each,) = _events_of(row["each"])
    return Templates(
        _events_of(row["first"]), each, _events_of(row["last"]), Template(row["whole"])
    )


_CALLS = read_table("tool_calls")
TOOLS: Mapping[str, str] = _CALLS["tool"]
"""Arguments of the tools that are called, by name, as JSON; the first is called that is offered."""
_TEMPLATES = {protocol: _templates(row) for protocol, row in read_table("conversations").items()}
_CALLING = {protocol: _templates(row) for protocol, row in _CALLS["protocol"].items()}


def events(protocol: Protocol, reply: Reply) -> tuple[bytes, ...]:
    """The whole stream, one complete event each."""
    pattern = replace(reply, created=_CREATED, sequence=0)
    was_id, was_created = pattern.id.encode(), b"%d" % _CREATED
    now_id, now_created = reply.id.encode(), b"%d" % reply.created
    return tuple(
        [
            event.replace(was_id, now_id).replace(was_created, now_created)
            for event in _events(protocol, pattern)
        ]
    )


def text_events_begin(protocol: Protocol) -> int:
    """How many events of a stream come before the first one that carries text."""
    return len(_TEMPLATES[protocol].first)


def whole(protocol: Protocol, reply: Reply) -> bytes:
    """The response to a request that did not ask for a stream."""
    return _of(protocol, reply).whole.substitute(reply.values()).encode()


@lru_cache(maxsize=256)
def _events(protocol: Protocol, reply: Reply) -> tuple[bytes, ...]:
    """Filling the templates costs more than a request may: one pattern serves many replies."""
    templates, values = _of(protocol, reply), reply.values()
    pieces = dict(enumerate(map(_json, reply.pieces), len(templates.first)))
    all_events = (*templates.first, *[templates.each] * len(pieces), *templates.last)
    return tuple(
        event.substitute(values, piece=pieces.get(number, ""), number=number).encode()
        for number, event in enumerate(all_events)
    )


def _of(protocol: Protocol, reply: Reply) -> Templates:
    return (_CALLING if reply.tool else _TEMPLATES)[protocol]

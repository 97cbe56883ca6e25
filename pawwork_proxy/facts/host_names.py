"""What makes a word with points a host name: its ending. For redaction and for the scan."""

import re
from collections.abc import Iterator

from pawwork_proxy.facts.addresses import HOST_ENDINGS, KNOWN_HOSTS
from pawwork_proxy.facts.providers import PROVIDERS
from pawwork_proxy.facts.table import word_lists

_AGENT_WORDS = word_lists("user_agents")
_HOST = re.compile(
    rf"(?<![\w.-])(?:[A-Za-z0-9-]{{1,63}}\.)+(?:{'|'.join(HOST_ENDINGS)})(?![\w-])", re.IGNORECASE
)
_NOBODYS = KNOWN_HOSTS | {name.lower() for name in PROVIDERS} | _AGENT_WORDS["products"]
"""These look like hosts, but name a relayed provider and a terminal."""
_VERSION = re.compile(rf"v?\d+(?:\.\d+)*\.(?:{'|'.join(_AGENT_WORDS['prereleases'])})")
"""`1.2.dev` is a version."""


def foreign_hosts(text: str) -> Iterator[str]:
    """The host names in a text that could name somebody's machine or company."""
    for match in _HOST.finditer(text):
        if match.group().lower() not in _NOBODYS and not _VERSION.fullmatch(match.group()):
            yield match.group()

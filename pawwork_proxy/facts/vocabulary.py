"""All words of the tables together, to tell whether a text consists of words that we know.

The taint gate and the scan of bundles each cut them up in their own way; both ask here, too, what
makes a word with points a host name: its ending.
"""

import re
from collections.abc import Iterator

from pawwork_proxy.facts import errors, fields, identifiers, server, wordings
from pawwork_proxy.facts.table import WordList, rows, word_lists

_FILES = ("words", "http", "user_agents", "models", "fields")
_AGENT_WORDS = word_lists("user_agents")
_HOST = re.compile(
    rf"(?<![\w.-])(?:[A-Za-z0-9-]{{1,63}}\.)+(?:{'|'.join(server.HOST_ENDINGS)})(?![\w-])",
    re.IGNORECASE,
)
_NOBODYS = (
    server.KNOWN_HOSTS | {name.lower() for name in wordings.PROVIDERS} | _AGENT_WORDS["products"]
)
"""These look like hosts, but name a relayed provider and a terminal."""
_VERSION = re.compile(rf"v?\d+(?:\.\d+)*\.(?:{'|'.join(_AGENT_WORDS['prereleases'])})")
"""`1.2.dev` is a version."""


def kept_words() -> Iterator[str]:
    """Words that a record holds whatever a raw exchange says: no trace of somebody's text."""
    yield from _listed(own=True)
    yield from fields.HEADERS
    yield from server.KNOWN_HOSTS
    yield from fields.IDENTITY_FIELDS
    yield from (*errors.ZEN_TYPES, *errors.VENDOR_TYPES, *errors.GOOGLE_STATUSES)
    yield from (*errors.FINISHED, *errors.FAILED)
    yield from wordings.PROVIDERS
    yield from (phrase.id for phrase in wordings.PHRASES)


def known_words() -> Iterator[str]:
    """The kept words and all others of our tables; a text that consists of them names nobody."""
    yield from kept_words()
    yield from _listed(own=False)
    yield from fields.QUERY_NAMES
    yield from (row.namespace for row in identifiers.NAMESPACES)
    yield from (mark for mark, _ in wordings.EDGE_MARKS)
    yield from errors.Sense
    yield from fields.FORMS


def _listed(*, own: bool) -> Iterator[str]:
    for file in _FILES:
        for row in rows(WordList, file, "words"):
            if row.own is own:
                yield from row.words


def foreign_hosts(text: str) -> Iterator[str]:
    """The host names in a text that could name somebody's machine or company."""
    for match in _HOST.finditer(text):
        if match.group().lower() not in _NOBODYS and not _VERSION.fullmatch(match.group()):
            yield match.group()

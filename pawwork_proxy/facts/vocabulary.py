"""All words of the tables together, to tell whether a text consists of words that we know.

The taint gate and the scan of bundles each cut them up in their own way.
"""

from collections.abc import Iterator

from pawwork_proxy.facts import (
    addresses,
    errors,
    fields,
    finish_reasons,
    forms,
    headers,
    namespaces,
    pages,
    phrases,
    providers,
)
from pawwork_proxy.facts.table import WordList, rows

_FILES = ("words", "http", "user_agents", "models", "fields")


def kept_words() -> Iterator[str]:
    """Words that a record holds whatever a raw exchange says: no trace of somebody's text."""
    yield from _listed(own=True)
    yield from headers.HEADERS
    yield from addresses.KNOWN_HOSTS
    yield from fields.IDENTITY_FIELDS
    yield from (*errors.ZEN_TYPES, *errors.VENDOR_TYPES, *errors.GOOGLE_STATUSES)
    yield from (*finish_reasons.FINISHED, *finish_reasons.FAILED)
    yield from providers.PROVIDERS
    yield from (phrase.id for phrase in phrases.PHRASES)


def known_words() -> Iterator[str]:
    """The kept words and all others of our tables; a text that consists of them names nobody."""
    yield from kept_words()
    yield from _listed(own=False)
    yield from fields.QUERY_NAMES
    yield from (row.namespace for row in namespaces.NAMESPACES)
    yield from (mark for mark, _ in pages.EDGE_MARKS)
    yield from errors.Sense
    yield from forms.FORMS


def _listed(*, own: bool) -> Iterator[str]:
    for file in _FILES:
        for row in rows(WordList, file, "words"):
            if row.own is own:
                yield from row.words

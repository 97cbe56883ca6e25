"""What is said to people, in their language: in English as it is written, or by a catalogue.

A catalogue is a file `languages/NAME.po` and what `scripts/catalogue.py` makes of it; to add a
language, add that file.

Invariant: what a catalogue does not have is said in English.
"""

import re
from collections.abc import Iterable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

CATALOGUES = files("pawwork_proxy.report") / "languages"
_MADE = ".mo"
LANGUAGES = (
    "en",
    *sorted(
        file.name.removesuffix(_MADE) for file in CATALOGUES.iterdir() if file.name.endswith(_MADE)
    ),
)
"""Names of languages; the first is the one in which all texts are written."""


class Language:
    """Says texts in one language."""

    def __init__(self, name: str, texts: NullTranslations) -> None:
        """By a catalogue; one without texts speaks English."""
        self.name = name
        self._texts = texts

    def fits(self, encoding: str) -> bool:
        """Whether its signs can be written in an encoding, as far as one text shows."""
        try:
            self.text("then").encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    def text(self, text: str) -> str:
        """A text as it stands in the catalogue; nothing for nothing."""
        return self._texts.gettext(text) if text else ""

    def say(self, text: str, **values: object) -> str:
        """A text, with values for the names in braces."""
        return self.text(text).format(**values)

    def count(self, one: str, more: str, number: int, **values: object) -> str:
        """A text about a number, which stands in it as `{number}`."""
        return self._texts.ngettext(one, more, number).format(number=number, **values)


def paragraph(sentences: Iterable[str]) -> str:
    """Sentences as one paragraph; behind Chinese punctuation stands no space."""
    return re.sub("(?<=[。：？]) ", "", " ".join(sentences))


@cache
def language(name: str) -> Language:
    """A language of `LANGUAGES`."""
    if name == LANGUAGES[0]:
        return Language(name, NullTranslations())
    with (CATALOGUES / f"{name}{_MADE}").open("rb") as file:
        return Language(name, GNUTranslations(file))


ENGLISH = language(LANGUAGES[0])


def spoken(wanted: Iterable[str]) -> str | None:
    """The first language that is wanted and known; `zh_CN.UTF-8` and `zh-Hans-CN` are `zh`."""
    for tag in wanted:
        parts = tag.partition(".")[0].partition("@")[0].replace("_", "-").lower().split("-")
        for length in range(len(parts), 0, -1):
            if (name := "-".join(parts[:length])) in LANGUAGES:
                return name
    return None

"""Where the handshake that reached the server was not the client's, in a sentence."""

from collections.abc import Iterable

from pawwork_proxy.model.handshake import Difference, Hello, differences
from pawwork_proxy.report.answer_words import joined
from pawwork_proxy.report.language import ENGLISH, Language

Pair = tuple[str | None, str]
"""Digests of the client's hello (None: there was none to see) and of ours, from one exchange."""

WORDS: dict[Difference, str] = {
    "suites": "cipher suites",
    "extensions": "extensions",
    "alpn": "ALPN",
}


def handshake_sentence(
    hellos: Iterable[Hello], pairs: Iterable[Pair], language: Language = ENGLISH
) -> str | None:
    """What the server could see of us instead of the client; None where there is nothing to say.

    Nothing is said of a digest whose hello was lost.
    """
    known = {(hello.by, hello.digest): hello for hello in hellos}
    sentences: dict[str, None] = {}
    for digest, digest_of_ours in sorted(pairs, key=str):
        ours = known.get(("proxy", digest_of_ours))
        client = known.get(("client", digest or ""))
        if ours is None or (client is None and digest is not None):
            continue
        if client is None:
            said = language.say(
                "the server saw our TLS handshake ({ours}); the client's own was not seen",
                ours=_offer(ours, language),
            )
            sentences[said] = None
        elif differing := [language.text(WORDS[one]) for one in differences(client, ours)]:
            said = language.say(
                "the server saw our TLS handshake ({ours}) instead of the client's ({theirs}); "
                "they differ in {what}",
                ours=_offer(ours, language),
                theirs=_offer(client, language),
                what=_listed(differing, language),
            )
            sentences[said] = None
    if not sentences:
        return None
    first, *more = sentences
    if not more:
        return first
    return language.say(
        "{first}; and other pairs of handshakes that differ: {number}",
        first=first,
        number=len(more),
    )


def _offer(hello: Hello, language: Language) -> str:
    return language.say(
        "{suites} suites, {extensions} extensions, ALPN {alpn}",
        suites=len(hello.suites),
        extensions=len(hello.extensions),
        alpn=", ".join(hello.alpn) or language.text("none"),
    )


def _listed(words: list[str], language: Language) -> str:
    several = filter(None, [joined(words[:-1], language), words[-1]])
    return language.text(" and ").join(several)

"""Where the handshake that reached the server was not the client's, in a sentence."""

from collections.abc import Iterable

from pawwork_proxy.model.handshake import Difference, Hello, differences

Pair = tuple[str | None, str]
"""Digests of the client's hello (None: there was none to see) and of ours, from one exchange."""

_WORDS: dict[Difference, str] = {
    "suites": "cipher suites",
    "extensions": "extensions",
    "alpn": "ALPN",
}


def handshake_sentence(hellos: Iterable[Hello], pairs: Iterable[Pair]) -> str | None:
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
            sentences[f"{_ours(ours)}; the client's own was not seen"] = None
        elif differing := [_WORDS[one] for one in differences(client, ours)]:
            sentence = f"{_ours(ours)} instead of the client's ({_offer(client)})"
            sentences[f"{sentence}; they differ in {_listed(differing)}"] = None
    if not sentences:
        return None
    first, *more = sentences
    return f"{first}; and other pairs of handshakes that differ: {len(more)}" if more else first


def _ours(hello: Hello) -> str:
    return f"the server saw our TLS handshake ({_offer(hello)})"


def _offer(hello: Hello) -> str:
    alpn = ", ".join(hello.alpn) or "none"
    return f"{len(hello.suites)} suites, {len(hello.extensions)} extensions, ALPN {alpn}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))

"""Where the handshake that reached the server was not the client's, in a sentence."""

from collections.abc import Iterable

from pawwork_proxy.model.handshake import Difference, Hello, differences

Pair = tuple[str | None, str | None]
"""Digests of the client's hello and of ours, as the exchanges of a capture name them together."""

_WORDS: dict[Difference, str] = {
    "suites": "cipher suites",
    "extensions": "extensions",
    "alpn": "ALPN",
}


def handshake_sentence(hellos: Iterable[Hello], pairs: Iterable[Pair]) -> str | None:
    """What the server could see of us instead of the client; None where there is nothing to say.

    `pairs` may hold digests whose hello was lost: nothing is said of those.
    """
    known = {(hello.by, hello.digest): hello for hello in hellos}
    sentences = dict.fromkeys(
        sentence
        for client, ours in sorted(pairs, key=str)
        if (
            sentence := _of_pair(
                known.get(("client", client or "")), known.get(("proxy", ours or ""))
            )
        )
    )
    return next(iter(sentences), None) if len(sentences) < 2 else _of_several(list(sentences))


def _of_pair(client: Hello | None, ours: Hello | None) -> str | None:
    if ours is None:
        return None
    if client is None:
        return f"the server saw our TLS handshake ({_offer(ours)}); the client's own was not seen"
    differing = [_WORDS[one] for one in differences(client, ours)]
    if not differing:
        return None
    return (
        f"the server saw our TLS handshake ({_offer(ours)}) instead of the client's "
        f"({_offer(client)}); they differ in {_listed(differing)}"
    )


def _of_several(sentences: list[str]) -> str:
    return f"{sentences[0]}; and other pairs of handshakes that differ: {len(sentences) - 1}"


def _offer(hello: Hello) -> str:
    alpn = ", ".join(hello.alpn) or "none"
    return f"{len(hello.suites)} suites, {len(hello.extensions)} extensions, ALPN {alpn}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))

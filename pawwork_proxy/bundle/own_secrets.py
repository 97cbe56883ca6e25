"""What this machine alone knows must not leave it: keys, user name, home folder, host name.

Every distinct text of the finished bundle is searched for each of them in the usual encodings;
keys also for any twelve of their characters. Names that are ordinary words of the records
(`root`, `user`) cannot be searched for, since every bundle holds them.
Invariant: the secrets live in this module's return values only, in memory; findings name a rule.
"""

import base64
import contextlib
import getpass
import html
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pawwork_proxy.bundle.archive import Member
from pawwork_proxy.clients.auth_places import Place, Surroundings, keys_at, places
from pawwork_proxy.clients.auth_sources import own_surroundings
from pawwork_proxy.environment.private_files import private_home
from pawwork_proxy.environment.studies import KEY_BYTES
from pawwork_proxy.errors import BundleError
from pawwork_proxy.model.manifest import README
from pawwork_proxy.redaction.credentials import spellings
from pawwork_proxy.verification.plain_words import PLAIN_WORDS
from pawwork_proxy.verification.scan import Finding, texts_of

_NO_KEY_STARTS = ("/", "~", "{", "http://", "https://")
_NOT_SECRET = frozenset({"public", "test-key"})
_SHORTEST_KEY = 8  # shorter texts would be found by chance
_SHORTEST_NAME = 3
_SHORTEST_ENCODED = 10
"""Shorter encoded forms would be found by chance."""
_WINDOW = 12  # as many characters as for the taint gate
_MAX_BYTES = 1024 * 1024
_SECRET_NAME = re.compile(
    r"(?i)key|token|secret|passw|pwd|credential|cookie|auth(?!or)|authoriz|access|refresh|bearer"
)
_PAIR = re.compile(
    r"""["']?([\w.-]+)["']?[ \t]*[:=][ \t]*(?=(?:\n\s+\w+:[ \t]*)?["']?([^\s"',#}]{8,}))"""
)
"""Name and value in JSON, JSON with comments, or YAML; the value may stand one level deeper."""
_SCHEMED = re.compile(r"""(?i)(?:^|[:="'])[ \t]*(?:bearer|basic|token)[ \t]+([^\s"',#}]{8,})""")
"""A credential behind the scheme of a header, under whatever name."""
_COMMON_NAMES = frozenset({"localhost", "localdomain", "admin", "user", "root", "local", "home"})


class OwnSecret(NamedTuple):
    """A text that must not be in a bundle; `names` are searched as whole words only."""

    rule: str
    value: str
    name: bool = False


def known_here() -> list[OwnSecret]:
    """What this very machine, user and working folder know."""
    return own_secrets(replace(own_surroundings(), folder=Path.cwd()), private_home())


def own_secrets(around: Surroundings, private_home: Path) -> list[OwnSecret]:
    """Everything this machine knows that a bundle must not hold.

    Raises BundleError when a place that may hold a key cannot be read: what cannot be searched
    for cannot be ruled out.
    """
    found = [OwnSecret("own_key", key) for key in _keys(around)]
    found += [OwnSecret("own_study_key", key) for key in _study_keys(private_home)]
    found += _names(around)
    return list(dict.fromkeys(found))


def search(secrets: Sequence[OwnSecret], members: Iterable[Member]) -> Finding | None:
    """The first place where one of `secrets` is, or None."""
    needles = [(secret, tuple(_needles(secret))) for secret in secrets]
    patterns = [
        (secret, re.compile(rf"(?<![0-9a-z]){re.escape(secret.value.lower())}(?![0-9a-z])"))
        for secret in secrets
        if secret.name
    ]
    for member in members:
        texts: set[str] = set()
        for line in _lines(member):
            texts.update(_texts(member, line))
        haystack = "\n".join(texts).lower()
        for secret, forms in needles:
            if any(form in haystack for form in forms):
                return _located(secret.rule, forms, member)
        for secret, pattern in patterns:
            if found := pattern.search(haystack):
                return _located(secret.rule, (found.group(),), member)
    return None


def _lines(member: Member) -> Iterator[str]:
    return (
        line for piece in member.pieces for line in piece.decode("utf-8", "replace").splitlines()
    )


def _texts(member: Member, line: str) -> list[str]:
    return [line] if member.name == README else texts_of(line)


def _located(rule: str, forms: Sequence[str], member: Member) -> Finding:
    for number, line in enumerate(_lines(member), start=1):
        lower = "\n".join(_texts(member, line)).lower()
        if any(form in lower for form in forms):
            return Finding(rule=rule, member=member.name, line=number)
    return Finding(rule=rule, member=member.name)


def _needles(secret: OwnSecret) -> Iterator[str]:
    """The lower-case forms in which a secret might show up anywhere in a text."""
    if not secret.name:
        yield secret.value.lower()
        for start in range(len(secret.value) - _WINDOW + 1):
            window = secret.value[start : start + _WINDOW]
            if not (window.islower() and window.replace("-", "").isalpha()):
                yield window.lower()
    for form in _encoded(secret.value):
        if len(form) >= _SHORTEST_ENCODED:
            yield form.lower()


def _encoded(value: str) -> Iterator[str]:
    yield from (form for form in (*spellings(value), html.escape(value)) if form != value)
    yield base64.b32encode(value.encode("utf-8", "surrogatepass")).decode().rstrip("=")[:-1]


def _keys(around: Surroundings) -> Iterator[str]:
    for name, value in around.environment.items():
        if _SECRET_NAME.search(name) and _is_key(value.strip()):
            yield value.strip()
        yield from filter(_is_key, _SCHEMED.findall(value))
        yield from _password_in_url(value)
        if value.lstrip().startswith("{"):
            yield from _named_values(value)
    for place in places(around):
        if place.path is not None:
            text = _read(place)
            if place.form == "auth":  # whatever its names are, all values there may be keys
                yield from (value for _, value in _pairs(text))
            else:
                yield from _named_values(text)
            with contextlib.suppress(OSError, ValueError, RecursionError):
                yield from filter(_is_key, keys_at(place, around))


def _is_key(value: str) -> bool:
    if len(value) < _SHORTEST_KEY or value in _NOT_SECRET or value.startswith(_NO_KEY_STARTS):
        return False
    return len(value) >= 16 or not value.isalpha()


def _password_in_url(value: str) -> Iterator[str]:
    if "://" in value and "@" in value:
        try:
            password = urlsplit(value).password
        except ValueError:
            return
        if password and len(password) >= _SHORTEST_KEY:
            yield unquote(password)


def _named_values(text: str) -> Iterator[str]:
    yield from filter(_is_key, _SCHEMED.findall(text))
    yield from (value for name, value in _pairs(text) if _SECRET_NAME.search(name))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in _PAIR.findall(text) if _is_key(value))


def _read(place: Place) -> str:
    assert place.path is not None
    try:
        with place.path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise BundleError(
            f"a place that may hold a key cannot be read ({place.id}: {type(error).__name__})",
            "make it readable for you: its keys must be searched for before a bundle is made",
        ) from None


def _study_keys(private_home: Path) -> Iterator[str]:
    """Pseudonym keys as they travel in tokens, and in hex."""
    for path in (private_home / "key", *sorted((private_home / "studies").glob("*.key"))):
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BundleError(
                f"a pseudonym key cannot be read: {type(error).__name__}",
                "check the permissions of pawwork-proxy's private folder",
            ) from None
        if len(key) == KEY_BYTES:
            yield base64.urlsafe_b64encode(key).decode().rstrip("=")
            yield key.hex()


def _names(around: Surroundings) -> Iterator[OwnSecret]:
    home = str(around.home)
    if len(home) > _SHORTEST_NAME and around.home != Path(around.home.anchor):
        yield OwnSecret("own_home", home, name=True)
        yield OwnSecret("own_home", home.replace("\\", "/"), name=True)
    users = {_user(), around.home.name, *_variables(around.environment, "USER", "LOGNAME",
                                                     "USERNAME", "SUDO_USER")}  # fmt: skip
    yield from (OwnSecret("own_user", name, name=True) for name in sorted(filter(_tells, users)))
    hosts = {socket.gethostname(), *_variables(around.environment, "HOSTNAME", "COMPUTERNAME")}
    hosts |= {host.partition(".")[0] for host in hosts}
    yield from (OwnSecret("own_host", name, name=True) for name in sorted(filter(_tells, hosts)))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _variables(environment: Mapping[str, str], *names: str) -> Iterator[str]:
    return (environment[name] for name in names if environment.get(name))


def _tells(name: str) -> bool:
    """Whether a name can be told from the ordinary words of a record."""
    lower = name.lower()
    return len(name) >= _SHORTEST_NAME and lower not in PLAIN_WORDS | _COMMON_NAMES
